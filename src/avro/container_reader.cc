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
  int64_t next_index = 0;
  std::optional<BlockExpander> expander;
  // Of Next():
  std::optional<Block> block;
  std::string_view values;
  int64_t values_left = 0;

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

  Status ReadHeader() {
    VENICE_TRY(Fill(kHeaderBytes, kHeaderBytes));
    if (size == 0) return Corrupt(name + ": the file is empty, not an Avro container file");
    if (Unread().substr(0, kMagic.size()) != kMagic) {
      return Corrupt(name + ": not an Avro container file (it does not start with \"Obj\" and byte 1)");
    }
    if (!ParseHeader()) {
      VENICE_TRY(Fill(kHeaderBytesMax));
      if (!ParseHeader()) return Corrupt(name + ": the header is cut short or damaged");
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
        metadata[std::string(key)] = value;
      }
    }
    std::string_view marker;
    if (!ReadFixed(in, kSyncBytes, marker)) return false;
    sync = marker;
    begin += before - in.size();
    return true;
  }

  std::string Place(int64_t index, uint64_t offset) const {
    return fmt::format("{}, block {} at byte {}", name, index, offset);
  }

  Result<std::optional<RawBlock>> NextRaw() {
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
      return bad(fmt::format("cut short: the block needs {} bytes, the file has {} left", bytes + 16, left));
    }
    if (static_cast<uint64_t>(bytes) > options.block_bytes_max.bytes()) {
      return Error(ErrorCode::kTooLarge,
                   fmt::format("{}: the block has {} bytes, at most {} are accepted", Place(raw.index, raw.offset),
                               bytes, options.block_bytes_max.ToString()));
    }
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
    VENICE_ASSIGN(const auto raw, NextRaw());
    if (!raw) return std::optional<Block>();
    auto data = expander->Expand(raw->stored);
    if (!data.ok()) return std::move(data).error().In(Place(raw->index, raw->offset));
    return std::optional(Block{.index = raw->index, .offset = raw->offset, .count = raw->count, .data = *data});
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
  while (s.values_left == 0) {
    if (s.block && !s.values.empty()) {
      return Corrupt(fmt::format("{}: {} bytes are left over after the block's {} values",
                                 s.Place(s.block->index, s.block->offset), s.values.size(), s.block->count));
    }
    VENICE_ASSIGN(s.block, s.NextExpanded());
    if (!s.block) return std::optional<Datum>();
    s.values = s.block->data;
    s.values_left = s.block->count;
    // Values without bytes ("null") cost their writer nothing, so nothing else bounds their number.
    if (s.values.empty() && s.values_left > 0 && s.schema->encoded_bytes_min > 0) {
      return Corrupt(fmt::format("{}: {} values in no bytes", s.Place(s.block->index, s.block->offset), s.values_left));
    }
  }
  auto datum = Decode(s.schema, s.values);
  if (!datum.ok()) {
    return std::move(datum).error().In(fmt::format("{}, value {} of {}", s.Place(s.block->index, s.block->offset),
                                                   s.block->count - s.values_left, s.block->count));
  }
  --s.values_left;
  return std::optional(std::move(datum).value());
}

}  // namespace venice::avro
