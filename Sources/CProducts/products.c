#include "CProducts.h"

#include <string.h>

// Where the platform can choose at load time, an AVX2 version is built beside the plain one.
#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define WIDE
#endif

typedef double lanes __attribute__((vector_size(8 * CPRODUCTS_LANES), aligned(8)));

/// `groups` of lanes from `vectors` on; a constant, so that the sums stay in registers.
static inline __attribute__((always_inline)) void multiply(
    const double *x, size_t count, const double *vectors, size_t stride, double *out,
    const int groups) {
  lanes sum[2][3];
  memset(sum, 0, sizeof sum);
  size_t i = 0;
  // Two rows at a time: a sum need not wait for the one before it.
  for (; i + 2 <= count; i += 2)
    for (int row = 0; row < 2; row++) {
      const double a = x[i + (size_t)row];
      const lanes *v = (const lanes *)(vectors + (i + (size_t)row) * stride);
      for (int g = 0; g < groups; g++) sum[row][g] += a * v[g];
    }
  if (i < count) {
    const lanes *v = (const lanes *)(vectors + i * stride);
    for (int g = 0; g < groups; g++) sum[0][g] += x[i] * v[g];
  }
  for (int g = 0; g < groups; g++) ((lanes *)out)[g] = sum[0][g] + sum[1][g];
}

WIDE void cproducts(
    const double *x, size_t count, const double *vectors, size_t stride, double *out) {
  size_t f = 0;
  for (; f + 12 <= stride; f += 12) multiply(x, count, vectors + f, stride, out + f, 3);
  if (f + 8 <= stride) {
    multiply(x, count, vectors + f, stride, out + f, 2);
    f += 8;
  }
  if (f + 4 <= stride) multiply(x, count, vectors + f, stride, out + f, 1);
}
