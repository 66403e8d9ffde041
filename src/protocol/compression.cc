#include "protocol/compression.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <zdict.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"

namespace venice::protocol {
namespace {

constexpr std::string_view kNames[] = {"NO_OP", "GZIP", "ZSTD", "ZSTD_WITH_DICT"};
constexpr int kGzipWindowBits = 15 + 16;  // zlib: largest window, gzip instead of zlib framing
// A gzip stream does not say how large it gets, so memory is taken as the output grows.
constexpr size_t kInflateStepBytes = 4096;

Error TooLarge(size_t bytes_max) {
  return Error(ErrorCode::kTooLarge, fmt::format("compressed value grows past {} bytes", bytes_max));
}

class NoOpCompressor : public Compressor {
 public:
  CompressionStrategy strategy() const override { return CompressionStrategy::kNoOp; }
  Status Compress(std::string_view value, std::string& out) override {
    out.assign(value);
    return Ok();
  }
  Status Decompress(std::string_view compressed, size_t bytes_max, std::string& out) override {
    if (compressed.size() > bytes_max) return TooLarge(bytes_max);
    out.assign(compressed);
    return Ok();
  }
};

class GzipCompressor : public Compressor {
 public:
  GzipCompressor() {
    VENICE_CHECK(deflateInit2(&deflate_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) ==
                 Z_OK);
    VENICE_CHECK(inflateInit2(&inflate_, kGzipWindowBits) == Z_OK);
  }
  ~GzipCompressor() override {
    deflateEnd(&deflate_);
    inflateEnd(&inflate_);
  }

  CompressionStrategy strategy() const override { return CompressionStrategy::kGzip; }

  Status Compress(std::string_view value, std::string& out) override {
    deflateReset(&deflate_);
    out.resize(deflateBound(&deflate_, value.size()));
    SetInput(deflate_, value);
    SetOutput(deflate_, out, 0);
    if (deflate(&deflate_, Z_FINISH) != Z_STREAM_END)
      return Error(ErrorCode::kInternal, "gzip did not compress a value");
    out.resize(deflate_.total_out);
    return Ok();
  }

  Status Decompress(std::string_view compressed, size_t bytes_max, std::string& out) override {
    out.clear();
    if (compressed.empty()) return Ok();
    inflateReset(&inflate_);
    SetInput(inflate_, compressed);
    for (;;) {
      const size_t used = inflate_.total_out;
      if (used == out.size()) {
        if (out.size() > bytes_max) return TooLarge(bytes_max);
        out.resize(std::max({out.size() * 2, compressed.size() * 2, kInflateStepBytes}));
      }
      SetOutput(inflate_, out, used);
      const int code = inflate(&inflate_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) break;
      if (code != Z_OK || (inflate_.avail_in == 0 && inflate_.avail_out != 0))
        return Error(ErrorCode::kCorruption, "value is not a whole gzip stream");
    }
    if (inflate_.avail_in != 0)
      return Error(ErrorCode::kCorruption, "gzip stream of a value is followed by other bytes");
    out.resize(inflate_.total_out);
    if (out.size() > bytes_max) return TooLarge(bytes_max);
    return Ok();
  }

 private:
  static void SetInput(z_stream& stream, std::string_view bytes) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
  }
  static void SetOutput(z_stream& stream, std::string& out, size_t from) {
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + from);
    stream.avail_out = static_cast<uInt>(out.size() - from);
  }

  z_stream deflate_{};
  z_stream inflate_{};
};

}  // namespace

class ZstdCompressor : public Compressor {
 public:
  explicit ZstdCompressor(std::shared_ptr<const ZstdDictionary> dictionary)
      : dictionary_(std::move(dictionary)), compress_(ZSTD_createCCtx()), decompress_(ZSTD_createDCtx()) {
    VENICE_CHECK(compress_ != nullptr && decompress_ != nullptr);
  }
  ~ZstdCompressor() override {
    ZSTD_freeCCtx(compress_);
    ZSTD_freeDCtx(decompress_);
  }

  CompressionStrategy strategy() const override { return CompressionStrategy::kZstdWithDict; }

