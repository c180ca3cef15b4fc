#include <cblas.h>

// The one LAPACK routine in use; OpenBLAS carries it, its headers do not declare it everywhere.
// Cholesky factor of a symmetric positive definite matrix, column-major.
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
