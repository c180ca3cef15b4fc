// Losses of many rows and a few linear predictors each: exponentials and logarithms, a vector at a time.
#ifndef CLOSSES_H
#define CLOSSES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Linear predictors that are worked on at once; their number is rounded up to a multiple of it.
#define CLOSSES_LANES 4

/// x[i] = e^x[i], to one or two units in the last place. `count` is a multiple of `CLOSSES_LANES`.
void closses_exp(double *_Nonnull x, size_t count);

/// eta[i · stride + f] = start[f] + offset[i] + Σ_c columns[c][i] vectors[c · stride + f].
/// `stride` is a multiple of `CLOSSES_LANES`; `offset` may be null.
void closses_predict(
    const double *_Nonnull const *_Nonnull columns, size_t count, size_t rows,
    const double *_Nonnull vectors, size_t stride, const double *_Nonnull start,
    const double *_Nullable offset, double *_Nonnull eta);

/// For each row i and predictor f, with η = eta[i · stride + f]: the loss log(1 + e^η) − y η.
///
/// `eta` becomes −∂ℓ/∂η times w[i]; `value[f]` grows by Σ w ℓ, `cross[f]` by Σ w (−∂ℓ/∂η)(η − offset[i]).
/// `stride` is a multiple of `CLOSSES_LANES`; `offset` may be null.
void closses_binomial(
    double *_Nonnull eta, size_t rows, size_t stride, const double *_Nonnull y,
    const double *_Nonnull w, const double *_Nullable offset, double *_Nonnull value,
    double *_Nonnull cross);

/// The same for e^η − y η.
void closses_poisson(
    double *_Nonnull eta, size_t rows, size_t stride, const double *_Nonnull y,
    const double *_Nonnull w, const double *_Nullable offset, double *_Nonnull value,
    double *_Nonnull cross);

#ifdef __cplusplus
}
#endif
#endif
