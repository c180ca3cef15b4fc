#include "CFields.h"
#include "CNumbers.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline))

/// Whether the digits at `p` are those of a code: a zero, and another digit. Where the first is a zero
/// is random, so it is no branch. Two bytes are read.
INLINE int is_code(const uint8_t *p, const uint8_t *end) {
  return (end - p > 1) & (p[0] == '0') & ((uint8_t)(p[1] - '0') <= 9);
}

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define HAS_SHORT 1
#define SHORT __attribute__((target("avx2,bmi,popcnt")))

/// What an integer is divided by for its decimals, and from NEGATIVE on for its sign as well.
#define NEGATIVE 17
static const double divisor[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,   1e6,   1e7,   1e8,   1e9,   1e10,  1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, -1e0,  -1e1,  -1e2,  -1e3,  -1e4,  -1e5,  -1e6,
    -1e7, -1e8, -1e9, -1e10, -1e11, -1e12, -1e13, -1e14, -1e15, -1e16};
/// Sixteen places from `count` on tell which digit of a number of `count` digits stands there.
static const int8_t window[32] = {-16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6,
                                  -5,  -4,  -3,  -2,  -1,  0,   1,   2,  3,  4,  5,
                                  6,   7,   8,   9,   10,  11,  12,  13, 14, 15};

/// Parses [p, end) if it is a decimal of at most 16 digits and no exponent, whose integer is at most
/// 2^53: one exact operation (Clinger, 1990), without a branch on its length. 16 bytes and one are read.
///
/// The digits are brought to the right of a register, the point left out, and added up in pairs.
SHORT static inline int parse_short(const uint8_t *p, const uint8_t *end, double *value) {
  const size_t negative = *p == '-';
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
  *value = (double)(int64_t)mantissa / divisor[count - point + NEGATIVE * negative];
  return 1;
}

/// The same for two numbers at once, one in each half of a register; integers up to 2^52, so that they
/// become doubles without a conversion of each.
SHORT static inline int parse_two(const uint8_t *p, const uint8_t *p_end, const uint8_t *q,
                                  const uint8_t *q_end, double *values) {
  const size_t p_negative = *p == '-', q_negative = *q == '-';
  p += p_negative;
  q += q_negative;
  const size_t p_length = (size_t)(p_end - p), q_length = (size_t)(q_end - q);
  if (p_length - 1 > 15 || q_length - 1 > 15) return 0;
  const __m256i bytes = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)q),
                                         _mm_loadu_si128((const __m128i *)p));
  const uint32_t points =
      (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('.')));
  const size_t p_point = (size_t)__builtin_ctz((points & 0xFFFF) | 1u << p_length);
  const size_t q_point = (size_t)__builtin_ctz(points >> 16 | 1u << q_length);
  const size_t p_count = p_length - (p_point < p_length);
  const size_t q_count = q_length - (q_point < q_length);
  if (p_count == 0 || q_count == 0) return 0;
  const double *const p_divisor = divisor + (p_count - p_point + NEGATIVE * p_negative);
  const double *const q_divisor = divisor + (q_count - q_point + NEGATIVE * q_negative);
  const __m256i digit = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(window + q_count)),
                                         _mm_loadu_si128((const __m128i *)(window + p_count)));
  const __m256i last = _mm256_set_m128i(_mm_set1_epi8((char)((int)q_point - 1)),
                                        _mm_set1_epi8((char)((int)p_point - 1)));
  const __m256i behind = _mm256_cmpgt_epi8(digit, last);
  const __m256i digits = _mm256_shuffle_epi8(_mm256_sub_epi8(bytes, _mm256_set1_epi8('0')),
                                             _mm256_sub_epi8(digit, behind));
  const __m256i above = _mm256_subs_epu8(digits, _mm256_set1_epi8(9));
  const __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(1 << 8 | 10));
  const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(1 << 16 | 100));
  const __m256i eights = _mm256_madd_epi16(_mm256_packus_epi32(fours, fours),
                                           _mm256_set1_epi32(1 << 16 | 10000));
  const __m256i mantissas =
      _mm256_add_epi64(_mm256_mul_epu32(eights, _mm256_set1_epi64x(100000000)),
                       _mm256_srli_epi64(eights, 32));
  const __m256i beyond = _mm256_srli_epi64(mantissas, 52);
  if (!_mm256_testz_si256(_mm256_or_si256(above, beyond), _mm256_set1_epi8(-1))) return 0;
  // Below 2^52 an integer is the mantissa of itself and 2^52.
  const __m256d shifted = _mm256_sub_pd(
      _mm256_castsi256_pd(_mm256_or_si256(mantissas, _mm256_set1_epi64x(0x4330000000000000))),
      _mm256_set1_pd(0x1p52));
  const __m128d integers =
      _mm_unpacklo_pd(_mm256_castpd256_pd128(shifted), _mm256_extractf128_pd(shifted, 1));
  const __m128d divisors = _mm_loadh_pd(_mm_load_sd(p_divisor), q_divisor);
  _mm_storeu_pd(values, _mm_div_pd(integers, divisors));
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
#if HAS_SHORT
    if (is_wide && i + 1 < count) {
      const uint8_t *const q = bytes + start;
      const uint8_t *const q_end = bytes + ends[i + 1];
      if (q + 33 <= bytes + limit &&
          !(refuses_codes && (is_code(p, end) | is_code(q, q_end))) &&
          parse_two(p, end, q, q_end, values + i)) {
        i++;
        start = (size_t)ends[i] + 1;
        continue;
      }
    }
#endif
    if (p == end) return i;
    if (*p == quote && quote && end - p > 1) {
      p++;
      end--;
      if (p == end) return i;
    }
    if (refuses_codes && end - p > 1 && is_code(p, end)) return i;
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
