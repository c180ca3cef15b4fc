#include "lanes.h"

#include <math.h>

WIDE void closses_exp(double *x, size_t count) {
  for (size_t i = 0; i < count; i += CLOSSES_LANES) {
    exponential((lanes *)(x + i), 1);
  }
}

/// What a loss adds to the sums of `groups` of lanes.
INLINE void add(double *to, const lanes *sum, const int groups) {
  for (int g = 0; g < groups; g++) ((lanes *)to)[g] += sum[g];
}

/// Up to so many rows the product of factors in [1, 2] is finite.
#define FACTORS 1000

/// - equal: whether all rows weigh the same; then Σ log(1 + e^−|η|) is the logarithm of a product, one for
///   all rows.
INLINE void binomial(double *eta, size_t rows, size_t stride, const double *y, const double *w,
                     const double *offset, double *value, double *cross, const int groups,
                     const int equal) {
  lanes sum[GROUPS] = {0}, crossed[GROUPS] = {0}, product[GROUPS];
  for (int g = 0; g < groups; g++) product[g] = ALL(1.0);
  for (size_t i = 0; i < rows; i++) {
    const double shift = offset ? offset[i] : 0;
    lanes *const at = (lanes *)(eta + i * stride);
    lanes e[GROUPS], t[GROUPS];
    for (int g = 0; g < groups; g++) {
      e[g] = at[g];
      t[g] = CHOOSE(e[g] > 0.0, -e[g], e[g]);
    }
    exponential(t, groups);  // e^−|η|
    for (int g = 0; g < groups; g++) {
      const lanes positive = CHOOSE(e[g] > 0.0, e[g], ALL(0.0));
      const lanes chance = CHOOSE(e[g] > 0.0, ALL(1.0), t[g]) / (t[g] + 1.0);
      const lanes pull = w[i] * (y[i] - chance);
      sum[g] += w[i] * (positive - y[i] * e[g]);
      crossed[g] += pull * (e[g] - shift);
      at[g] = pull;
      if (equal) {
        product[g] *= t[g] + 1.0;
      } else {
        log_one_plus(&t[g]);
        sum[g] += w[i] * t[g];
      }
    }
  }
  if (equal && rows > 0)
    for (int g = 0; g < groups; g++)
      for (int lane = 0; lane < CLOSSES_LANES; lane++)
        sum[g][lane] += w[0] * log(product[g][lane]);
  add(value, sum, groups);
  add(cross, crossed, groups);
}

INLINE void binomial_all(double *eta, size_t rows, size_t stride, const double *y, const double *w,
                         const double *offset, double *value, double *cross, const int groups) {
  for (size_t start = 0; start < rows; start += FACTORS) {
    const size_t count = rows - start < FACTORS ? rows - start : FACTORS;
    size_t same = 0;
    while (same < count && w[start + same] == w[start]) same++;
    double *const some = eta + start * stride;
    const double *const shift = offset ? offset + start : NULL;
    if (same == count)
      binomial(some, count, stride, y + start, w + start, shift, value, cross, groups, 1);
    else
      binomial(some, count, stride, y + start, w + start, shift, value, cross, groups, 0);
  }
}

INLINE void poisson(double *eta, size_t rows, size_t stride, const double *y, const double *w,
                    const double *offset, double *value, double *cross, const int groups) {
  lanes sum[GROUPS] = {0}, crossed[GROUPS] = {0};
  for (size_t i = 0; i < rows; i++) {
    const double shift = offset ? offset[i] : 0;
    lanes *const at = (lanes *)(eta + i * stride);
    lanes mean[GROUPS];
    for (int g = 0; g < groups; g++) mean[g] = at[g];
    exponential(mean, groups);
    for (int g = 0; g < groups; g++) {
      const lanes e = at[g], pull = w[i] * (y[i] - mean[g]);
      sum[g] += w[i] * (mean[g] - y[i] * e);
      crossed[g] += pull * (e - shift);
      at[g] = pull;
    }
  }
  add(value, sum, groups);
  add(cross, crossed, groups);
}

WIDE void closses_binomial(double *eta, size_t rows, size_t stride, const double *y,
                           const double *w, const double *offset, double *value, double *cross) {
#define KERNEL(f, groups) \
  binomial_all(eta + f, rows, stride, y, w, offset, value + f, cross + f, groups)
  BY_GROUPS(KERNEL);
#undef KERNEL
}

WIDE void closses_poisson(double *eta, size_t rows, size_t stride, const double *y,
                          const double *w, const double *offset, double *value, double *cross) {
#define KERNEL(f, groups) \
  poisson(eta + f, rows, stride, y, w, offset, value + f, cross + f, groups)
  BY_GROUPS(KERNEL);
#undef KERNEL
}

/// `ROWS` rows and `groups` of lanes at a time; constants, so that the sums stay in registers.
#define ROWS 4
INLINE void predict(const double *const *columns, size_t count, size_t row, int rows,
                    const double *vectors, size_t stride, const double *start,
                    const double *offset, double *eta, const int groups) {
  lanes sum[ROWS][GROUPS];
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
#define KERNEL(f, groups) \
  predict_all(columns, count, rows, vectors + f, stride, start + f, offset, eta + f, groups)
  BY_GROUPS(KERNEL);
#undef KERNEL
}