  Status Compress(std::string_view value, std::string& out) override {
    out.resize(ZSTD_compressBound(value.size()));
    // This call writes the content size into the frame, which Java's decoder needs.
    const size_t size = ZSTD_compress_usingCDict(compress_, out.data(), out.size(), value.data(), value.size(),
                                                 static_cast<const ZSTD_CDict*>(dictionary_->compress_));
    if (ZSTD_isError(size)) return Error(ErrorCode::kInternal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
    out.resize(size);
    return Ok();
  }

  Status Decompress(std::string_view compressed, size_t bytes_max, std::string& out) override {
    out.clear();
    if (compressed.empty()) return Ok();
    const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
    if (size == ZSTD_CONTENTSIZE_ERROR) return Error(ErrorCode::kCorruption, "value is not a zstd frame");
    if (size == ZSTD_CONTENTSIZE_UNKNOWN)
      return Error(ErrorCode::kCorruption, "zstd frame of a value does not say its content size");
    if (size > bytes_max) return TooLarge(bytes_max);
    out.resize(size);
    const size_t got =
        ZSTD_decompress_usingDDict(decompress_, out.data(), out.size(), compressed.data(), compressed.size(),
                                   static_cast<const ZSTD_DDict*>(dictionary_->decompress_));
    if (ZSTD_isError(got)) return Error(ErrorCode::kCorruption, fmt::format("zstd: {}", ZSTD_getErrorName(got)));
    if (got != size) return Error(ErrorCode::kCorruption, "zstd frame of a value is shorter than it says");
    return Ok();
  }

 private:
  std::shared_ptr<const ZstdDictionary> dictionary_;
  ZSTD_CCtx* compress_;
  ZSTD_DCtx* decompress_;
};

std::string_view ToString(CompressionStrategy strategy) { return kNames[static_cast<size_t>(strategy)]; }

Result<CompressionStrategy> ParseCompressionStrategy(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return static_cast<CompressionStrategy>(i);
  }
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("compression strategy \"{}\" is not one of NO_OP, GZIP, ZSTD_WITH_DICT", name));
}

Result<CompressionStrategy> CompressionStrategyFromId(int32_t id) {
  if (id >= 0 && id < static_cast<int32_t>(std::size(kNames))) return static_cast<CompressionStrategy>(id);
  return Error(ErrorCode::kInvalidArgument, fmt::format("compression strategy {} is not one of 0 to 3", id));
}

Result<std::shared_ptr<const ZstdDictionary>> ZstdDictionary::Make(std::string_view bytes, int level) {
  if (bytes.empty()) return Error(ErrorCode::kInvalidArgument, "zstd dictionary is empty");
  std::shared_ptr<ZstdDictionary> dictionary(new ZstdDictionary());
  const int usable_level = std::clamp(level, ZSTD_minCLevel(), ZSTD_maxCLevel());
  dictionary->compress_ = ZSTD_createCDict(bytes.data(), bytes.size(), usable_level);
  dictionary->decompress_ = ZSTD_createDDict(bytes.data(), bytes.size());
  if (dictionary->compress_ == nullptr || dictionary->decompress_ == nullptr)
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} bytes are not a usable zstd dictionary", bytes.size()));
  return std::shared_ptr<const ZstdDictionary>(std::move(dictionary));
}

ZstdDictionary::~ZstdDictionary() {
  ZSTD_freeCDict(static_cast<ZSTD_CDict*>(compress_));
  ZSTD_freeDDict(static_cast<ZSTD_DDict*>(decompress_));
}

Result<std::string> ZstdDictionary::Train(std::span<const std::string_view> samples, size_t dictionary_bytes_max) {
  std::string joined;
  std::vector<size_t> sizes;
  sizes.reserve(samples.size());
  for (const std::string_view sample : samples) {
    joined.append(sample);
    sizes.push_back(sample.size());
  }
  std::string dictionary(dictionary_bytes_max, '\0');
  const size_t size = ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), joined.data(), sizes.data(),
                                            static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size))
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("cannot train a zstd dictionary on {} samples of {} bytes: {}", samples.size(),
                             joined.size(), ZDICT_getErrorName(size)));
  dictionary.resize(size);
  return dictionary;
}

Result<std::unique_ptr<Compressor>> Compressor::Make(CompressionStrategy strategy,
                                                     std::shared_ptr<const ZstdDictionary> dictionary) {
  if (dictionary != nullptr && strategy != CompressionStrategy::kZstdWithDict)
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} takes no dictionary", ToString(strategy)));
  switch (strategy) {
    case CompressionStrategy::kNoOp:
      return std::unique_ptr<Compressor>(std::make_unique<NoOpCompressor>());
    case CompressionStrategy::kGzip:
      return std::unique_ptr<Compressor>(std::make_unique<GzipCompressor>());
    case CompressionStrategy::kZstdWithDict:
      if (dictionary == nullptr) return Error(ErrorCode::kInvalidArgument, "ZSTD_WITH_DICT needs its dictionary");
      return std::unique_ptr<Compressor>(std::make_unique<ZstdCompressor>(std::move(dictionary)));
    case CompressionStrategy::kZstd:
      break;
  }
  return Error(ErrorCode::kUnsupported, "compression strategy ZSTD is deprecated; use ZSTD_WITH_DICT");
}

}  // namespace venice::protocol
