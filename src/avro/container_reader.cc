#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "avro/binary.h"
#include "avro/container.h"
#include "avro/primitives.h"
#include "base/file.h"

namespace venice::avro {
namespace {

constexpr std::string_view kMagic("Obj\1", 4);
constexpr size_t kSyncBytes = 16;
constexpr size_t kHeaderBytesMax = 16 << 20;  // the schema is in it
constexpr size_t kHeaderBytes = 64 << 10;     // usually enough; folders of many files are looked at before a push
constexpr size_t kReadBytes = 1 << 20;
constexpr size_t kMetadataEntriesMax = 4096;  // Avro's own are two; memory is taken for each

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

}  // namespace

// A window onto the file: bytes [offset, offset + view.size()) are in memory.
struct ContainerReader::State {
  std::string name;
  ContainerReaderOptions options;
  int fd = -1;
  uint64_t size = 0;
  uint64_t file_read = 0;  // bytes taken from the descriptor
  std::string buffer;
  size_t begin = 0;  // of the unread bytes in buffer
  Schema schema;
  Codec codec = Codec::kNull;
  std::map<std::string, std::string> metadata;
  std::string sync;
  uint64_t data_offset = 0;  // of the first block
  int64_t next_index = 0;
  std::optional<BlockExpander> expander;
  // Of Next():
  std::optional<Block> block;
  std::string_view values;
  int64_t values_left = 0;
  Losses losses;

  ~State() {
    if (fd >= 0) ::close(fd);
  }

  std::string_view Unread() const { return std::string_view(buffer).substr(begin); }
  uint64_t Offset() const { return file_read - (buffer.size() - begin); }

  // Makes at least `wanted` unread bytes available, or all there are.
  Status Fill(size_t wanted, size_t read_ahead = kReadBytes) {
    if (buffer.size() - begin >= wanted || file_read >= size) return Ok();
    buffer.erase(0, begin);
    begin = 0;
    const size_t target =
        static_cast<size_t>(std::min<uint64_t>(std::max(wanted, read_ahead), buffer.size() + (size - file_read)));
    size_t used = buffer.size();
    buffer.resize(target);
    while (used < target) {
      const ssize_t count = ::read(fd, buffer.data() + used, target - used);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return ErrnoError("read " + name, errno);
      if (count == 0) break;  // the file became shorter while it was read
      used += static_cast<size_t>(count);
      file_read += static_cast<size_t>(count);
    }
    if (used < target) size = file_read;
    buffer.resize(used);
    return Ok();
  }

  // Makes `offset` the next byte to be read.
  Status SeekTo(uint64_t offset) {
    const uint64_t window = file_read - buffer.size();  // of the buffer's first byte
    if (offset >= window && offset <= file_read) {
      begin = static_cast<size_t>(offset - window);
      return Ok();
    }
    if (::lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0) return ErrnoError("seek in " + name, errno);
    buffer.clear();
    begin = 0;
    file_read = offset;
    return Ok();
  }

  // Moves behind the next sync marker that begins at or after `offset`, or to the end of the file. Metadata may hold a
  // copy of the marker: the first that counts is the header's own.
  Status SkipToSync(uint64_t offset) {
    VENICE_TRY(SeekTo(std::min(std::max(offset, data_offset - kSyncBytes), size)));
    while (true) {
      VENICE_TRY(Fill(kReadBytes));
      const size_t found = Unread().find(sync);
      if (found != std::string_view::npos) {
        begin += found + kSyncBytes;
        return Ok();
      }
      if (file_read >= size) {
        begin = buffer.size();
        return Ok();
      }
      begin = buffer.size() - (kSyncBytes - 1);  // a marker may lie across the end of the window
    }
  }

  void Lost(uint64_t offset, int64_t values, const Error& error) {
    ++losses.stretches;
    losses.bytes += Offset() - offset;
    losses.values += std::max<int64_t>(values, 0);
    if (losses.first.size() < kLossesTold) losses.first.push_back({offset, Offset() - offset, values, error.message()});
  }

  Status ReadHeader() {
    VENICE_TRY(Fill(kHeaderBytes, kHeaderBytes));
    if (size == 0) return Corrupt(name + ": the file is empty, not an Avro container file");
    if (Unread().substr(0, kMagic.size()) != kMagic) {
      return Corrupt(name + ": not an Avro container file (it does not start with \"Obj\" and byte 1)");
    }
    if (!ParseHeader()) {
      VENICE_TRY(Fill(kHeaderBytesMax));
      if (!ParseHeader()) {
        return Corrupt(
            fmt::format("{}: the header is cut short or damaged, larger than {} bytes or of more than {} entries", name,
                        kHeaderBytesMax, kMetadataEntriesMax));
      }
    }
    const auto schema_text = metadata.find("avro.schema");
    if (schema_text == metadata.end()) return Corrupt(name + ": the header has no avro.schema");
    auto parsed = Schema::Parse(schema_text->second, options.defaults);
    if (!parsed.ok()) return std::move(parsed).error().In(name + ": the schema in the header");
    schema = std::move(parsed).value();
    auto parsed_codec = ParseCodec(metadata["avro.codec"]);
    if (!parsed_codec.ok()) return std::move(parsed_codec).error().In(name);
    codec = *parsed_codec;
    expander.emplace(codec, options.block_bytes_max);
    return Ok();
  }

