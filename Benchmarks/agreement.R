# cv.glmnet on given folds and a given grid, to the last digits.
#
#   Rscript agreement.R DATA LAMBDAS OUT FAMILY
#
# DATA has the target `y` (`time` and `event` for cox) and the folds `fold`; LAMBDAS is one number a line. OUT gets one line a lambda:
# lambda, cvm, cvsd; then lambda.min, lambda.1se, and the columns that are nonzero there.
suppressPackageStartupMessages({
  library(data.table)
  library(glmnet)
})
arguments <- commandArgs(trailingOnly = TRUE)
table <- fread(arguments[1])
lambda <- scan(arguments[2], quiet = TRUE)
family <- arguments[4]
targets <- if (family == "cox") c("time", "event") else "y"
x <- as.matrix(table[, setdiff(names(table), c(targets, "fold")), with = FALSE])
storage.mode(x) <- "double"
y <- switch(family,
  cox = cbind(time = as.double(table[["time"]]), status = as.double(table[["event"]])),
  multinomial = table[["y"]],
  as.double(table[["y"]]))
more <- if (family == "multinomial") list(type.multinomial = "grouped") else list()
cv <- do.call(cv.glmnet, c(
  list(x, y, family = family, foldid = as.integer(table[["fold"]]), lambda = lambda,
       thresh = 1e-12, maxit = 1e7), more))
number <- function(value) sprintf("%.17g", value)
b <- coef(cv$glmnet.fit, s = cv$lambda.1se)
b <- as.matrix(if (is.list(b)) do.call(cbind, b) else b)[colnames(x), , drop = FALSE]
kept <- colnames(x)[rowSums(b != 0) > 0]
writeLines(
  c(paste("point", number(cv$lambda), number(cv$cvm), number(cv$cvsd)),
    paste("min", number(cv$lambda.min)), paste("1se", number(cv$lambda.1se)),
    paste("kept", kept)),
  arguments[3])
