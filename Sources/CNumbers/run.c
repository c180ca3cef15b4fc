#include "CFields.h"
#include "CNumbers.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline))

/// Whether the digits at `p` are those of a code: a zero, and another digit.
INLINE int is_code(const uint8_t *p, const uint8_t *end) {
  return end - p > 1 && p[0] == '0' && (uint8_t)(p[1] - '0') <= 9;
}

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define HAS_SHORT 1
#define SHORT __attribute__((target("avx2,bmi,popcnt")))

/// Parses [p, end) if it is a decimal of at most 16 digits and no exponent, whose integer is at most
/// 2^53: one exact operation (Clinger, 1990), without a branch on its length. 16 bytes and one are read.
///
/// The digits are brought to the right of a register, the point left out, and added up in pairs.
SHORT static inline int parse_short(const uint8_t *p, const uint8_t *end, double *value) {
  static const double power[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
  static const int8_t window[32] = {-16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6,
                                    -5,  -4,  -3,  -2,  -1,  0,   1,   2,  3,  4,  5,
                                    6,   7,   8,   9,   10,  11,  12,  13, 14, 15};
  const uint64_t negative = *p == '-';
  p += negative;
  const size_t length = (size_t)(end - p);
  if (length - 1 > 15) return 0;
  const __m128i bytes = _mm_loadu_si128((const __m128i *)p);
  const unsigned points = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.')));
  const size_t point = (size_t)__builtin_ctz(points | 1u << length);
  const size_t count = length - (point < length);
  if (count == 0) return 0;
  // Digit k goes to place 16 − count + k; behind the point it comes from one byte further.
  const __m128i digit = _mm_loadu_si128((const __m128i *)(window + count));
  const __m128i behind = _mm_cmpgt_epi8(digit, _mm_set1_epi8((char)((int)point - 1)));
  const __m128i digits = _mm_shuffle_epi8(_mm_sub_epi8(bytes, _mm_set1_epi8('0')),
                                          _mm_sub_epi8(digit, behind));
  const __m128i above = _mm_subs_epu8(digits, _mm_set1_epi8(9));
  if (!_mm_testz_si128(above, above)) return 0;
  const __m128i pairs = _mm_maddubs_epi16(
      digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1));
  const __m128i fours = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 100, 1, 100, 1, 100, 1));
  const __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours),
                                        _mm_setr_epi16(10000, 1, 10000, 1, 10000, 1, 10000, 1));
  const uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
  const uint64_t mantissa = (both & 0xFFFFFFFF) * 100000000 + (both >> 32);
  if (mantissa > 1ULL << 53) return 0;
  const double magnitude = (double)(int64_t)mantissa / power[count - point];
  uint64_t bits;
  memcpy(&bits, &magnitude, 8);
  bits |= negative << 63;
  memcpy(value, &bits, 8);
  return 1;
}

/// Whether [p, end), of at most 32 bytes, is digits with at most one point. 32 bytes and one are read.
///
/// These are numbers of all the digits that a double needs; how they are rounded is for fast_float.
SHORT static inline int is_long(const uint8_t *p, const uint8_t *end) {
  p += *p == '-';
  const size_t length = (size_t)(end - p);
  if (length - 1 > 31) return 0;
  const __m256i bytes = _mm256_loadu_si256((const __m256i *)p);
  const __m256i above =
      _mm256_subs_epu8(_mm256_sub_epi8(bytes, _mm256_set1_epi8('0')), _mm256_set1_epi8(9));
  const uint32_t valid = ~0U >> (32 - length);
  const uint32_t digits = valid & (uint32_t)_mm256_movemask_epi8(
                                      _mm256_cmpeq_epi8(above, _mm256_setzero_si256()));
  const uint32_t points = valid & (uint32_t)_mm256_movemask_epi8(
                                      _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('.')));
  return digits && (digits | points) == valid && !(points & (points - 1));
}
#else
#define HAS_SHORT 0
#endif

INLINE size_t parse_fields(const uint8_t *bytes, size_t limit, size_t start, const uint32_t *ends,
                           size_t count, uint8_t quote, int refuses_codes, double *values,
                           int is_wide) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t *p = bytes + start;
    const uint8_t *end = bytes + ends[i];
    start = (size_t)ends[i] + 1;
    if (p == end) return i;
    if (*p == quote && quote && end - p > 1) {
      p++;
      end--;
      if (p == end) return i;
    }
    if (refuses_codes && is_code(p, end)) return i;
#if HAS_SHORT
    if (is_wide && p + 33 <= bytes + limit) {
      if (parse_short(p, end, values + i)) continue;
      if (is_long(p, end)) {
        const int negative = *p == '-';
        const double nearest = cnumbers_nearest(p + negative, end);
        values[i] = negative ? -nearest : nearest;
        continue;
      }
    }
#else
    (void)limit, (void)is_wide;
#endif
    double value;
    if (cnumbers_parse(p, end, &value) != end || !isfinite(value)) return i;
    values[i] = value;
  }
  return count;
}

#if HAS_SHORT
SHORT static size_t parse_fields_wide(const uint8_t *bytes, size_t limit, size_t start,
                                      const uint32_t *ends, size_t count, uint8_t quote,
                                      int refuses_codes, double *values) {
  return parse_fields(bytes, limit, start, ends, count, quote, refuses_codes, values, 1);
}
#endif

size_t cnumbers_fields(const uint8_t *bytes, size_t limit, size_t start, const uint32_t *ends,
                       size_t count, uint8_t quote, int refuses_codes, double *values) {
#if HAS_SHORT
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
    return parse_fields_wide(bytes, limit, start, ends, count, quote, refuses_codes, values);
#endif
  return parse_fields(bytes, limit, start, ends, count, quote, refuses_codes, values, 0);
}
