# Reference fits of the adaptive lasso and of the relaxed lasso from R's glmnet, one target's squares.
# Made with R 4.2.2 and glmnet 4.1-6 (Debian r-cran-glmnet). From the project root, regenerating
# every byte:
#
#     Rscript Tests/References/make-glmnet-choices.R
#
# Writes Tests/References/choices/{adaptive,relaxed}/. Format and conventions: README.md. Checked
# here: the optimality conditions of all fits (1e-11), the refits against least squares, the
# relaxed cross-validation against one by hand, and that choices are clear of ties.

source("Tests/References/glmnet-common.R")
root <- "Tests/References/choices"

data_file <- function(dir, x, y, fold) {
  dir.create(dir, recursive = TRUE, showWarnings = FALSE)
  cells <- cbind(matrix(sprintf("%.6g", cbind(x, y)), nrow(x)), sprintf("%d", fold))
  write_table(file.path(dir, "data.csv"), c(colnames(x), "y", "fold"), cells)
}
scales <- function(x) sqrt(colMeans(sweep(x, 2, colMeans(x))^2))
# by how much the optimality conditions of the lasso are off; v of any sum; s_y = 1 units
violation <- function(fit, x, y, v) {
  v <- v * ncol(x) / sum(v); s <- scales(x); sy <- sqrt(mean((y - mean(y))^2)); worst <- 0
  for (l in seq_along(fit$lambda)) {
    b <- fit$beta[, l]; r <- y - fit$a0[l] - drop(x %*% b)
    g <- drop(crossprod(x, r)) / length(y) / s
    a <- fit$lambda[l] * v
    worst <- max(worst, abs(mean(r)) / sy, ifelse(b != 0, abs(g - a * sign(b)), pmax(0, abs(g) - a)) / sy)
  }
  worst
}
pooled <- function(e, W) {              # folds x lambdas
  W <- W / sum(W); cvm <- colSums(W * e)
  list(cvm = cvm, cvsd = sqrt(colSums(W * sweep(e, 2, cvm)^2) / (nrow(e) - 1)))
}
clear_of <- function(values, limit, except = integer()) {
  v <- if (length(except)) values[-except] else values
  min(abs(v - limit)) > 1e-6 * limit
}
settings <- list(alpha = 1, thresh = 1e-24, maxit = 1e8, type.gaussian = "covariance")

# ---- adaptive lasso (Zou 2006), exponent 1 ----------------------------------

# 1 / |least squares|, columns in population standard units
adaptive_factors <- function(x, y) {
  b <- lm.fit(cbind(1, x), y)$coefficients[-1]
  1 / abs(b * scales(x))
}
seed(31); n <- 200; p <- 15
x <- decimal(ar1(n, p, 0.5) * rep(10^(seq_len(p) %% 3 - 1), each = n))
colnames(x) <- paste0("x", seq_len(p))
y <- decimal(response(sweep(x, 2, scales(x), "/"), spread(p, c(2, -1, 1, 0.5)), 2, 5))
fold <- folds(n, 5)
dir <- file.path(root, "adaptive")
data_file(dir, x, y, fold)
v <- adaptive_factors(x, y)
fit <- do.call(glmnet, c(list(x, y, penalty.factor = v), settings))
off <- violation(fit, x, y, v)
L <- length(fit$lambda)
e <- matrix(0, 5, L); W <- numeric(5); own <- matrix(0, 5, p)
for (k in 1:5) {
  i <- fold != k
  own[k, ] <- adaptive_factors(x[i, ], y[i])
  part <- do.call(glmnet, c(list(x[i, ], y[i], penalty.factor = own[k, ], lambda = fit$lambda), settings))
  off <- max(off, violation(part, x[i, ], y[i], own[k, ]))
  held <- sweep(x[!i, ] %*% as.matrix(part$beta), 2, part$a0, "+")
  e[k, ] <- colMeans((y[!i] - held)^2); W[k] <- sum(!i)
}
cv <- pooled(e, W)
best <- which.min(cv$cvm); limit <- cv$cvm[best] + cv$cvsd[best]; se <- which(cv$cvm <= limit)[1]
stopifnot(off < 1e-11, clear_of(cv$cvm, cv$cvm[best], best), clear_of(cv$cvm, limit))
write_table(file.path(dir, "path.csv"), c("lambda", "dev_ratio", "df", "intercept", colnames(x)),
            matrix(full(cbind(fit$lambda, fit$dev.ratio, fit$df, fit$a0, t(as.matrix(fit$beta)))), L))
