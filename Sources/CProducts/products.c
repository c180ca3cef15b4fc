#include "CProducts.h"

#include <string.h>

// Where the platform can choose at load time, an AVX2 version is built beside the plain one.
#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define WIDE
#endif

/// Columns that are gone through side by side, at most.
#define MOST_COLUMNS 4

/// Doubles in a line of the cache.
#define LINE 8

typedef double lanes __attribute__((vector_size(8 * CPRODUCTS_LANES), aligned(8)));

/// `groups` of lanes from `vectors` on; constants, so that the sums stay in registers.
///
/// One column takes two rows at a time: a sum need not wait for the one before it. Of several columns each
/// has a sum of its own, and what is read of the vectors serves them all.
///
/// Columns lie anywhere, and the processor knows no more than the one it reads: the next ones, unless `next`
/// is null, are fetched line by line meanwhile.
static inline __attribute__((always_inline)) void multiply(
    const double *const *x, const double *const *next, size_t count, const double *vectors,
    size_t stride, double *out, const int columns, const int groups) {
  const int rows = columns == 1 ? 2 : 1;
  lanes sum[2][MOST_COLUMNS][3];
  memset(sum, 0, sizeof sum);
  size_t i = 0;
  while (i + (size_t)rows <= count) {
    const size_t left = count - i < LINE ? count - i : LINE, end = i + left - left % (size_t)rows;
    if (next)
      for (int c = 0; c < columns; c++) __builtin_prefetch(next[c] + i, 0, 2);
    for (; i < end; i += (size_t)rows)
      for (int row = 0; row < rows; row++) {
        const lanes *v = (const lanes *)(vectors + (i + (size_t)row) * stride);
        for (int c = 0; c < columns; c++)
          for (int g = 0; g < groups; g++) sum[row][c][g] += x[c][i + (size_t)row] * v[g];
      }
  }
  if (i < count) {
    const lanes *v = (const lanes *)(vectors + i * stride);
    for (int g = 0; g < groups; g++) sum[0][0][g] += x[0][i] * v[g];
  }
  for (int c = 0; c < columns; c++)
    for (int g = 0; g < groups; g++)
      ((lanes *)(out + (size_t)c * stride))[g] = sum[0][c][g] + sum[1][c][g];
}

/// All products of some columns, at most 4 · `groups` vectors at a time.
static inline __attribute__((always_inline)) void multiply_all(
    const double *const *x, const double *const *next, size_t count, const double *vectors,
    size_t stride, double *out, const int columns, const int groups) {
  size_t f = 0;
  for (; groups == 3 && f + 12 <= stride; f += 12) {
    multiply(x, next, count, vectors + f, stride, out + f, columns, 3);
    next = NULL;
  }
  for (; f + 8 <= stride; f += 8) {
    multiply(x, next, count, vectors + f, stride, out + f, columns, 2);
    next = NULL;
  }
  if (f + 4 <= stride) multiply(x, next, count, vectors + f, stride, out + f, columns, 1);
}

static inline __attribute__((always_inline)) void multiply_columns(
    const double *const *x, size_t columns, size_t count, const double *vectors, size_t stride,
    double *out, const int together, const int groups) {
  const size_t some = (size_t)together;
  size_t c = 0;
  for (; c + some <= columns; c += some)
    multiply_all(x + c, c + 2 * some <= columns ? x + c + some : NULL, count, vectors, stride,
                 out + c * stride, together, groups);
  for (; c < columns; c++)
    multiply_all(x + c, c + 1 < columns ? x + c + 1 : NULL, count, vectors, stride, out + c * stride, 1,
                 3);
}

// Sums and what they are made of fit into the registers: 4 columns by 2 lanes, or 3 by 3. Of 4 by 3 the
// compiler moves each sum about in every row, and takes twice the time.
WIDE void cproducts(
    const double *const *x, size_t columns, size_t count, const double *vectors, size_t stride,
    double *out) {
  if (stride == 12)
    multiply_columns(x, columns, count, vectors, stride, out, 3, 3);
  else
    multiply_columns(x, columns, count, vectors, stride, out, MOST_COLUMNS, 2);
}

WIDE double cinner(const double *w, const double *x, const double *z, size_t count) {
  lanes sum[2];
  memset(sum, 0, sizeof sum);
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (size_t g = 0; g < 2; g++)
      sum[g] += *(const lanes *)(w + i + 4 * g) * *(const lanes *)(x + i + 4 * g) *
                *(const lanes *)(z + i + 4 * g);
  sum[0] += sum[1];
  double total = (sum[0][0] + sum[0][1]) + (sum[0][2] + sum[0][3]);
  for (; i < count; i++) total += w[i] * x[i] * z[i];
  return total;
}

WIDE void csymmetric(const double *row, size_t j, const double *x, double a, double *y) {
  const double step = a * x[j];
  lanes sum[2];
  memset(sum, 0, sizeof sum);
  size_t k = 0;
  for (; k + 8 <= j; k += 8)
    for (size_t g = 0; g < 2; g++) {
      const lanes products = *(const lanes *)(row + k + 4 * g);
      sum[g] += products * *(const lanes *)(x + k + 4 * g);
      *(lanes *)(y + k + 4 * g) += step * products;
    }
  sum[0] += sum[1];
  double total = (sum[0][0] + sum[0][1]) + (sum[0][2] + sum[0][3]);
  for (; k < j; k++) {
    total += row[k] * x[k];
    y[k] += step * row[k];
  }
  y[j] += a * (total + row[j] * x[j]);
}

WIDE void cdeviations(
    const double *x, const double *w, size_t count, double origin, double *first, double *second) {
  lanes sum[2], square[2];
  memset(sum, 0, sizeof sum);
  memset(square, 0, sizeof square);
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (size_t g = 0; g < 2; g++) {
      const lanes deviation = *(const lanes *)(x + i + 4 * g) - origin;
      const lanes weighted = *(const lanes *)(w + i + 4 * g) * deviation;
      sum[g] += weighted;
      square[g] += weighted * deviation;
    }
  sum[0] += sum[1];
  square[0] += square[1];
  *first = (sum[0][0] + sum[0][1]) + (sum[0][2] + sum[0][3]);
  *second = (square[0][0] + square[0][1]) + (square[0][2] + square[0][3]);
  for (; i < count; i++) {
    const double deviation = x[i] - origin, weighted = w[i] * deviation;
    *first += weighted;
    *second += weighted * deviation;
  }
}
