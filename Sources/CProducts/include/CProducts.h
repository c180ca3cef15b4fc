// The product of one column with a few vectors, in one pass over the column.
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

/// out[f] = Σᵢ x[i] vectors[i · stride + f], for f below `stride`, a multiple of `CPRODUCTS_LANES`.
void cproducts(
    const double *_Nonnull x, size_t count, const double *_Nonnull vectors, size_t stride,
    double *_Nonnull out);

#ifdef __cplusplus
}
#endif
#endif
