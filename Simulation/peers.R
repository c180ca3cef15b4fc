# The rules of R: cv.glmnet, plain and relaxed, and stability selection as the package stabs does it.
#
#   Rscript peers.R MANIFEST ANSWER RULE,RULE,…
#
# A line of MANIFEST: where the table's .x (n × p doubles, column after column) and .y are, n, p,
# seed, family. A line of ANSWER: the table's number from 0, rule, seconds, kept columns from 0.
suppressPackageStartupMessages(library(glmnet))
arguments <- commandArgs(trailingOnly = TRUE)
rules <- strsplit(arguments[3], ",")[[1]]
tables <- read.delim(arguments[1], header = FALSE)

answer <- function(number, rule, seconds, kept) {
  line <- paste(number - 1, rule, round(seconds, 3), paste(kept - 1, collapse = " "), sep = "\t")
  cat(line, "\n", sep = "", file = arguments[2], append = TRUE)
}

nonzero <- function(b) which(as.vector(b)[-1] != 0)

cross_validated <- function(x, y, family, number) {
  wanted <- grep("cv.glmnet", rules, value = TRUE)
  relaxed <- any(grepl("relaxed", wanted))
  seconds <- system.time(
    cv <- suppressWarnings(cv.glmnet(x, y, family = family, relax = relaxed)))[["elapsed"]]
  for (rule in wanted) {
    s <- if (grepl("min", rule)) "lambda.min" else "lambda.1se"
    b <- if (grepl("relaxed", rule)) coef(cv, s = s, gamma = sub("lambda", "gamma", s))
    else coef(cv$glmnet.fit, s = cv[[s]])
    answer(number, rule, seconds, nonzero(b))
  }
}

# The bound of Shah & Samworth (2013) for unimodal distributions and B complementary pairs on the
# expected number of false columns, where q are picked in each half and a share of `cutoff` is asked
# for; as stabs::stabsel_parameters(assumption = "unimodal") has it.
pfer <- function(q, p, cutoff, B) {
  share <- if (cutoff <= 3 / 4) 1 / (2 * (2 * cutoff - 1 - 1 / (2 * B)))
  else 4 * (1 - cutoff + 1 / (2 * B)) / (1 + 1 / B)
  share * q * q / p
}

# The columns that are among the first q to enter in a share of `cutoff` or more of the halves.
stability <- function(x, y, family, at_most = 1, cutoff = 0.75, B = 50) {
  n <- nrow(x); p <- ncol(x)
  q <- max(1, sum(pfer(seq_len(p), p, cutoff, B) <= at_most))
  counts <- numeric(p)
  for (b in seq_len(B)) {
    order <- sample.int(n)
    for (rows in list(order[seq_len(n %/% 2)], order[n %/% 2 + seq_len(n %/% 2)])) {
      fit <- suppressWarnings(glmnet(x[rows, ], y[rows], family = family, dfmax = q))
      isIn <- as.matrix(fit$beta) != 0
      counts <- counts + isIn[, max(which(colSums(isIn) <= q))]
    }
  }
  which(counts / (2 * B) >= cutoff)
}

for (number in seq_len(nrow(tables))) {
  base <- tables[number, 1]; n <- tables[number, 2]; p <- tables[number, 3]
  x <- matrix(readBin(paste0(base, ".x"), "double", n * p), n, p)
  y <- readBin(paste0(base, ".y"), "double", n)
  family <- tables[number, 5]
  set.seed(tables[number, 4])
  if (any(grepl("cv.glmnet", rules))) cross_validated(x, y, family, number)
  if ("stability selection" %in% rules) {
    seconds <- system.time(kept <- stability(x, y, family))[["elapsed"]]
    answer(number, "stability selection", seconds, kept)
  }
}
