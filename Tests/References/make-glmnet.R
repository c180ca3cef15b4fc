# Reference fits for csvlasso from R's glmnet: paths, and cross-validation where
# data.csv has a fold column. Made with R 4.2.2 and glmnet 4.1-6 (Debian
# r-cran-glmnet). From the project root, regenerating every byte:
#
#     Rscript Tests/References/make-glmnet.R
#
# Reads samples/diabetes.csv, writes Tests/References/glmnet/NAME/{data.csv,
# case.json, path.csv, cv.csv}. Format: Tests/References/README.md.

source("Tests/References/glmnet-common.R")
root <- "Tests/References/glmnet"

# ---- one case ---------------------------------------------------------------

# x and y are rounded here, then fitted and written. fold = NULL: no
# cross-validation. lower and upper: NULL or one limit per column (+-Inf: none).
case <- function(name, x, y, alpha = 1, standardize = TRUE, intercept = TRUE, w = NULL,
                 penalty = NULL, lower = NULL, upper = NULL, lambda = NULL, fold = NULL,
                 digits = 6) {
  n <- nrow(x); p <- ncol(x)
  if (is.null(colnames(x))) colnames(x) <- paste0("x", seq_len(p))
  x[] <- decimal(x, digits); y <- decimal(y, digits)
  dir <- file.path(root, name)
  dir.create(dir, recursive = TRUE, showWarnings = FALSE)
  unlink(file.path(dir, "cv.csv"))

  short <- function(v) matrix(sprintf("%.*g", as.integer(digits), v), n)
  cells <- cbind(short(x), short(y)); head <- c(colnames(x), "y")
  if (!is.null(w))    { cells <- cbind(cells, sprintf("%g", w));    head <- c(head, "w") }
  if (!is.null(fold)) { cells <- cbind(cells, sprintf("%d", fold)); head <- c(head, "fold") }
  write_table(file.path(dir, "data.csv"), head, cells)

  # only arguments that differ from glmnet's defaults, so that `call` says what matters
  more <- list(alpha = alpha, thresh = 1e-24, maxit = 1e8, type.gaussian = "covariance")
  stopifnot(p < 500)
  if (!standardize)      more$standardize <- FALSE
  if (!intercept)        more$intercept <- FALSE
  if (!is.null(w))       more$weights <- w
  if (!is.null(penalty)) more$penalty.factor <- penalty
  if (!is.null(lower))   more$lower.limits <- lower
  if (!is.null(upper))   more$upper.limits <- upper
  if (!is.null(lambda))  more$lambda <- lambda

  fit <- do.call(glmnet, c(list(x, y), more))
  stopifnot(fit$jerr == 0)
  L <- length(fit$lambda)
  call <- paste0("glmnet(", said(more), ")")
  b <- as.matrix(fit$beta)
  write_table(file.path(dir, "path.csv"), c("lambda", "dev_ratio", "df", "intercept", colnames(x)),
              matrix(full(cbind(fit$lambda, fit$dev.ratio, fit$df, fit$a0, t(b))), L))

  lambda_min <- lambda_1se <- NULL
  if (!is.null(fold)) {
    more <- c(more, list(lambda = fit$lambda, foldid = fold, grouped = TRUE))
    cv <- do.call(cv.glmnet, c(list(x, y), more))
    stopifnot(length(cv$lambda) == L, all(abs(cv$lambda / fit$lambda - 1) < 1e-14))
    lambda_min <- fit$lambda[cv$index["min", 1]]
    lambda_1se <- fit$lambda[cv$index["1se", 1]]
    write_table(file.path(dir, "cv.csv"), c("lambda", "cvm", "cvsd", "nzero"),
                matrix(full(cbind(fit$lambda, cv$cvm, cv$cvsd, cv$nzero)), L))
    call <- paste0("fit <- ", call, "; cv.glmnet(", sub("lambda = lambda", "lambda = fit$lambda", said(more), fixed = TRUE), ")")
  }

  out <- file(file.path(dir, "case.json"), "wb")
  writeLines(c("{",
    sprintf("  \"name\": \"%s\",", name),
    sprintf("  \"alpha\": %s,", format(alpha)),
    sprintf("  \"standardize\": %s,", flag_json(standardize)),
    sprintf("  \"intercept\": %s,", flag_json(intercept)),
    sprintf("  \"weighted\": %s,", flag_json(!is.null(w))),
    sprintf("  \"penalty\": %s,", array_json(penalty)),
    sprintf("  \"lower\": %s,", array_json(lower)),
    sprintf("  \"upper\": %s,", array_json(upper)),
    sprintf("  \"lambda\": \"%s\",", if (is.null(lambda)) "auto" else "given"),
    sprintf("  \"lambda_min\": %s,", scalar_json(lambda_min)),
    sprintf("  \"lambda_1se\": %s,", scalar_json(lambda_1se)),
    sprintf("  \"glmnet\": \"%s\",", version_text()),
    sprintf("  \"call\": \"%s\"", gsub("\"", "\\\"", call, fixed = TRUE)),
    "}"), out)
  close(out)
  cat(sprintf("%-16s n=%d p=%d lambdas=%d df %d..%d passes=%d\n", name, n, p, L,
              fit$df[1], fit$df[L], fit$npasses))
}

