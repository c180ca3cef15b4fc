# cv.glmnet on given folds and a given grid, to the last digits.
#
#   Rscript agreement.R DATA LAMBDAS OUT
#
# DATA has the target `y` and the folds `fold`; LAMBDAS is one number a line. OUT gets one line a lambda:
# lambda, cvm, cvsd; then lambda.min, lambda.1se, and the columns that are nonzero there.
suppressPackageStartupMessages({
  library(data.table)
  library(glmnet)
})
arguments <- commandArgs(trailingOnly = TRUE)
table <- fread(arguments[1])
lambda <- scan(arguments[2], quiet = TRUE)
x <- as.matrix(table[, setdiff(names(table), c("y", "fold")), with = FALSE])
storage.mode(x) <- "double"
cv <- cv.glmnet(
  x, as.double(table[["y"]]), foldid = as.integer(table[["fold"]]), lambda = lambda,
  thresh = 1e-12, maxit = 1e7)
number <- function(value) sprintf("%.17g", value)
b <- coef(cv$glmnet.fit, s = cv$lambda.1se)[-1, 1]
writeLines(
  c(paste("point", number(cv$lambda), number(cv$cvm), number(cv$cvsd)),
    paste("min", number(cv$lambda.min)), paste("1se", number(cv$lambda.1se)),
    paste("kept", names(b)[b != 0])),
  arguments[3])
