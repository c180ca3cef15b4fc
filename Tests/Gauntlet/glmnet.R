# Fits every folder of Tests/Gauntlet/agreement.py with glmnet, in one process: Rscript glmnet.R FOLDER
# Writes FOLDER/compared.csv: how far apart the two are.

suppressPackageStartupMessages({ library(glmnet); library(survival) })
root <- commandArgs(trailingOnly = TRUE)[1]
glmnet.control(fdev = 0, devmax = 1, eps = 1e-12)

numbers <- function(file) as.matrix(read.csv(file, colClasses = "numeric"))
centred <- function(x) sweep(x, 2, colMeans(x))

# Everything of a case: data, our path as an array of rows x parts x lambdas of linear predictors.
load_case <- function(folder) {
  case <- read.csv(file.path(folder, "case.csv"))
  family <- case$family
  data <- read.csv(file.path(folder, "data.csv"), check.names = FALSE,
                   colClasses = if (family %in% c("binomial", "multinomial")) c(y1 = "character") else NA)
  x <- as.matrix(data[grep("^x", names(data))])
  ours <- read.csv(file.path(folder, "ours.csv"), colClasses = c(part = "character"), na.strings = character())
  y <- switch(family,
    cox = Surv(data$y1, data$y2),
    multigaussian = as.matrix(data[c("y1", "y2")]),
    # The second class, in the order of the program, is the one whose odds are modelled.
    binomial = , multinomial = factor(data$y1, levels = if (family == "binomial") binary_levels(data$y1) else unique(ours$part)),
    data$y1)
  list(case = case, family = family, x = x, y = y, fold = data$fold, ours = ours,
       cv = read.csv(file.path(folder, "cv.csv")), parts = unique(ours$part))
}

binary_levels <- function(cells) {
  values <- unique(cells)
  number <- suppressWarnings(as.numeric(values))
  if (!anyNA(number)) values[order(number)] else sort(values, method = "radix")
}

predictors <- function(x, b) cbind(1, x) %*% t(as.matrix(b))

# -log likelihood a row (half the squares for gaussian) and the penalty, as glmnet has them.
objective <- function(data, b, lambda, s) {
  eta <- predictors(data$x, b)
  n <- nrow(data$x)
  slopes <- as.matrix(b)[, -1, drop = FALSE]
  size <- sum(sqrt(colSums((t(slopes) * s)^2 %*% diag(1, nrow(slopes)) |> t())))
  value <- switch(data$family,
    gaussian = mean((data$y - eta[, 1])^2) / 2,
    multigaussian = sum((data$y - eta)^2) / (2 * n),
    binomial = mean(log1p(exp(-abs(eta[, 1]))) + pmax(eta[, 1], 0) - eta[, 1] * (as.integer(data$y) == 2)),
    multinomial = {
      top <- apply(eta, 1, max)
      mean(top + log(rowSums(exp(eta - top))) - eta[cbind(seq_len(n), as.integer(data$y))])
    },
    poisson = mean(exp(eta[, 1]) - data$y * eta[, 1]),
    cox = coxnet.deviance(pred = eta[, 1], y = data$y) / (2 * n))
  value + lambda * size
}

