# What the scripts on glmnet share: rounding, text, and made data. Sourced from the project root by
# make-glmnet.R, make-glmnet-families.R and make-glmnet-choices.R.

suppressPackageStartupMessages(library(glmnet))
options(warn = 2)               # a warning (no convergence, jerr != 0) stops the script

# ---- numbers and text -------------------------------------------------------

# Round to significant digits. An integer below 2^53 divided by an exact power
# of ten is correctly rounded, so the result is the very double that a correct
# reader gets from the decimal text.
decimal <- function(v, digits = 6) {
  k <- ifelse(v == 0, 0, digits - 1 - floor(log10(abs(v))))
  m <- round(v * 10^k)
  ifelse(k >= 0, m / 10^pmax(k, 0), m * 10^pmax(-k, 0))
}
full <- function(v) sprintf("%.17g", v + 0)      # + 0: no "-0"
array_json <- function(v) if (is.null(v)) "null" else
  paste0("[", paste(ifelse(is.finite(v), full(v), "null"), collapse = ","), "]")
scalar_json <- function(v) if (is.null(v)) "null" else full(v)
flag_json <- function(v) if (v) "true" else "false"
write_table <- function(file, head, cells) {
  out <- file(file, "wb")
  writeLines(c(paste(head, collapse = ","), apply(cells, 1, paste, collapse = ",")), out)
  close(out)
}

# An argument list as text, for `call`; vectors of data by their JSON name.
said <- function(a, first = c("x", "y")) {
  named <- c(weights = "w", penalty.factor = "penalty", lower.limits = "lower",
             upper.limits = "upper", lambda = "lambda", foldid = "fold", offset = "offset")
  v <- ifelse(names(a) %in% names(named), named[names(a)],
              sapply(a, function(z) if (is.vector(z) && length(z) == 1) deparse(z) else ""))
  paste(c(first, paste(names(a), "=", v)), collapse = ", ")
}
version_text <- function() gsub("^(\\d+\\.\\d+)\\.", "\\1-", as.character(packageVersion("glmnet")))

# ---- made data --------------------------------------------------------------

seed <- function(s) set.seed(s, "Mersenne-Twister", "Inversion", "Rejection")

# n x p normal columns, correlation rho^|i-j|
ar1 <- function(n, p, rho) {
  x <- matrix(rnorm(n * p), n, p)
  for (j in seq_len(p)[-1]) x[, j] <- rho * x[, j - 1] + sqrt(1 - rho^2) * x[, j]
  x
}
# p coefficients, `values` at evenly spread positions, else 0
spread <- function(p, values) {
  b <- numeric(p)
  b[round(seq(1, p, length.out = length(values)))] <- values
  b
}
response <- function(x, b, sd, intercept = 0) drop(x %*% b) + intercept + sd * rnorm(nrow(x))
folds <- function(n, K) sample(rep_len(seq_len(K), n))