  bool ParseHeader() {
    std::string_view in = Unread();
    const size_t before = in.size();
    in.remove_prefix(kMagic.size());
    metadata.clear();
    while (true) {
      int64_t count = 0;
      int64_t block_bytes = 0;
      if (!ReadLong(in, count)) return false;
      if (count == 0) break;
      if (count < 0 && (count == INT64_MIN || !ReadLong(in, block_bytes))) return false;
      count = count < 0 ? -count : count;
      if (static_cast<uint64_t>(count) > in.size()) return false;
      for (; count > 0; --count) {
        std::string_view key;
        std::string_view value;
        if (!ReadBytes(in, key) || !ReadBytes(in, value)) return false;
        if (metadata.size() >= kMetadataEntriesMax) return false;
        metadata[std::string(key)] = value;
      }
    }
    std::string_view marker;
    if (!ReadFixed(in, kSyncBytes, marker)) return false;
    sync = marker;
    begin += before - in.size();
    data_offset = Offset();
    return true;
  }

  std::string Place(int64_t index, uint64_t offset) const {
    return fmt::format("{}, block {} at byte {}", name, index, offset);
  }

  // The marker behind a large block is looked at before its memory is taken. False also when it cannot be read.
  bool MarkerFollows(uint64_t block_bytes) {
    if (block_bytes + kSyncBytes <= buffer.size() - begin || fd < 0) return true;  // will be compared in memory
    char marker[kSyncBytes];
    const auto at = static_cast<off_t>(Offset() + block_bytes);
    return ::pread(fd, marker, kSyncBytes, at) == static_cast<ssize_t>(kSyncBytes) &&
           std::string_view(marker, kSyncBytes) == sync;
  }

  // A damaged block is an error, or skipped when the reader recovers.
  Result<std::optional<RawBlock>> NextRaw() {
    while (true) {
      const uint64_t offset = Offset();
      auto raw = ReadRaw();
      if (raw.ok() || !Skippable(raw.error())) return raw;
      VENICE_TRY(SkipToSync(offset));
      ++next_index;
      Lost(offset, -1, raw.error());
    }
  }

  bool Skippable(const Error& error) const {
    return options.recover && (error.code() == ErrorCode::kCorruption || error.code() == ErrorCode::kTooLarge);
  }

  Result<std::optional<RawBlock>> ReadRaw() {
    VENICE_TRY(Fill(2 * kVarintBytesMax));
    if (Unread().empty()) return std::optional<RawBlock>();
    RawBlock raw{.index = next_index, .offset = Offset()};
    auto bad = [&](std::string_view what) { return Corrupt(Place(raw.index, raw.offset) + ": " + std::string(what)); };

    std::string_view in = Unread();
    const size_t before = in.size();
    int64_t bytes = 0;
    if (!ReadLong(in, raw.count) || !ReadLong(in, bytes)) return bad("the block's header is cut short or damaged");
    if (raw.count < 0 || bytes < 0) return bad("the block's count or size is negative");
    begin += before - in.size();
    const uint64_t left = size - Offset();
    if (static_cast<uint64_t>(bytes) > left || left - static_cast<uint64_t>(bytes) < kSyncBytes) {
      return bad(fmt::format("cut short: the block needs {} bytes, the file has {} left",
                             static_cast<uint64_t>(bytes) + kSyncBytes, left));
    }
    if (static_cast<uint64_t>(bytes) > options.block_bytes_max.bytes()) {
      return Error(ErrorCode::kTooLarge,
                   fmt::format("{}: the block has {} bytes, at most {} are accepted", Place(raw.index, raw.offset),
                               bytes, options.block_bytes_max.ToString()));
    }
    if (!MarkerFollows(static_cast<uint64_t>(bytes))) return bad("wrong sync marker after the block");
    const auto stored_bytes = static_cast<size_t>(bytes);
    VENICE_TRY(Fill(stored_bytes + kSyncBytes));
    in = Unread();
    if (in.size() < stored_bytes + kSyncBytes) return bad("the file became shorter while it was read");
    if (in.substr(stored_bytes, kSyncBytes) != sync) return bad("wrong sync marker after the block");
    raw.stored = in.substr(0, stored_bytes);
    begin += stored_bytes + kSyncBytes;
    ++next_index;
    return std::optional(raw);
  }

