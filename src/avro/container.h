// Avro object container files (.avro): read block by block in bounded memory, and written.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "avro/datum.h"
#include "avro/schema.h"
#include "base/byte_size.h"
#include "base/result.h"

namespace venice::avro {

enum class Codec : uint8_t { kNull, kDeflate, kSnappy, kZstandard };
std::string_view CodecName(Codec codec);
// Errors: kUnsupported, listing what is supported.
Result<Codec> ParseCodec(std::string_view name);

struct ContainerReaderOptions {
  ByteSize block_bytes_max = 512_MiB;  // of one block, stored or expanded; Avro's writers make them 16 KiB to 16 MiB
  Schema::Defaults defaults = Schema::Defaults::kAccept;
  // Damage is jumped over, to the next sync marker, and told by losses(); else it is an error. The header must be
  // whole.
  bool recover = false;
};

// What a recovering reader could not read.
struct Losses {
  struct Stretch {
    uint64_t offset = 0;  // of its first byte in the file
    uint64_t bytes = 0;
    int64_t values = -1;  // how many were in it, or -1: the damage hides it
    std::string reason;
  };
  uint64_t stretches = 0;
  uint64_t bytes = 0;
  int64_t values = 0;          // in stretches that tell
  std::vector<Stretch> first;  // at most kLossesTold
};
constexpr size_t kLossesTold = 100;

// A block as it lies in the file.
struct RawBlock {
  int64_t index = 0;        // from 0
  uint64_t offset = 0;      // of the block's first byte in the file
  int64_t count = 0;        // of values
  std::string_view stored;  // compressed; valid until the reader's next call
};

struct Block {
  int64_t index = 0;
  uint64_t offset = 0;
  int64_t count = 0;
  std::string_view data;  // `count` encoded values; valid until the reader's next call
};

// Expands blocks. One thread at a time; keeps its buffers between calls.
class BlockExpander {
 public:
  BlockExpander(Codec codec, ByteSize block_bytes_max);
  ~BlockExpander();
  BlockExpander(BlockExpander&&) noexcept;
  // The view is valid until the next call. Errors: kCorruption, kTooLarge; they say what, the caller says where.
  Result<std::string_view> Expand(std::string_view stored);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One thread at a time. Errors name the file, the block and its offset: kNotFound or kIo (cannot be read), kCorruption
// (not an Avro file, cut short, wrong sync marker, bad compressed data or value), kUnsupported (codec), kInvalidSchema.
class ContainerReader {
 public:
  static Result<std::unique_ptr<ContainerReader>> Open(const std::string& path, ContainerReaderOptions options = {});
  // `name` stands for the file in error messages.
  static Result<std::unique_ptr<ContainerReader>> FromBytes(std::string bytes, std::string name,
                                                            ContainerReaderOptions options = {});
  ~ContainerReader();

  const std::string& name() const;
  const Schema& schema() const;  // the writer's
  Codec codec() const;
  const std::map<std::string, std::string>& metadata() const;
  uint64_t size() const;    // of the file
  uint64_t offset() const;  // just after what was read

  // nullopt at the end of the file. Raw blocks may be expanded on other threads (copy `stored` first).
  Result<std::optional<RawBlock>> NextRawBlock();
  Result<std::optional<Block>> NextBlock();
  // Value by value; do not mix with the block calls.
  Result<std::optional<Datum>> Next();

  // Continues with the first block that begins after a sync marker at or behind `position`: with PastSync, how readers
  // share a file. Each takes the blocks from Sync(begin) until PastSync(end), and together they take every block once.
  // Errors: kIo.
  Status Sync(uint64_t position);
  // Whether the next value, or the next block, belongs to whoever reads from `position` on.
  bool PastSync(uint64_t position) const;
  std::string_view sync_marker() const;

  const Losses& losses() const;  // of a reader that recovers; a value that is damaged costs the rest of its block

  // An error placed in this file: "<name>, block 3 at byte 4096: <what>".
  Error ErrorIn(const RawBlock& block, const Error& what) const;

 private:
  struct State;
  explicit ContainerReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct ContainerWriterOptions {
  Codec codec = Codec::kNull;
  int level = -1;                               // of deflate or zstandard; -1: the library's default
  ByteSize block_bytes = 64_KiB;                // a block is written when its values reach this size
  std::map<std::string, std::string> metadata;  // added to the header; keys must not start with "avro."
  std::optional<std::array<char, 16>> sync;     // default random; fixed for reproducible files
};

// One thread at a time. The file is complete after Close.
class ContainerWriter {
 public:
  static Result<std::unique_ptr<ContainerWriter>> Create(const std::string& path, const Schema& schema,
                                                         ContainerWriterOptions options = {});
  // Into memory; see bytes().
  static Result<std::unique_ptr<ContainerWriter>> InMemory(const Schema& schema, ContainerWriterOptions options = {});
  // Adds to a file that exists, with its schema, codec and marker (of `options` only level and block_bytes count).
  // Errors: those of reading the header; kCorruption when the file does not end with its sync marker.
  static Result<std::unique_ptr<ContainerWriter>> AppendTo(const std::string& path,
                                                           ContainerWriterOptions options = {});
  ~ContainerWriter();  // closes the file without writing the last block: call Close

  Status Append(const Datum& datum);
  // `encoded` must be one value of the schema; it is not checked.
  Status AppendEncoded(std::string_view encoded);
  // Writes the values so far as a block; the next one begins at the offset it returns, where Sync(offset - 16) finds
  // it.
  Result<uint64_t> EndBlock();
  Status Close();
  const Schema& schema() const;
  const std::string& bytes() const;  // InMemory only

 private:
  struct State;
  explicit ContainerWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace venice::avro
