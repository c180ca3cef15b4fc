// Decimal text to the nearest double.
//
// The inline part is Clinger's exact fast path (1990): up to 19 digits whose integer is below 2^53,
// scaled by a power of ten up to 10^22, is one correctly rounded operation. Everything else goes to
// fast_float, which rounds any decimal correctly.
#ifndef CNUMBERS_H
#define CNUMBERS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The nearest double to the decimal in [first, last), which must already be of the form
/// [-] digits [. digits] [(e|E) [+|-] digits] with at least one digit in the mantissa.
double cnumbers_nearest(const uint8_t *_Nonnull first, const uint8_t *_Nonnull last);

/// Parses the longest number at `p`: [+|-] digits [. digits] [(e|E) [+|-] digits], `5.` and `.5`
/// included. Returns where it ends, or `p` itself if no number starts there. Reads nothing at or
/// beyond `end`.
static inline const uint8_t *_Nonnull cnumbers_parse(
    const uint8_t *_Nonnull p, const uint8_t *_Nonnull end, double *_Nonnull value) {
  static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const uint8_t *const start = p;
  if (p == end) return start;
  const int negative = *p == '-';
  if (negative || *p == '+') p++;
  const uint8_t *const unsigned_start = p;
  uint64_t mantissa = 0;
  uint8_t digit;
  while (p != end && (digit = (uint8_t)(*p - '0')) <= 9) {
    mantissa = 10 * mantissa + digit;
    p++;
  }
  int64_t digits = p - unsigned_start;
  int64_t exponent = 0;
  if (p != end && *p == '.') {
    const uint8_t *const fraction = ++p;
    while (p != end && (digit = (uint8_t)(*p - '0')) <= 9) {
      mantissa = 10 * mantissa + digit;
      p++;
    }
    exponent = fraction - p;
    digits -= exponent;
  }
  if (digits == 0) return start;
  if (p != end && (*p | 0x20) == 'e') {
    const uint8_t *q = p + 1;
    const int down = q != end && *q == '-';
    if (q != end && (*q == '-' || *q == '+')) q++;
    if (q != end && (uint8_t)(*q - '0') <= 9) {
      int64_t written = 0;
      while (q != end && (digit = (uint8_t)(*q - '0')) <= 9) {
        if (written < 100000) written = 10 * written + digit;
        q++;
      }
      exponent += down ? -written : written;
      p = q;
    }
  }
  if (digits <= 19 && mantissa <= (1ULL << 53) && exponent >= -22 && exponent <= 22) {
    const double exact = (double)mantissa;
    const double scaled = exponent < 0 ? exact / power[-exponent] : exact * power[exponent];
    *value = negative ? -scaled : scaled;
    return p;
  }
  const double nearest = cnumbers_nearest(unsigned_start, p);
  *value = negative ? -nearest : nearest;
  return p;
}

#ifdef __cplusplus
}
#endif
#endif