  Result<std::optional<Block>> NextExpanded() {
    while (true) {
      VENICE_ASSIGN(const auto raw, NextRaw());
      if (!raw) return std::optional<Block>();
      auto data = expander->Expand(raw->stored);
      if (data.ok()) {
        return std::optional(Block{.index = raw->index, .offset = raw->offset, .count = raw->count, .data = *data});
      }
      Error error = std::move(data).error().In(Place(raw->index, raw->offset));
      if (!Skippable(error)) return error;
      Lost(raw->offset, raw->count, error);
    }
  }

  // The next value of the current block, or nullopt when there is none. Errors: kCorruption.
  Result<std::optional<Datum>> NextOfBlock() {
    if (!block) return std::optional<Datum>();
    const auto bad = [&](std::string what) { return Corrupt(Place(block->index, block->offset) + ": " + what); };
    if (values_left == 0) {
      if (values.empty()) return std::optional<Datum>();
      return bad(fmt::format("{} bytes are left over after the block's {} values", values.size(), block->count));
    }
    // Values without bytes ("null") cost their writer nothing, so nothing else bounds their number.
    if (values.empty() && schema->encoded_bytes_min > 0) return bad(fmt::format("{} values in no bytes", values_left));
    auto datum = Decode(schema, values);
    if (!datum.ok()) {
      return std::move(datum).error().In(fmt::format("{}, value {} of {}", Place(block->index, block->offset),
                                                     block->count - values_left, block->count));
    }
    --values_left;
    return std::optional(std::move(datum).value());
  }

  void DropBlock() {
    block.reset();
    values = {};
    values_left = 0;
  }
};

ContainerReader::ContainerReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ContainerReader::~ContainerReader() = default;

Result<std::unique_ptr<ContainerReader>> ContainerReader::Open(const std::string& path,
                                                               ContainerReaderOptions options) {
  auto state = std::make_unique<State>();
  state->name = path;
  state->options = options;
  state->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (state->fd < 0) return ErrnoError("open " + path, errno);
  struct stat info {};
  if (::fstat(state->fd, &info) != 0) return ErrnoError("stat " + path, errno);
  if (!S_ISREG(info.st_mode)) return Error(ErrorCode::kInvalidArgument, path + " is not a regular file");
  state->size = static_cast<uint64_t>(info.st_size);
  VENICE_TRY(state->ReadHeader());
  return std::unique_ptr<ContainerReader>(new ContainerReader(std::move(state)));
}

Result<std::unique_ptr<ContainerReader>> ContainerReader::FromBytes(std::string bytes, std::string name,
                                                                    ContainerReaderOptions options) {
  auto state = std::make_unique<State>();
  state->name = std::move(name);
  state->options = options;
  state->size = state->file_read = bytes.size();
  state->buffer = std::move(bytes);
  VENICE_TRY(state->ReadHeader());
  return std::unique_ptr<ContainerReader>(new ContainerReader(std::move(state)));
}

const std::string& ContainerReader::name() const { return state_->name; }
const Schema& ContainerReader::schema() const { return state_->schema; }
Codec ContainerReader::codec() const { return state_->codec; }
const std::map<std::string, std::string>& ContainerReader::metadata() const { return state_->metadata; }
uint64_t ContainerReader::size() const { return state_->size; }
uint64_t ContainerReader::offset() const { return state_->Offset(); }

Result<std::optional<RawBlock>> ContainerReader::NextRawBlock() { return state_->NextRaw(); }
Result<std::optional<Block>> ContainerReader::NextBlock() { return state_->NextExpanded(); }

Error ContainerReader::ErrorIn(const RawBlock& block, const Error& what) const {
  return Error(what).In(state_->Place(block.index, block.offset));
}

Result<std::optional<Datum>> ContainerReader::Next() {
  State& s = *state_;
  while (true) {
    auto datum = s.NextOfBlock();
    if (!datum.ok()) {
      if (!s.Skippable(datum.error())) return std::move(datum).error();
      s.Lost(s.block->offset, s.values_left, datum.error());
    } else if (*datum) {
      return datum;
    }
    s.DropBlock();
    VENICE_ASSIGN(s.block, s.NextExpanded());
    if (!s.block) return std::optional<Datum>();
    s.values = s.block->data;
    s.values_left = s.block->count;
  }
}

Status ContainerReader::Sync(uint64_t position) {
  state_->DropBlock();
  return state_->SkipToSync(position);
}

bool ContainerReader::PastSync(uint64_t position) const {
  const State& s = *state_;
  const uint64_t start = s.values_left > 0 ? s.block->offset : s.Offset();
  return start >= s.size || start - std::min<uint64_t>(start, kSyncBytes) >= position;
}

std::string_view ContainerReader::sync_marker() const { return state_->sync; }
const Losses& ContainerReader::losses() const { return state_->losses; }

}  // namespace venice::avro
