// The products of some columns with a few vectors, in one pass over the columns.
//
// A matrix product would pack both sides first, which for a dozen vectors costs more than the product.
#ifndef CPRODUCTS_H
#define CPRODUCTS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Vectors that are multiplied at once; their number is rounded up to a multiple of it.
#define CPRODUCTS_LANES 4

/// out[c · stride + f] = Σᵢ x[c][i] vectors[i · stride + f], for c below `columns` and f below `stride`, a
/// multiple of `CPRODUCTS_LANES`.
void cproducts(
    const double *_Nonnull const *_Nonnull x, size_t columns, size_t count,
    const double *_Nonnull vectors, size_t stride, double *_Nonnull out);

/// Σ w[i] x[i] z[i]
double cinner(
    const double *_Nonnull w, const double *_Nonnull x, const double *_Nonnull z, size_t count);

/// What row `j` of a symmetric matrix, as far as its diagonal, adds to y += a A x.
void csymmetric(
    const double *_Nonnull row, size_t j, const double *_Nonnull x, double a, double *_Nonnull y);

/// Σ w[i] (x[i] − origin) and Σ w[i] (x[i] − origin)².
void cdeviations(
    const double *_Nonnull x, const double *_Nonnull w, size_t count, double origin,
    double *_Nonnull first, double *_Nonnull second);

#ifdef __cplusplus
}
#endif
#endif
