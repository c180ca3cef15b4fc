// Losses of many rows and a few linear predictors each: exponentials and logarithms, a vector at a time.
#ifndef CLOSSES_H
#define CLOSSES_H

#include <stddef.h>
#include <stdint.h>

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

/// The same for log Σ_k e^η_k − η_y, with η_k = eta[i · stride + f · classes + k]; the sums of fit f stand at
/// f · classes.
///
/// - work: room for `stride + 2 fits + 3 · 3 · CLOSSES_LANES` numbers.
void closses_multinomial(
    double *_Nonnull eta, size_t rows, size_t stride, size_t fits, size_t classes,
    const ptrdiff_t *_Nonnull y, const double *_Nonnull w, double *_Nonnull work,
    double *_Nonnull value, double *_Nonnull cross);

/// Rows with times until something happens.
typedef struct {
  size_t rows;
  /// The rows, those of the latest time first.
  const int32_t *_Nonnull order;
  /// Where in `order` each time begins, and the end.
  const ptrdiff_t *_Nonnull bounds;
  size_t times;
  /// w, one a row.
  const double *_Nonnull weights;
  /// w of an event, 0 of others; one a row.
  const double *_Nonnull events;
  /// What set each row belongs to.
  const int32_t *_Nonnull block;
  /// One a row; null for none.
  const double *_Nullable offset;
} closses_times;

/// Cox's partial likelihood of `CLOSSES_LANES` fits, −Σ w (η − log Σ w e^η) over the events, the inner sum
/// over those who are still at risk.
///
/// - eta: `rows × stride`; the first lanes of each row are read.
/// - member: for each set and fit 1 where the set is fitted, 0 where not; `sets × lanes`.
/// - pull: `rows × lanes`; becomes −∂ℓ/∂η, where `cross` is wanted.
/// - hazard: `times × lanes`, to work with.
/// - value: the loss of each fit.
/// - cross: Σ pull (η − offset) of each fit; null if neither it nor pulls are wanted.
void closses_survival(
    const closses_times *_Nonnull times, const double *_Nonnull eta, size_t stride,
    const double *_Nonnull member, double *_Nonnull pull, double *_Nonnull hazard,
    double *_Nonnull value, double *_Nullable cross);

#ifdef __cplusplus
}
#endif
#endif
