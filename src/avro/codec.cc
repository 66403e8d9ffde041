#include "avro/codec.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include "base/byte_order.h"

namespace venice::avro {
namespace {

constexpr std::string_view kNames[] = {"null", "deflate", "snappy", "zstandard"};
constexpr int kRawDeflate = -15;  // Avro's deflate has neither zlib's header nor its checksum
constexpr size_t kGrowthMin = 64 << 10;

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

uint32_t Crc32(std::string_view data) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
}

Status Deflate(int level, std::string_view data, std::string& out) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kRawDeflate, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Error(ErrorCode::kInternal, fmt::format("deflate refuses level {}", level));
  }
  out.resize(deflateBound(&stream, data.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return Error(ErrorCode::kInternal, fmt::format("deflate failed with {}", code));
  return Ok();
}

Status Zstandard(int level, std::string_view data, std::string& out) {
  out.resize(ZSTD_compressBound(data.size()));
  const size_t size =
      ZSTD_compress(out.data(), out.size(), data.data(), data.size(), level < 0 ? ZSTD_CLEVEL_DEFAULT : level);
  if (ZSTD_isError(size)) return Error(ErrorCode::kInternal, fmt::format("zstandard: {}", ZSTD_getErrorName(size)));
  out.resize(size);
  return Ok();
}

}  // namespace

std::string_view CodecName(Codec codec) { return kNames[static_cast<size_t>(codec)]; }

Result<Codec> ParseCodec(std::string_view name) {
  if (name.empty()) return Codec::kNull;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<Codec>(i);
  }
  return Error(ErrorCode::kUnsupported,
               fmt::format("codec \"{}\"; supported are null, deflate, snappy and zstandard", name.substr(0, 40)));
}

Status CompressBlock(Codec codec, int level, std::string_view data, std::string& out) {
  switch (codec) {
    case Codec::kNull:
      out.assign(data);
      return Ok();
    case Codec::kDeflate:
      return Deflate(level, data, out);
    case Codec::kSnappy:
      snappy::Compress(data.data(), data.size(), &out);
      AppendBigEndian<uint32_t>(out, Crc32(data));
      return Ok();
    case Codec::kZstandard:
      return Zstandard(level, data, out);
  }
  return Ok();
}

struct BlockExpander::State {
  Codec codec;
  size_t bytes_max;
  std::string buffer;
  z_stream inflater{};
  bool inflater_ready = false;
  ZSTD_DCtx* zstd = nullptr;

  ~State() {
    if (inflater_ready) inflateEnd(&inflater);
    ZSTD_freeDCtx(zstd);
  }

  Error TooLarge() const {
    return Error(ErrorCode::kTooLarge, fmt::format("the block expands to more than {}; write smaller blocks",
                                                   ByteSize(bytes_max).ToString()));
  }

  // Room for more output: doubles, within the limit. False at the limit.
  bool Grow(size_t used) {
    if (used < buffer.size()) return true;
    if (buffer.size() >= bytes_max) return false;
    buffer.resize(std::min(std::max(kGrowthMin, buffer.size() * 2), bytes_max));
    return true;
  }

  Result<std::string_view> Inflate(std::string_view stored) {
    const int ready = inflater_ready ? inflateReset(&inflater) : inflateInit2(&inflater, kRawDeflate);
    if (ready != Z_OK) return Error(ErrorCode::kInternal, "zlib cannot start");
    inflater_ready = true;
    inflater.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data()));
    inflater.avail_in = static_cast<uInt>(stored.size());
    size_t used = 0;
    while (true) {
      if (!Grow(used)) return TooLarge();
      inflater.next_out = reinterpret_cast<Bytef*>(buffer.data() + used);
      inflater.avail_out = static_cast<uInt>(buffer.size() - used);
      const int code = inflate(&inflater, Z_NO_FLUSH);
      used = buffer.size() - inflater.avail_out;
      if (code == Z_STREAM_END) return std::string_view(buffer.data(), used);
      if (code != Z_OK || (inflater.avail_in == 0 && inflater.avail_out > 0)) {
        return Corrupt(fmt::format("bad deflate data ({})", inflater.msg != nullptr ? inflater.msg : "cut short"));
      }
    }
  }

  Result<std::string_view> Unsnap(std::string_view stored) {
    if (stored.size() < 4) return Corrupt("snappy block without its checksum");
    const std::string_view data = stored.substr(0, stored.size() - 4);
    size_t size = 0;
    if (!snappy::GetUncompressedLength(data.data(), data.size(), &size)) return Corrupt("bad snappy data");
    if (size > bytes_max) return TooLarge();
    // Snappy cannot shrink below 1/64 of the input: a larger claim is a lie, not worth its memory.
    if (size / 64 > data.size()) return Corrupt("bad snappy data");
    if (buffer.size() < size) buffer.resize(size);
    if (!snappy::RawUncompress(data.data(), data.size(), buffer.data())) return Corrupt("bad snappy data");
    const std::string_view out(buffer.data(), size);
    if (Crc32(out) != LoadBigEndian<uint32_t>(data.data() + data.size())) return Corrupt("snappy checksum differs");
    return out;
  }

  Result<std::string_view> Unzstd(std::string_view stored) {
    if (zstd == nullptr) zstd = ZSTD_createDCtx();
    ZSTD_DCtx_reset(zstd, ZSTD_reset_session_only);
    ZSTD_inBuffer in{stored.data(), stored.size(), 0};
    size_t used = 0;
    size_t code = 1;
    while (code != 0 || in.pos < in.size) {
      if (!Grow(used)) return TooLarge();
      ZSTD_outBuffer out{buffer.data(), buffer.size(), used};
      const size_t in_before = in.pos;
      code = ZSTD_decompressStream(zstd, &out, &in);
      if (ZSTD_isError(code)) return Corrupt(fmt::format("bad zstandard data ({})", ZSTD_getErrorName(code)));
      const bool stuck = in.pos == in_before && out.pos == used && out.pos < out.size;
      used = out.pos;
      if (stuck && code != 0) return Corrupt("zstandard data cut short");
    }
    return std::string_view(buffer.data(), used);
  }
};

BlockExpander::BlockExpander(Codec codec, ByteSize block_bytes_max) : state_(std::make_unique<State>()) {
  state_->codec = codec;
  // zlib counts in 32 bits.
  state_->bytes_max = std::min<uint64_t>(block_bytes_max.bytes(), UINT32_MAX);
}
BlockExpander::~BlockExpander() = default;
BlockExpander::BlockExpander(BlockExpander&&) noexcept = default;

Result<std::string_view> BlockExpander::Expand(std::string_view stored) {
  switch (state_->codec) {
    case Codec::kNull:
      return stored;
    case Codec::kDeflate:
      return state_->Inflate(stored);
    case Codec::kSnappy:
      return state_->Unsnap(stored);
    case Codec::kZstandard:
      return state_->Unzstd(stored);
  }
  return stored;
}

}  // namespace venice::avro