# ---- the cases --------------------------------------------------------------

d <- as.matrix(read.csv("samples/diabetes.csv"))
seed(1)
case("diabetes", d[, 1:10], d[, "y"], fold = folds(nrow(d), 10))

seed(2); n <- 200; p <- 20           # folds of unequal size: 20, 30, 40, 50, 60
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(3, -2, 1.5, 1, -0.5)), 3, 10)
case("tall", x, y, fold = sample(rep(1:5, c(20, 30, 40, 50, 60))))

seed(3); n <- 60; p <- 150
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(2, -2, 1.5, 1, -1)), 1.5)
case("wide", x, y, fold = folds(n, 10))

seed(4); n <- 120; p <- 30
x <- ar1(n, p, 0.99)
y <- response(x, spread(p, c(2, -2, 2, -2)), 1)
case("collinear", x, y, fold = folds(n, 10))

seed(5); n <- 150; p <- 15
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(2, -1, 1, 0.5)), 2, -3)
w <- sample(c(0.5, 1, 2, 3), n, TRUE)
case("weights", x, y, w = w, fold = folds(n, 5))

seed(6); n <- 150; p <- 15
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(2, -1, 1, 0.5)), 2, 5)
case("penalty", x, y, fold = folds(n, 5),
     penalty = c(1, 0.5, 2, 1, 0, 1, 0.5, 1, 2, 1, 1, 0, 2, 0.5, 1))

seed(7); n <- 150; p <- 25
x <- ar1(n, p, 0.7)
y <- response(x, spread(p, c(2, -1, 1, 0.5, -0.5)), 2, 1)
case("enet", x, y, alpha = 0.5, fold = folds(n, 10))

seed(8); n <- 50; p <- 100
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(2, -2, 1.5, 1)), 1.5)
case("enet-wide", x, y, alpha = 0.3, fold = folds(n, 5))

seed(9); n <- 100; p <- 12
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(2, -1, 1, 0.5)), 2, 4)
case("ridge", x, y, alpha = 0, fold = folds(n, 5))

seed(10); n <- 150; p <- 20          # some true coefficients are negative
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(2, -1.5, 1, 0.5, -0.5, 1)), 2)
case("nonneg", x, y, lower = rep(0, p), fold = folds(n, 5))

seed(11); n <- 150; p <- 18          # columns in turn: free, >= 0, <= 0
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(1, 0.5, -0.8, -1, 0.6)), 2.5, 2)
case("mixed-limits", x, y, alpha = 0.8, fold = folds(n, 5),
     lower = rep_len(c(-Inf, 0, -Inf), p), upper = rep_len(c(Inf, Inf, 0), p))

seed(12); n <- 120; p <- 12
x <- ar1(n, p, 0.5) * rep(10^seq(-2, 2, length.out = p), each = n)
y <- response(x, spread(p, c(20, 2, -0.1, 0.02)), 1, 3)
case("raw", x, y, standardize = FALSE)

seed(13); n <- 120; p <- 12
x <- ar1(n, p, 0.5) + rep(seq(-2, 3, length.out = p), each = n)
y <- response(x, spread(p, c(2, -1, 1, 0.5)), 2, 1)
case("nointercept", x, y, intercept = FALSE)

seed(14); n <- 120; p <- 12
x <- ar1(n, p, 0.5) + rep(seq(3, -2, length.out = p), each = n)
y <- response(x, spread(p, c(2, -1, 1, 0.5)), 2, 1)
case("nointercept-enet", x, y, alpha = 0.5, intercept = FALSE, fold = folds(n, 5))

# Ten digits, since six would round the shifted small columns to nothing.
seed(15); n <- 150; p <- 20
z <- ar1(n, p, 0.5)
scale <- 10^rep(-4:5, 2)
shift <- c(rep(0, 10), 0.5, -2, 30, 100, -1000, 1e4, 1e4, -1e4, 1e4, 1e4)
y <- response(z, spread(p, c(3, -2, 1.5, 1, -0.5)), 2, 1000)
case("offset-scales", z * rep(scale, each = n) + rep(shift, each = n), y, digits = 10,
     fold = folds(n, 10))

seed(16); n <- 100; p <- 10          # the last lambda is 0: ordinary least squares
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(2, -1, 0.5)), 1.5, 6)
case("given-lambda", x, y, lambda = c(5, 3, 2, 1.5, 1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001, 0))

seed(17); n <- 40; p <- 60           # the path stops at explained deviance 0.999
x <- ar1(n, p, 0.5)
y <- response(x, spread(p, c(2, -2, 1.5, 1, -1)), 0.05)
case("saturated", x, y)

seed(18); n <- 150; p <- 18          # columns in turn: free, a range, at most a little, at least a little
x <- ar1(n, p, 0.5) * rep(10^seq(-1, 1, length.out = p), each = n)
y <- response(x, spread(p, c(10, 2, -0.8, -1, 0.6, 0.3)), 2.5, 2)
case("box", x, y, fold = folds(n, 5),
     lower = rep_len(c(-Inf, -0.5, -Inf, -0.2), p), upper = rep_len(c(Inf, 0.7, 0.3, Inf), p))
