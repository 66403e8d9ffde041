// How values are compressed: the strategies of a version and the code behind them. Source: data-plane reference 9.4.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice::protocol {

enum class CompressionStrategy : int32_t {
  kNoOp = 0,
  kGzip = 1,
  kZstd = 2 /* deprecated, not usable */,
  kZstdWithDict = 3
};

// "NO_OP", "GZIP", "ZSTD", "ZSTD_WITH_DICT"
std::string_view ToString(CompressionStrategy strategy);
// Errors: kInvalidArgument for an unknown name or number.
Result<CompressionStrategy> ParseCompressionStrategy(std::string_view name);
Result<CompressionStrategy> CompressionStrategyFromId(int32_t id);

// zstd levels: push jobs compress once and read often; leaders compress on the way.
inline constexpr int kZstdLevelPush = 22;
inline constexpr int kZstdLevelDefault = 3;

// A dictionary digested for compression and decompression. Immutable; share one among all compressors of a version.
class ZstdDictionary {
 public:
  // `level` is that of compression. Errors: kInvalidArgument when the bytes are no usable dictionary.
  static Result<std::shared_ptr<const ZstdDictionary>> Make(std::string_view bytes, int level = kZstdLevelDefault);
  // From samples of values. Errors: kInvalidArgument when they are too few or too small to train on.
  static Result<std::string> Train(std::span<const std::string_view> samples, size_t dictionary_bytes_max);

  ~ZstdDictionary();
  ZstdDictionary(const ZstdDictionary&) = delete;
  ZstdDictionary& operator=(const ZstdDictionary&) = delete;

 private:
  friend class ZstdCompressor;
  ZstdDictionary() = default;
  void* compress_ = nullptr;    // ZSTD_CDict
  void* decompress_ = nullptr;  // ZSTD_DDict
};

// Compresses and decompresses single values. Holds working memory: one per thread.
class Compressor {
 public:
  // `dictionary` is needed by (and only by) kZstdWithDict. Errors: kInvalidArgument, kUnsupported for kZstd.
  static Result<std::unique_ptr<Compressor>> Make(CompressionStrategy strategy,
                                                  std::shared_ptr<const ZstdDictionary> dictionary = nullptr);

  virtual ~Compressor() = default;
  virtual CompressionStrategy strategy() const = 0;
  // Replaces `out`. Errors: kInternal.
  virtual Status Compress(std::string_view value, std::string& out) = 0;
  // Replaces `out`. An empty value stays empty. Errors: kCorruption; kTooLarge when it would grow past `bytes_max`.
  virtual Status Decompress(std::string_view compressed, size_t bytes_max, std::string& out) = 0;
};

}  // namespace venice::protocol
