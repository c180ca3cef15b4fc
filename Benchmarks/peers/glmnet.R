# R: fread, cv.glmnet, fwrite.
#
#   Rscript glmnet.R FILE OUT [PROCESSES]
#
# With more than one process the folds are fitted at once, by doMC.
suppressPackageStartupMessages({
  library(data.table)
  library(glmnet)
})
arguments <- commandArgs(trailingOnly = TRUE)
processes <- if (length(arguments) > 2) as.integer(arguments[3]) else 1
if (processes > 1) suppressPackageStartupMessages(library(doMC))
if (processes > 1) registerDoMC(processes)

table <- fread(arguments[1])
names <- setdiff(names(table), "y")
x <- as.matrix(table[, names, with = FALSE])
storage.mode(x) <- "double"
set.seed(1)
cv <- cv.glmnet(x, as.double(table[["y"]]), nfolds = 10, parallel = processes > 1)
b <- coef(cv, s = "lambda.1se")[-1, 1]
fwrite(table[, c(names[b != 0], "y"), with = FALSE], arguments[2])
message(sum(b != 0), " of ", length(names), " columns, penalty ", signif(cv$lambda.1se, 6))
