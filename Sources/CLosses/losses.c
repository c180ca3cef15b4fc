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

/// x ← e^x = 2^k e^r with |r| ≤ ½ log 2, where the Taylor series to r^13 is exact to rounding.
INLINE void exponential(lanes *value) {
  lanes x = *value;
  // Beyond these the result would be subnormal or infinite.
  x = CHOOSE(x < -708.0, ALL(-708.0), x);
  x = CHOOSE(x > 709.0, ALL(709.0), x);
  // Adding 1.5 · 2^52 leaves the nearest whole number in the low bits.
  const lanes shifted = x * 0x1.71547652b82fep+0 + 0x1.8p52;
  const lanes k = shifted - 0x1.8p52;
  const lanes r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
  static const double inverse[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880,
                                   1.0 / 40320,     1.0 / 5040,     1.0 / 720,     1.0 / 120,
                                   1.0 / 24,        1.0 / 6,        0.5,           1.0,
                                   1.0};
  lanes p = ALL(1.0 / 6227020800);
  for (int i = 0; i < 13; i++) p = p * r + inverse[i];
  *value = (lanes)((words)p + ((words)shifted << 52));
}

/// t ← log(1 + t) for t in [0, 1]: 2 artanh(s) with s = t / (2 + t) ≤ ⅓, by its series.
INLINE void log_one_plus(lanes *value) {
  const lanes s = *value / (*value + 2.0), square = s * s;
  lanes p = ALL(1.0 / 33);
  for (int k = 31; k >= 1; k -= 2) p = p * square + 1.0 / k;
  *value = 2.0 * s * p;
}

WIDE void closses_exp(double *x, size_t count) {
  for (size_t i = 0; i < count; i += CLOSSES_LANES) {
    exponential((lanes *)(x + i));
  }
}

WIDE void closses_binomial(double *eta, size_t rows, size_t stride, const double *y,
                           const double *w, const double *offset, double *value, double *cross) {
  for (size_t i = 0; i < rows; i++) {
    const double shift = offset ? offset[i] : 0;
    for (size_t f = 0; f < stride; f += CLOSSES_LANES) {
      lanes *const at = (lanes *)(eta + i * stride + f);
      const lanes e = *at, positive = CHOOSE(e > 0.0, e, ALL(0.0));
      lanes t = CHOOSE(e > 0.0, -e, e);
      exponential(&t);  // e^−|η|
      const lanes chance = CHOOSE(e > 0.0, ALL(1.0), t) / (t + 1.0);
      const lanes pull = w[i] * (y[i] - chance);
      log_one_plus(&t);
      *(lanes *)(value + f) += w[i] * (positive + t - y[i] * e);
      *(lanes *)(cross + f) += pull * (e - shift);
      *at = pull;
    }
  }
}

WIDE void closses_poisson(double *eta, size_t rows, size_t stride, const double *y,
                          const double *w, const double *offset, double *value, double *cross) {
  for (size_t i = 0; i < rows; i++) {
    const double shift = offset ? offset[i] : 0;
    for (size_t f = 0; f < stride; f += CLOSSES_LANES) {
      lanes *const at = (lanes *)(eta + i * stride + f);
      const lanes e = *at;
      lanes mean = e;
      exponential(&mean);
      const lanes pull = w[i] * (y[i] - mean);
      *(lanes *)(value + f) += w[i] * (mean - y[i] * e);
      *(lanes *)(cross + f) += pull * (e - shift);
      *at = pull;
    }
  }
}

/// `ROWS` rows and `groups` of lanes at a time; constants, so that the sums stay in registers.
#define ROWS 4
INLINE void predict(const double *const *columns, size_t count, size_t row, int rows,
                    const double *vectors, size_t stride, const double *start,
                    const double *offset, double *eta, const int groups) {
  lanes sum[ROWS][3];
  for (int r = 0; r < rows; r++)
    for (int g = 0; g < groups; g++)
      sum[r][g] = ((const lanes *)start)[g] + (offset ? offset[row + (size_t)r] : 0);
  for (size_t c = 0; c < count; c++) {
    const lanes *const v = (const lanes *)(vectors + c * stride);
    const double *const x = columns[c] + row;
    for (int r = 0; r < rows; r++)
      for (int g = 0; g < groups; g++) sum[r][g] += x[r] * v[g];
  }
  for (int r = 0; r < rows; r++)
    for (int g = 0; g < groups; g++) ((lanes *)(eta + (row + (size_t)r) * stride))[g] = sum[r][g];
}

INLINE void predict_all(const double *const *columns, size_t count, size_t rows,
                        const double *vectors, size_t stride, const double *start,
                        const double *offset, double *eta, const int groups) {
  size_t row = 0;
  for (; row + ROWS <= rows; row += ROWS)
    predict(columns, count, row, ROWS, vectors, stride, start, offset, eta, groups);
  for (; row < rows; row++)
    predict(columns, count, row, 1, vectors, stride, start, offset, eta, groups);
}

WIDE void closses_predict(const double *const *columns, size_t count, size_t rows,
                          const double *vectors, size_t stride, const double *start,
                          const double *offset, double *eta) {
  size_t f = 0;
  for (; f + 12 <= stride; f += 12)
    predict_all(columns, count, rows, vectors + f, stride, start + f, offset, eta + f, 3);
  if (f + 8 <= stride) {
    predict_all(columns, count, rows, vectors + f, stride, start + f, offset, eta + f, 2);
    f += 8;
  }
  if (f + 4 <= stride)
    predict_all(columns, count, rows, vectors + f, stride, start + f, offset, eta + f, 1);
}