compare <- function(folder) {
  data <- load_case(folder)
  family <- switch(data$family, multigaussian = "mgaussian", data$family)
  lambda <- data$cv$lambda
  more <- list(lambda = lambda, family = family, thresh = if (family %in% c("gaussian", "mgaussian")) 1e-20 else 1e-14,
               maxit = 2e6)
  if (family == "gaussian") more$type.gaussian <- "covariance"
  if (family == "multinomial") more$type.multinomial <- "grouped"
  reached <- length(lambda)
  # glmnet tells by a warning at which lambda it gave up, and goes on from the fits before.
  noting <- function(call) withCallingHandlers(call, warning = function(w) {
    at <- as.numeric(sub(".*?([0-9]+)th lambda.*", "\\1", conditionMessage(w)))
    if (!is.na(at)) reached <<- min(reached, at - 1)
    invokeRestart("muffleWarning")
  })
  fit <- noting(do.call(glmnet, c(list(data$x, data$y), more)))
  theirs <- coef(fit)
  if (!is.list(theirs)) theirs <- list(theirs)
  if (family == "cox") theirs <- list(rbind(0, theirs[[1]]))
  s <- sqrt(colMeans(centred(data$x)^2))
  apart <- excess <- 0
  null <- objective(data, do.call(rbind, lapply(theirs, function(b) replace(as.matrix(b)[, 1], -1, 0))), 0, s)
  if (family == "cox") null <- coxnet.deviance(pred = rep(0, nrow(data$x)), y = data$y) / (2 * nrow(data$x))
  cv <- noting(do.call(cv.glmnet, c(list(data$x, data$y, foldid = data$fold, grouped = TRUE), more)))
  reached <- min(reached, length(fit$lambda), length(cv$lambda))
  if (reached < 5) stop("glmnet gave up before the fifth lambda")
  for (l in seq_len(reached)) {
    mine <- as.matrix(data$ours[data$ours$lambda == data$ours$lambda[l], -(1:2)])
    other <- do.call(rbind, lapply(theirs, function(b) as.matrix(b)[, l]))
    a <- predictors(data$x, mine); b <- predictors(data$x, other)
    if (family == "multinomial") { a <- a - rowMeans(a); b <- b - rowMeans(b) }
    # In standard deviations of the target, or of the predictor where it has no scale of its own.
    scale <- switch(family, gaussian = sd(data$y), mgaussian = sqrt(sum(apply(data$y, 2, var))),
                    pmax(1, apply(abs(b), 2, max)))
    scale <- rep(scale, length.out = ncol(a))
    if (family == "cox") { a <- centred(a); b <- centred(b) }
    apart <- max(apart, sweep(abs(a - b), 2, scale, "/"))
    difference <- objective(data, mine, lambda[l], s) - objective(data, other, lambda[l], s)
    if (abs(difference) > abs(excess)) excess <- difference
  }
  head <- seq_len(reached)
  theirs <- data.frame(lambda = cv$lambda, cvm = cv$cvm, cvsd = cv$cvsd)[head, ]
  ours <- data$cv[head, ]
  share <- function(ours, theirs) max(abs(ours - theirs) / pmax(abs(theirs), 1e-8 * max(abs(theirs))))
  near <- function(a, b) abs(a / b - 1) < 1e-9
  # Where errors at two lambdas are the same but for rounding either may be the smallest; a minimum beyond
  # the lambdas that glmnet reached is not compared.
  at <- function(l) theirs$cvm[which.min(abs(theirs$lambda - l))]
  beyond <- data$case$lambda_min < theirs$lambda[reached] * (1 - 1e-9)
  tied <- beyond || abs(at(data$case$lambda_min) - min(theirs$cvm)) <= 1e-6 * abs(min(theirs$cvm))
  bar <- min(theirs$cvm) + theirs$cvsd[which.min(theirs$cvm)]
  edge <- any(abs(theirs$cvm / bar - 1) < 1e-6)
  their_min <- theirs$lambda[which.min(theirs$cvm)]
  data.frame(case = basename(folder), fit = apart, excess = excess / abs(null),
             cvm = share(ours$cvm, theirs$cvm), cvsd = share(ours$cvsd, theirs$cvsd),
             min = tied || near(data$case$lambda_min, their_min),
             onese = beyond || edge || near(data$case$lambda_1se, max(theirs$lambda[theirs$cvm <= bar])),
             reached = reached, of = length(lambda), error = "")
}

folders <- Filter(function(f) file.exists(file.path(f, "case.csv")), list.dirs(root, recursive = FALSE))
rows <- lapply(folders, function(folder) tryCatch(compare(folder), error = function(e) data.frame(case = basename(folder), fit = NA, excess = NA, cvm = NA, cvsd = NA, min = NA,
                                   onese = NA, reached = NA, of = NA, error = gsub("[\n\",]", " ", conditionMessage(e)))))
write.csv(do.call(rbind, rows), file.path(root, "compared.csv"), row.names = FALSE)
