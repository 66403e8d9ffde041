#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <random>

#include "avro/binary.h"
#include "avro/codec.h"
#include "avro/container.h"
#include "avro/primitives.h"
#include "base/file.h"

namespace venice::avro {

struct ContainerWriter::State {
  Schema schema;
  ContainerWriterOptions options;
  std::string path;  // empty: into memory
  int fd = -1;
  std::string sync;
  std::string block;  // values not yet written
  int64_t block_count = 0;
  std::string stored;
  std::string out;       // file content not yet handed to the kernel; everything when in memory
  uint64_t written = 0;  // bytes of the file before `out`
  bool closed = false;

  ~State() {
    if (fd >= 0) ::close(fd);
  }

  Status WriteHeader() {
    if (options.sync) {
      sync.assign(options.sync->data(), options.sync->size());
    } else {
      std::random_device random;
      for (int i = 0; i < 4; ++i) {
        const uint32_t word = random();
        sync.append(reinterpret_cast<const char*>(&word), sizeof(word));
      }
    }
    auto metadata = options.metadata;
    for (const auto& [key, value] : metadata) {
      if (key.starts_with("avro.")) return Error(ErrorCode::kInvalidArgument, "metadata key " + key + " is Avro's own");
    }
    metadata["avro.schema"] = schema.ToJson();
    metadata["avro.codec"] = CodecName(options.codec);
    out = "Obj\1";
    AppendLong(out, static_cast<int64_t>(metadata.size()));
    for (const auto& [key, value] : metadata) {
      AppendBytes(out, key);
      AppendBytes(out, value);
    }
    AppendLong(out, 0);
    out += sync;
    return Drain();
  }

  Status FinishBlock() {
    if (block_count == 0) return Ok();
    VENICE_TRY(CompressBlock(options.codec, options.level, block, stored));
    AppendLong(out, block_count);
    AppendBytes(out, stored);
    out += sync;
    block.clear();
    block_count = 0;
    return Drain();
  }

  Status Drain() {
    if (fd < 0) return Ok();
    std::string_view left = out;
    while (!left.empty()) {
      const ssize_t count = ::write(fd, left.data(), left.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return ErrnoError("write " + path, errno);
      left.remove_prefix(static_cast<size_t>(count));
    }
    written += out.size();
    out.clear();
    return Ok();
  }

  Status Added() {
    ++block_count;
    return block.size() >= options.block_bytes.bytes() ? FinishBlock() : Ok();
  }
};

ContainerWriter::ContainerWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ContainerWriter::~ContainerWriter() = default;

Result<std::unique_ptr<ContainerWriter>> ContainerWriter::Create(const std::string& path, const Schema& schema,
                                                                 ContainerWriterOptions options) {
  auto state = std::make_unique<State>();
  state->schema = schema;
  state->options = std::move(options);
  state->path = path;
  state->fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (state->fd < 0) return ErrnoError("create " + path, errno);
  VENICE_TRY(state->WriteHeader());
  return std::unique_ptr<ContainerWriter>(new ContainerWriter(std::move(state)));
}

Result<std::unique_ptr<ContainerWriter>> ContainerWriter::InMemory(const Schema& schema,
                                                                   ContainerWriterOptions options) {
  auto state = std::make_unique<State>();
  state->schema = schema;
  state->options = std::move(options);
  VENICE_TRY(state->WriteHeader());
  return std::unique_ptr<ContainerWriter>(new ContainerWriter(std::move(state)));
}

Result<std::unique_ptr<ContainerWriter>> ContainerWriter::AppendTo(const std::string& path,
                                                                   ContainerWriterOptions options) {
  VENICE_ASSIGN(const auto reader, ContainerReader::Open(path));
  auto state = std::make_unique<State>();
  state->schema = reader->schema();
  state->options = std::move(options);
  state->options.codec = reader->codec();
  state->sync = reader->sync_marker();
  state->path = path;
  state->written = reader->size();
  state->fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (state->fd < 0) return ErrnoError("open " + path, errno);
  std::string end(state->sync.size(), '\0');
  const auto at = static_cast<off_t>(reader->size() - end.size());
  if (::pread(state->fd, end.data(), end.size(), at) != static_cast<ssize_t>(end.size()) || end != state->sync) {
    return Error(
        ErrorCode::kCorruption,
        path + ": the file does not end with its sync marker, so its last block is cut short; nothing was added");
  }
  return std::unique_ptr<ContainerWriter>(new ContainerWriter(std::move(state)));
}

Status ContainerWriter::Append(const Datum& datum) {
  VENICE_TRY(Encode(state_->schema, datum, state_->block));
  return state_->Added();
}

Status ContainerWriter::AppendEncoded(std::string_view encoded) {
  state_->block += encoded;
  return state_->Added();
}

Result<uint64_t> ContainerWriter::EndBlock() {
  VENICE_TRY(state_->FinishBlock());
  return state_->written + state_->out.size();
}

Status ContainerWriter::Close() {
  if (state_->closed) return Ok();
  VENICE_TRY(state_->FinishBlock());
  state_->closed = true;
  if (state_->fd >= 0) {
    const int fd = std::exchange(state_->fd, -1);
    if (::close(fd) != 0) return ErrnoError("close " + state_->path, errno);
  }
  return Ok();
}

const Schema& ContainerWriter::schema() const { return state_->schema; }
const std::string& ContainerWriter::bytes() const { return state_->out; }

}  // namespace venice::avro
