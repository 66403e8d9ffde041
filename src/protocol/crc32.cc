#include "protocol/crc32.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace venice::protocol {

namespace {

uint32_t ByZlib(uint32_t start, const char* bytes, size_t size) {
  return static_cast<uint32_t>(crc32_z(start, reinterpret_cast<const unsigned char*>(bytes), size));
}

#if defined(__x86_64__)

// Folding with carry-less multiplication: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ Instruction", Intel 2009; constants for the bit-reflected polynomial 0x1DB710641. Names as there:
// multiplying by K1, K2 moves 512 bits ahead, by K3, K4 128 bits, by K5 32 bits; P is the polynomial, U its reciprocal.
constexpr long long kK1 = 0x154442bd4, kK2 = 0x1c6e41596;
constexpr long long kK3 = 0x1751997d0, kK4 = 0x0ccaa009e;
constexpr long long kK5 = 0x163cd6124;
constexpr long long kP = 0x1db710641, kU = 0x1f7011641;
constexpr uint64_t kWord = 0xffffffff;

constexpr size_t kLane = 16;
constexpr size_t kBlock = 4 * kLane;

__attribute__((target("pclmul,sse4.1"))) inline __m128i Fold(__m128i sum, __m128i constants, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(sum, constants, 0x00);
  const __m128i high = _mm_clmulepi64_si128(sum, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i Load(const char* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

__attribute__((target("pclmul,sse4.1"))) inline uint64_t Low(__m128i lane) {
  return static_cast<uint64_t>(_mm_cvtsi128_si64(lane));
}
__attribute__((target("pclmul,sse4.1"))) inline uint64_t High(__m128i lane) {
  return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(lane, lane)));
}
// The low half of the carry-less product.
__attribute__((target("pclmul,sse4.1"))) inline uint64_t MultiplyLow(uint64_t a, long long b) {
  return Low(_mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(a)), _mm_cvtsi64_si128(b), 0x00));
}

// size: at least one lane, and whole lanes.
__attribute__((target("pclmul,sse4.1"))) uint32_t ByFolding(uint32_t start, const char* bytes, size_t size) {
  const __m128i k3k4 = _mm_set_epi64x(kK4, kK3);
  __m128i sum = _mm_xor_si128(Load(bytes), _mm_cvtsi32_si128(static_cast<int>(~start)));
  if (size >= kBlock) {
    const __m128i k1k2 = _mm_set_epi64x(kK2, kK1);
    __m128i lane1 = Load(bytes + kLane), lane2 = Load(bytes + 2 * kLane), lane3 = Load(bytes + 3 * kLane);
    for (bytes += kBlock, size -= kBlock; size >= kBlock; bytes += kBlock, size -= kBlock) {
      sum = Fold(sum, k1k2, Load(bytes));
      lane1 = Fold(lane1, k1k2, Load(bytes + kLane));
      lane2 = Fold(lane2, k1k2, Load(bytes + 2 * kLane));
      lane3 = Fold(lane3, k1k2, Load(bytes + 3 * kLane));
    }
    sum = Fold(Fold(Fold(sum, k3k4, lane1), k3k4, lane2), k3k4, lane3);
  } else {
    bytes += kLane;
    size -= kLane;
  }
  for (; size >= kLane; bytes += kLane, size -= kLane) sum = Fold(sum, k3k4, Load(bytes));

  // 128 bits to 64, to 32 by Barrett reduction. (Shifts on integers: GCC has none for 128 bits without optimisation.)
  const uint64_t upper = High(sum);
  sum = _mm_xor_si128(_mm_cvtsi64_si128(static_cast<long long>(upper)), _mm_clmulepi64_si128(sum, k3k4, 0x10));
  const uint64_t rest = (Low(sum) >> 32 | High(sum) << 32) ^ MultiplyLow(Low(sum) & kWord, kK5);
  const uint64_t quotient = MultiplyLow(rest & kWord, kU) & kWord;
  return ~static_cast<uint32_t>((rest ^ MultiplyLow(quotient, kP)) >> 32);
}

const bool kCanFold = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");

#endif

}  // namespace

uint32_t Crc32(std::string_view bytes, uint32_t start) {
#if defined(__x86_64__)
  if (bytes.size() >= kLane && kCanFold) {
    const size_t folded = bytes.size() & ~(kLane - 1);
    start = ByFolding(start, bytes.data(), folded);
    bytes.remove_prefix(folded);
    if (bytes.empty()) return start;
  }
#endif
  return ByZlib(start, bytes.data(), bytes.size());
}

}  // namespace venice::protocol
