#include "embedded/log_codec.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/byte_order.h"

namespace venice::embedded {
namespace {

constexpr size_t kChunkBytes = 64u << 10;

Error Corrupt(std::string_view codec) {
  return Error(ErrorCode::kCorruption, std::string(codec) + " block of a record batch does not decompress");
}

Error Beyond() { return Error(ErrorCode::kTooLarge, "record batch decompresses beyond the limit"); }

Result<std::string> Gunzip(std::string_view block, size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return Corrupt("gzip");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
  stream.avail_in = static_cast<uInt>(block.size());
  std::string out;
  while (true) {
    const size_t before = out.size();
    if (before >= bytes_max) return Beyond();
    out.resize(std::min(bytes_max, before + std::max(kChunkBytes, before)));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(out.size() - before);
    const int code = inflate(&stream, Z_NO_FLUSH);
    const size_t space_left = stream.avail_out;
    out.resize(out.size() - space_left);
    if (code == Z_STREAM_END) return out;
    if (code != Z_OK || (space_left > 0 && stream.avail_in == 0)) return Corrupt("gzip");
  }
}

Result<std::string> Gzip(std::string_view bytes) {
  z_stream stream{};
  VENICE_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, deflateEnd);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  VENICE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  return out;
}

// Java clients frame snappy: 8 magic bytes, two versions, then blocks prefixed by their length. librdkafka may send it
// unframed.
constexpr std::string_view kSnappyMagic("\x82SNAPPY\0", 8);
constexpr size_t kSnappyHeaderBytes = 16;

Status UnsnappyBlock(std::string_view block, size_t bytes_max, std::string& out) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &size)) return Corrupt("snappy");
  if (size > bytes_max - out.size()) return Beyond();
  // A snappy block cannot expand by more than this; a forged length must not allocate.
  if (size > 128 + block.size() * 64) return Corrupt("snappy");
  const size_t before = out.size();
  out.resize(before + size);
  if (!snappy::RawUncompress(block.data(), block.size(), out.data() + before)) return Corrupt("snappy");
  return Ok();
}

Result<std::string> Unsnappy(std::string_view block, size_t bytes_max) {
  std::string out;
  if (!block.starts_with(kSnappyMagic)) {
    VENICE_TRY(UnsnappyBlock(block, bytes_max, out));
    return out;
  }
  if (block.size() < kSnappyHeaderBytes) return Corrupt("snappy");
  block.remove_prefix(kSnappyHeaderBytes);
  while (!block.empty()) {
    if (block.size() < 4) return Corrupt("snappy");
    const auto size = LoadBigEndian<uint32_t>(block.data());
    block.remove_prefix(4);
    if (size > block.size()) return Corrupt("snappy");
    VENICE_TRY(UnsnappyBlock(block.substr(0, size), bytes_max, out));
    block.remove_prefix(size);
  }
  return out;
}

std::string Snappy(std::string_view bytes) {
  std::string out(kSnappyMagic);
  AppendBigEndian<int32_t>(out, 1);
  AppendBigEndian<int32_t>(out, 1);
  std::string block;
  for (size_t start = 0; start < bytes.size(); start += kChunkBytes) {
    const std::string_view piece = bytes.substr(start, kChunkBytes);
    snappy::Compress(piece.data(), piece.size(), &block);
    AppendBigEndian<uint32_t>(out, static_cast<uint32_t>(block.size()));
    out += block;
  }
  return out;
}

Result<std::string> Unlz4(std::string_view block, size_t bytes_max) {
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)) != 0) return Corrupt("lz4");
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(raw, LZ4F_freeDecompressionContext);
  std::string out;
  size_t position = 0;
  while (true) {
    const size_t before = out.size();
    if (before >= bytes_max) return Beyond();
    out.resize(std::min(bytes_max, before + std::max(kChunkBytes, before)));
    size_t written = out.size() - before;
    size_t taken = block.size() - position;
    const size_t hint =
        LZ4F_decompress(context.get(), out.data() + before, &written, block.data() + position, &taken, nullptr);
    out.resize(before + written);
    if (LZ4F_isError(hint) != 0) return Corrupt("lz4");
    position += taken;
    if (hint == 0) return out;
    if (written == 0 && taken == 0) return Corrupt("lz4");
  }
}

Result<std::string> Lz4(std::string_view bytes) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;  // the only mode Java clients read
  std::string out(LZ4F_compressFrameBound(bytes.size(), &preferences), '\0');
  const size_t size = LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), &preferences);
  if (LZ4F_isError(size) != 0) return Error(ErrorCode::kInternal, "lz4 compression failed");
  out.resize(size);
  return out;
}

Result<std::string> Unzstd(std::string_view block, size_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 27);  // 128 MiB: the largest window taken
  ZSTD_inBuffer in{block.data(), block.size(), 0};
  std::string out;
  while (true) {
    const size_t before = out.size();
    if (before >= bytes_max) return Beyond();
    out.resize(std::min(bytes_max, before + std::max(kChunkBytes, before)));
    ZSTD_outBuffer buffer{out.data() + before, out.size() - before, 0};
    const size_t taken_before = in.pos;
    const size_t hint = ZSTD_decompressStream(context.get(), &buffer, &in);
    out.resize(before + buffer.pos);
    if (ZSTD_isError(hint) != 0) return Corrupt("zstd");
    if (hint == 0 && in.pos == in.size) return out;
    if (buffer.pos == 0 && in.pos == taken_before) return Corrupt("zstd");
  }
}

Result<std::string> Zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3);
  if (ZSTD_isError(size) != 0) return Error(ErrorCode::kInternal, "zstd compression failed");
  out.resize(size);
  return out;
}

}  // namespace

Result<std::string> DecompressBlock(BatchCodec codec, std::string_view block, size_t bytes_max) {
  switch (codec) {
    case BatchCodec::kNone:
      return std::string(block);
    case BatchCodec::kGzip:
      return Gunzip(block, bytes_max);
    case BatchCodec::kSnappy:
      return Unsnappy(block, bytes_max);
    case BatchCodec::kLz4:
      return Unlz4(block, bytes_max);
    case BatchCodec::kZstd:
      return Unzstd(block, bytes_max);
  }
  return Error(ErrorCode::kCorruption, "unknown compression of a record batch");
}

Result<std::string> CompressBlock(BatchCodec codec, std::string_view bytes) {
  switch (codec) {
    case BatchCodec::kNone:
      return std::string(bytes);
    case BatchCodec::kGzip:
      return Gzip(bytes);
    case BatchCodec::kSnappy:
      return Snappy(bytes);
    case BatchCodec::kLz4:
      return Lz4(bytes);
    case BatchCodec::kZstd:
      return Zstd(bytes);
  }
  return Error(ErrorCode::kInvalidArgument, "unknown compression of a record batch");
}

}  // namespace venice::embedded
