# R: fread, cv.glmnet, fwrite.
#
#   Rscript glmnet.R FILE OUT FAMILY [PROCESSES]
#
# With more than one process the folds are fitted at once, by doMC. Classes of a multinomial target
# share a group a column.
suppressPackageStartupMessages({
  library(data.table)
  library(glmnet)
})
arguments <- commandArgs(trailingOnly = TRUE)
family <- arguments[3]
processes <- if (length(arguments) > 3) as.integer(arguments[4]) else 1
if (processes > 1) suppressPackageStartupMessages(library(doMC))
if (processes > 1) registerDoMC(processes)

table <- fread(arguments[1])
targets <- if (family == "cox") c("time", "event") else "y"
names <- setdiff(names(table), targets)
x <- as.matrix(table[, names, with = FALSE])
storage.mode(x) <- "double"
y <- switch(family,
  cox = cbind(time = as.double(table[["time"]]), status = as.double(table[["event"]])),
  multinomial = table[["y"]],
  as.double(table[["y"]]))
set.seed(1)
cv <- if (family == "multinomial") {
  cv.glmnet(x, y, family = family, type.multinomial = "grouped", nfolds = 10,
            parallel = processes > 1)
} else cv.glmnet(x, y, family = family, nfolds = 10, parallel = processes > 1)
b <- coef(cv, s = "lambda.1se")
b <- as.matrix(if (is.list(b)) do.call(cbind, b) else b)
kept <- names[rowSums(b[names, , drop = FALSE] != 0) > 0]
fwrite(table[, c(kept, targets), with = FALSE], arguments[2])
message(length(kept), " of ", length(names), " columns, penalty ", signif(cv$lambda.1se, 6))
