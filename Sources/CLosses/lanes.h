// Several doubles side by side, and what is needed of them.
#ifndef LANES_H
#define LANES_H

#include "CLosses.h"

#include <stdint.h>

// Where the platform can choose at load time, an AVX2 version is built beside the plain one.
#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define WIDE
#endif
#define INLINE static inline __attribute__((always_inline))

typedef double lanes __attribute__((vector_size(8 * CLOSSES_LANES), aligned(8)));
typedef int64_t words __attribute__((vector_size(8 * CLOSSES_LANES), aligned(8)));

// Vectors go by address: by value their passing would depend on the processor.
#define CHOOSE(mask, yes, no) ((lanes)(((mask) & (words)(yes)) | (~(mask) & (words)(no))))
#define ALL(value) ((lanes){0} + (value))

/// The most lanes that are worked on side by side: a step of one does not wait for that of another.
#define GROUPS 3

/// x ← e^x = 2^k e^r with |r| ≤ ½ log 2, where the Taylor series to r^13 is exact to rounding.
INLINE void exponential(lanes *x, const int groups) {
  static const double inverse[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880,
                                   1.0 / 40320,     1.0 / 5040,     1.0 / 720,     1.0 / 120,
                                   1.0 / 24,        1.0 / 6,        0.5,           1.0,
                                   1.0};
  lanes shifted[GROUPS], r[GROUPS], p[GROUPS];
  for (int g = 0; g < groups; g++) {
    // Beyond these the result would be subnormal or infinite.
    lanes v = CHOOSE(x[g] < -708.0, ALL(-708.0), x[g]);
    v = CHOOSE(v > 709.0, ALL(709.0), v);
    // Adding 1.5 · 2^52 leaves the nearest whole number in the low bits.
    shifted[g] = v * 0x1.71547652b82fep+0 + 0x1.8p52;
    const lanes k = shifted[g] - 0x1.8p52;
    r[g] = (v - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
    p[g] = ALL(1.0 / 6227020800);
  }
  for (int i = 0; i < 13; i++)
    for (int g = 0; g < groups; g++) p[g] = p[g] * r[g] + inverse[i];
  for (int g = 0; g < groups; g++) x[g] = (lanes)((words)p[g] + ((words)shifted[g] << 52));
}

/// t ← log(1 + t) for t in [0, 1]: 2 artanh(s) with s = t / (2 + t) ≤ ⅓, by its series.
INLINE void log_one_plus(lanes *value) {
  const lanes s = *value / (*value + 2.0), square = s * s;
  lanes p = ALL(1.0 / 33);
  for (int k = 31; k >= 1; k -= 2) p = p * square + 1.0 / k;
  *value = 2.0 * s * p;
}

/// x ← log x for normal x > 0: k log 2 + log m with m = x / 2^k in [√½, √2], by the series of artanh.
INLINE void logarithm(lanes *x, const int groups) {
  lanes power[GROUPS], s[GROUPS], square[GROUPS], p[GROUPS];
  for (int g = 0; g < groups; g++) {
    const words k = ((words)x[g] - 0x3fe6a09e667f3bcd) >> 52;
    const lanes m = (lanes)((words)x[g] - (k << 52));
    // Adding the bits of 1.5 · 2^52 makes a number of a whole one.
    power[g] = (lanes)(k + 0x4338000000000000) - 0x1.8p52;
    s[g] = (m - 1.0) / (m + 1.0);
    square[g] = s[g] * s[g];
    p[g] = ALL(1.0 / 21);
  }
  for (int i = 19; i >= 1; i -= 2)
    for (int g = 0; g < groups; g++) p[g] = p[g] * square[g] + 1.0 / i;
  for (int g = 0; g < groups; g++)
    x[g] = power[g] * 0x1.62e42fee00000p-1 +
           (power[g] * 0x1.a39ef35793c76p-33 + 2.0 * s[g] * p[g]);
}

/// Calls `kernel` for as many lanes at a time as it can work on, from slot `f` on.
#define BY_GROUPS(kernel)                          \
  size_t f = 0;                                    \
  for (; f + 12 <= stride; f += 12) kernel(f, 3);  \
  if (f + 8 <= stride) {                           \
    kernel(f, 2);                                  \
    f += 8;                                        \
  }                                                \
  if (f + 4 <= stride) kernel(f, 1)

#endif
