#include <cblas.h>

// The LAPACK routines in use; OpenBLAS carries them, its headers do not declare them everywhere.
// Cholesky factor of a symmetric positive definite matrix, column-major.
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
// The inverse from that factor.
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);
