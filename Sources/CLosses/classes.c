// Several classes: each row has a linear predictor a class, in some fits.
#include "lanes.h"

#include <math.h>

/// Lanes whose exponentials or logarithms are worked on together.
#define TOGETHER (GROUPS * CLOSSES_LANES)

/// η less the largest of its fit, whose exponentials do not overflow, and that largest.
INLINE void below_largest(const double *eta, size_t fits, size_t classes, double *below,
                          double *largest) {
  for (size_t f = 0; f < fits; f++, eta += classes, below += classes) {
    double most = eta[0];
    for (size_t k = 1; k < classes; k++) most = eta[k] > most ? eta[k] : most;
    for (size_t k = 0; k < classes; k++) below[k] = eta[k] - most;
    largest[f] = most;
  }
}

INLINE void multinomial(double *eta, size_t rows, size_t stride, size_t fits, const size_t classes,
                        const ptrdiff_t *y, const double *w, double *work, double *value,
                        double *cross) {
  // Both end on a whole number of lanes that are worked on together.
  double *const odds = work, *const sums = odds + (stride + TOGETHER - 1) / TOGETHER * TOGETHER;
  double *const largest = sums + (fits + TOGETHER - 1) / TOGETHER * TOGETHER;
  for (size_t i = 0; i < rows; i++, eta += stride) {
    for (double *o = odds + fits * classes; o < sums; o++) *o = 0;
    for (double *s = sums + fits; s < largest; s++) *s = 1;
    below_largest(eta, fits, classes, odds, largest);
    for (double *o = odds; o < sums; o += TOGETHER) exponential((lanes *)o, GROUPS);
    for (size_t f = 0; f < fits; f++) {
      const double *const o = odds + f * classes;
      double sum = 0;
      for (size_t k = 0; k < classes; k++) sum += o[k];
      sums[f] = sum;
    }
    for (size_t f = 0; f < fits; f++) {
      const double share = w[i] / sums[f];
      double *const e = eta + f * classes, *const o = odds + f * classes;
      value[f * classes] += w[i] * (largest[f] - e[y[i]]);
      double crossed = w[i] * e[y[i]];
      for (size_t k = 0; k < classes; k++) {
        const double pull = -share * o[k];
        crossed += pull * e[k];
        e[k] = pull;
      }
      e[y[i]] += w[i];
      cross[f * classes] += crossed;
    }
    for (double *s = sums; s < largest; s += TOGETHER) logarithm((lanes *)s, GROUPS);
    for (size_t f = 0; f < fits; f++) value[f * classes] += w[i] * sums[f];
  }
}

WIDE void closses_multinomial(double *eta, size_t rows, size_t stride, size_t fits, size_t classes,
                              const ptrdiff_t *y, const double *w, double *work, double *value,
                              double *cross) {
  switch (classes) {
    // Few classes are loops that the compiler unrolls.
#define CASE(count)                                                                       \
  case count:                                                                             \
    multinomial(eta, rows, stride, fits, count, y, w, work, value, cross);                \
    break
    CASE(3);
    CASE(4);
    CASE(5);
    CASE(6);
    default:
      multinomial(eta, rows, stride, fits, classes, y, w, work, value, cross);
  }
}