write_table(file.path(dir, "cv.csv"), c("lambda", "cvm", "cvsd", "nzero"),
            matrix(full(cbind(fit$lambda, cv$cvm, cv$cvsd, fit$df)), L))
write_table(file.path(dir, "factors.csv"), c("fold", colnames(x)),
            matrix(full(cbind(0:5, rbind(v, own) * p / rowSums(rbind(v, own)))), 6))
out <- file(file.path(dir, "case.json"), "wb")
writeLines(c("{",
  "  \"name\": \"adaptive\",",
  "  \"alpha\": 1,",
  "  \"exponent\": 1,",
  sprintf("  \"penalty\": %s,", array_json(v)),
  sprintf("  \"lambda_min\": %s,", full(fit$lambda[best])),
  sprintf("  \"lambda_1se\": %s,", full(fit$lambda[se])),
  sprintf("  \"glmnet\": \"%s\",", version_text()),
  sprintf("  \"call\": \"glmnet(%s)\"", said(c(list(penalty.factor = v), settings)) |>
            gsub(pattern = "\"", replacement = "\\\"", fixed = TRUE)),
  "}"), out)
close(out)
cat(sprintf("adaptive n=%d p=%d lambdas=%d df %d..%d kkt %.0e steps %d/%d\n", n, p, L, fit$df[1],
            fit$df[L], off, best, se))

# ---- relaxed lasso (Meinshausen 2007; Hastie, Tibshirani, Tibshirani 2020) --

seed(51); n <- 150; p <- 20
x <- decimal(ar1(n, p, 0.5) * rep(10^(seq_len(p) %% 3 - 1), each = n))
colnames(x) <- paste0("x", seq_len(p))
y <- decimal(response(sweep(x, 2, scales(x), "/"), spread(p, c(1, -0.7, 0.5, 0.4, 0.3)), 2, 5))
fold <- folds(n, 5)
dir <- file.path(root, "relaxed")
data_file(dir, x, y, fold)
gamma <- c(0, 0.25, 0.5, 0.75, 1)
fit <- do.call(glmnet, c(list(x, y, relax = TRUE), settings))
L <- length(fit$lambda)
off <- violation(fit, x, y, rep(1, p))
refit <- function(x, y, beta) {         # least squares on the nonzero columns: intercept, coefficients
  b <- numeric(ncol(x) + 1); live <- which(beta != 0)
  b[c(1, live + 1)] <- lm.fit(cbind(1, x[, live, drop = FALSE]), y)$coefficients
  b
}
for (l in seq_len(L)) {
  mine <- refit(x, y, fit$beta[, l])
  theirs <- c(fit$relaxed$a0[l], fit$relaxed$beta[, l])
  stopifnot(max(abs((mine - theirs)[-1] * scales(x)), abs(mine - theirs)[1]) < 1e-9)
}
table_of <- function(f) matrix(
  full(cbind(f$lambda, f$dev.ratio, f$df, f$a0, t(as.matrix(f$beta)))), length(f$lambda))
head <- c("lambda", "dev_ratio", "df", "intercept", colnames(x))
write_table(file.path(dir, "path.csv"), head, table_of(fit))
write_table(file.path(dir, "refit.csv"), head, table_of(fit$relaxed))

cv <- do.call(cv.glmnet, c(list(x, y, relax = TRUE, gamma = gamma, lambda = fit$lambda, foldid = fold,
                                grouped = TRUE), settings))
stopifnot(length(cv$lambda) == L, cv$nzero == fit$df)
# glmnet blends with max(gamma, 1e-5): its table says 0 and means 1e-5. Held against that; written is 0.
meant <- c(pmax(gamma, 1e-5), 0)
e <- array(0, c(5, L, length(meant))); W <- numeric(5)
for (k in 1:5) {
  i <- fold != k; W[k] <- sum(!i)
  part <- do.call(glmnet, c(list(x[i, ], y[i], lambda = fit$lambda), settings))
  off <- max(off, violation(part, x[i, ], y[i], rep(1, p)))
  for (l in seq_len(L)) {
    lasso <- c(part$a0[l], part$beta[, l]); free <- refit(x[i, ], y[i], part$beta[, l])
    for (g in seq_along(meant)) {
      b <- meant[g] * lasso + (1 - meant[g]) * free
      e[k, l, g] <- mean((y[!i] - drop(cbind(1, x[!i, ]) %*% b))^2)
    }
  }
}
rows <- NULL; apart <- 0
for (g in seq_along(gamma)) {
  stat <- cv$relaxed$statlist[[g]]; mine <- pooled(e[, , g], W)
  apart <- max(apart, abs(mine$cvm / stat$cvm - 1), abs(mine$cvsd / stat$cvsd - 1))
  if (gamma[g] == 0) stat[c("cvm", "cvsd")] <- pooled(e[, , length(meant)], W)
  rows <- rbind(rows, cbind(fit$lambda, gamma[g], stat$cvm, stat$cvsd, stat$nzero))
}
chosen <- cv$relaxed
# the largest lambda, then the largest gamma
first <- function(good) which(good)[order(rows[good, 1], rows[good, 2], decreasing = TRUE)[1]]
best <- first(rows[, 3] <= min(rows[, 3]))
stopifnot(rows[best, 1:2] == c(chosen$lambda.min, chosen$gamma.min),
          rows[first(rows[, 3] <= rows[best, 3] + rows[best, 4]), 1:2] == c(chosen$lambda.1se, chosen$gamma.1se))
best <- which(rows[, 1] == chosen$lambda.min & rows[, 2] == chosen$gamma.min)
limit <- rows[best, 3] + rows[best, 4]
stopifnot(off < 1e-11, apart < 1e-9, length(best) == 1, clear_of(rows[, 3], rows[best, 3], best),
          clear_of(rows[, 3], limit))
write_table(file.path(dir, "cv.csv"), c("lambda", "gamma", "cvm", "cvsd", "nzero"),
            matrix(full(rows), nrow(rows)))
out <- file(file.path(dir, "case.json"), "wb")
writeLines(c("{",
  "  \"name\": \"relaxed\",",
  "  \"alpha\": 1,",
  sprintf("  \"gamma\": %s,", array_json(gamma)),
  sprintf("  \"lambda_min\": %s,", full(chosen$lambda.min)),
  sprintf("  \"gamma_min\": %s,", full(chosen$gamma.min)),
  sprintf("  \"lambda_1se\": %s,", full(chosen$lambda.1se)),
  sprintf("  \"gamma_1se\": %s,", full(chosen$gamma.1se)),
  sprintf("  \"lasso_lambda_min\": %s,", full(cv$lambda.min)),
  sprintf("  \"lasso_lambda_1se\": %s,", full(cv$lambda.1se)),
  sprintf("  \"glmnet\": \"%s\",", version_text()),
  sprintf("  \"call\": \"fit <- glmnet(x, y, relax = TRUE, %s); cv.glmnet(x, y, relax = TRUE, gamma = gamma, lambda = fit$lambda, foldid = fold, grouped = TRUE, %s)\"",
          "alpha = 1, thresh = 1e-24, maxit = 1e+08", "alpha = 1, thresh = 1e-24, maxit = 1e+08"),
  "}"), out)
close(out)
cat(sprintf("relaxed  n=%d p=%d lambdas=%d df %d..%d kkt %.0e cv apart %.0e, min %d at %g, 1se %d at %g, lasso %s\n",
            n, p, L, fit$df[1], fit$df[L], off, apart, match(chosen$lambda.min, fit$lambda), chosen$gamma.min,
            match(chosen$lambda.1se, fit$lambda), chosen$gamma.1se, paste(cv$index[, 1], collapse = "/")))
