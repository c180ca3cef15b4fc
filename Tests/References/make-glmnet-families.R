# Reference fits of losses other than one target's squares, from R's glmnet: binomial, multinomial
# (grouped), poisson, cox, several gaussian targets. Made with R 4.2.2 and glmnet 4.1-6 (Debian
# r-cran-glmnet). From the project root, regenerating every byte:
#
#     Rscript Tests/References/make-glmnet-families.R
#
# Writes Tests/References/families/NAME/{data.csv, case.json, path.csv, cv.csv, cv-MEASURE.csv}.
# Format and conventions: Tests/References/README.md.
#
# What is written is checked here, for the full fit and for the fit of every fold: the optimality
# conditions (KKT), the explained deviance, the rule that ends the path, and every error of the
# cross-validation, each computed anew from the formulas in README.md and compared with glmnet's.

source("Tests/References/glmnet-common.R")
root <- "Tests/References/families"
KKT <- 2e-10                    # by how much a condition may be off
FORMULA <- 1e-9                 # relative: errors by formula against cv.glmnet's
CLEAR <- 1e-6                   # relative: how far a decision is from a tie, at least

# ---- the losses -------------------------------------------------------------

# A target is list(y, what glmnet takes; Y, a matrix of numbers; time, event). eta: rows x K.

# -log likelihood by row; cox has none.
softmax <- function(eta) { e <- exp(eta - apply(eta, 1, max)); e / rowSums(e) }

# Cox: sum over event times t of D_t / S_t, D_t the weight of events at t, S_t that of rows at risk
cox_parts <- function(target, eta, w) {
  times <- sort(unique(target$time[target$event == 1]))
  D <- sapply(times, function(t) sum(w[target$time == t & target$event == 1]))
  S <- sapply(times, function(t) sum((w * exp(eta))[target$time >= t]))
  keep <- D > 0
  list(times = times[keep], D = D[keep], S = S[keep])
}
# 2 (saturated - log partial likelihood), weights as given
cox_deviance <- function(target, eta, w) {
  part <- cox_parts(target, eta, w)
  loglik <- sum((w * eta)[target$event == 1]) - sum(part$D * log(part$S))
  2 * (-sum(part$D * log(part$D)) - loglik)
}

# minus the derivative of the loss in eta, weights of sum 1
slope <- function(family, target, eta, w) switch(family,
  binomial = w * (target$Y - 1 / (1 + exp(-eta))),
  poisson = w * (target$Y - exp(eta)),
  multinomial = w * (target$Y - softmax(eta)),
  mgaussian = w * (target$Y - eta),
  cox = {
    part <- cox_parts(target, eta[, 1], w)
    hazard <- sapply(target$time, function(t) sum((part$D / part$S)[part$times <= t]))
    w * (target$event - exp(eta) * hazard)
  })

# deviance of all rows, weights as given
deviance_of <- function(family, target, eta, w) switch(family,
  binomial = 2 * sum(w * (log1p(exp(-abs(eta))) + pmax(eta, 0) - target$Y * eta)),
  poisson = 2 * sum(w * (ifelse(target$Y > 0, target$Y * log(target$Y), 0) - target$Y
                         - (target$Y * eta - exp(eta)))),
  multinomial = -2 * sum(w * log(rowSums(target$Y * softmax(eta)))),
  mgaussian = sum(w * (target$Y - eta)^2),
  cox = cox_deviance(target, eta[, 1], w))

# eta of the null model: the intercept alone, or nothing
null_eta <- function(family, target, w, intercept, offset) {
  w <- w / sum(w)
  mean <- if (family != "cox") colSums(w * target$Y)
  eta <- if (!intercept) 0 * target$Y else switch(family,
    binomial = rep(log(mean / (1 - mean)), length(w)),
    poisson = rep(log(mean / sum(w * exp(offset))), length(w)),
    multinomial = matrix(log(mean), length(w), length(mean), byrow = TRUE),
    mgaussian = matrix(mean, length(w), length(mean), byrow = TRUE),
    cox = rep(0, length(w)))
  as.matrix(eta) + offset
}

# ---- one fit, checked -------------------------------------------------------

# The largest violation of the optimality conditions over the path, in standard units.
violation <- function(family, fit, target, x, s, opt) {
  w <- opt$w / sum(opt$w); p <- ncol(x); worst <- 0
  v <- opt$penalty * p / sum(opt$penalty)
  # Where nothing is said about it, columns are centred: the sum of a slope is 0.
  z <- sweep(x, 2, s, "/")
  for (l in s_of(fit)) {
    b <- coefficients_of(fit, l); lambda <- opt$lambda[l]
    eta <- sweep(x %*% b$beta, 2, b$a0, "+") + opt$offset
    r <- slope(family, target, eta, w)
    if (opt$intercept && family != "cox") worst <- max(worst, abs(colSums(r)))
    g <- crossprod(z, r); beta <- b$beta * s
    for (j in seq_len(p)) {
      size <- sqrt(sum(beta[j, ]^2)); a <- lambda * v[j] * opt$alpha
      off <- if (size > 0) {
        g[j, ] - a * beta[j, ] / size - lambda * v[j] * (1 - opt$alpha) * beta[j, ]
      } else max(0, sqrt(sum(g[j, ]^2)) - a)
      if (size == 0 && opt$lower[j] == 0) off <- max(0, g[j, 1] - a)      # held at a limit
      if (size == 0 && opt$upper[j] == 0) off <- max(0, -g[j, 1] - a)
      worst <- max(worst, sqrt(sum(off^2)))
    }
  }
  worst
}
s_of <- function(fit) seq_along(fit$lambda)
coefficients_of <- function(fit, l) {
  if (!is.list(fit$beta)) return(list(
    beta = as.matrix(fit$beta[, l, drop = FALSE]), a0 = if (is.null(fit$a0)) 0 else fit$a0[l]))
  list(beta = sapply(fit$beta, function(b) b[, l]), a0 = fit$a0[, l])
}
# rows x K x lambdas
predictions <- function(fit, x, offset) {
  one <- lapply(s_of(fit), function(l) {
    b <- coefficients_of(fit, l); sweep(x %*% b$beta, 2, b$a0, "+") + offset
  })
  array(unlist(one), c(nrow(x), ncol(one[[1]]), length(one)))
}
rows_of <- function(target, i) list(
  y = if (is.matrix(target$y)) target$y[i, , drop = FALSE] else target$y[i],
  Y = if (!is.null(target$Y)) target$Y[i, , drop = FALSE], time = target$time[i],
  event = target$event[i])
scales <- function(x, w, standardize) {
  if (!standardize) return(rep(1, ncol(x)))
  w <- w / sum(w); m <- colSums(w * x)
  sqrt(colSums(w * x^2) - m^2)
}

# The last row is the first that fulfils the rule which ends a path; or there are 100.
ended <- function(family, dev, limited) {
  k <- seq_along(dev)
  before <- function(steps) c(rep(0, steps), head(dev, -steps))
  small <- if (limited) 0 else 1e-5
  change <- switch(family,
    binomial = , multinomial = dev - before(1) < small,
    mgaussian = (dev - before(1)) / (1 - dev) < small,     # of what is left, not of what is explained
    poisson = (dev - before(4)) / dev < 10 * small,
    cox = (dev - before(4)) / dev < 100 * small)
  stops <- k >= 5 & (change | dev > if (family == "cox") 0.99 else 0.999)
  stopifnot(!any(head(stops, -1)), tail(stops, 1) || length(dev) == 100)
}

# ---- cross-validation by formula --------------------------------------------

clamp <- function(p) pmin(pmax(p, 1e-5), 1 - 1e-5)
# errors of rows x lambdas
row_errors <- function(measure, family, target, eta) {
  Y <- target$Y
  sapply(seq_len(dim(eta)[3]), function(l) {
    e <- matrix(eta[, , l], nrow(Y))
    switch(paste(family, measure),
      "binomial deviance" = { p <- clamp(1 / (1 + exp(-e))); -2 * (Y * log(p) + (1 - Y) * log(1 - p)) },
      "binomial class" = as.numeric((1 / (1 + exp(-e)) > 0.5) != Y),
      "multinomial deviance" = -2 * rowSums(Y * log(clamp(softmax(e)))),
      "multinomial class" = 1 - Y[cbind(seq_len(nrow(Y)), max.col(e, "first"))],
      "poisson deviance" = 2 * (ifelse(Y > 0, Y * log(Y), 0) - Y - (Y * e - exp(e))),
      "mgaussian mse" = rowSums((Y - e)^2))
  })
}
# weighted share of pairs (a row of class 1, a row of class 0) in the right order; ties count half
area <- function(y, score, w) {
  pair <- outer(w[y == 1], w[y == 0])
  d <- outer(score[y == 1], score[y == 0], "-")
  sum(pair * ((d > 0) + 0.5 * (d == 0))) / sum(pair)
}
# folds x lambdas, and the weight of each fold
fold_errors <- function(measure, family, target, x, eta, fits, w, fold, offset) {
  K <- max(fold); L <- length(fits[[1]]$lambda)
  e <- matrix(0, K, L); W <- numeric(K)
  for (k in seq_len(K)) {
    out <- fold == k; t <- rows_of(target, out)
    if (family == "cox") {
      W[k] <- sum((w * target$event)[out])
      for (l in seq_len(L)) {
        f <- drop(x %*% coefficients_of(fits[[k]], l)$beta)
        scaled <- function(i) w[i] * sum(i) / sum(w[i])
        all <- rep(TRUE, length(w))
        e[k, l] <- (cox_deviance(target, f, scaled(all)) -
                    cox_deviance(rows_of(target, !out), f[!out], scaled(!out))) / W[k]
      }
    } else if (measure == "auc") {
      W[k] <- sum(w[out])
      for (l in seq_len(L)) e[k, l] <- area(t$Y[, 1], 1 / (1 + exp(-eta[out, 1, l])), w[out])
    } else {
      W[k] <- sum(w[out])
      rows <- row_errors(measure, family, t, eta[out, , , drop = FALSE])
      e[k, ] <- colSums(w[out] * rows) / W[k]
    }
  }
  list(e = e, W = W)
}
summary_of <- function(part) {
  K <- nrow(part$e); W <- part$W / sum(part$W)
  cvm <- colSums(W * part$e)
  list(cvm = cvm, cvsd = sqrt(colSums(W * sweep(part$e, 2, cvm)^2) / (K - 1)))
}
# Both choices, with every comparison shifted by `slack` (relative): they must not move.
choices <- function(measure, cvm, cvsd, slack = 0) {
  if (measure == "auc") cvm <- -cvm
  best <- which(cvm <= min(cvm) + slack * abs(min(cvm)))[1]
  limit <- cvm[best] + cvsd[best]
  c(best, which(cvm <= limit + slack * abs(limit))[1])
}

# ---- one case ---------------------------------------------------------------

label <- function(v) paste0("\"", v, "\"")
texts_json <- function(v) if (is.null(v)) "null" else paste0("[", paste(label(v), collapse = ","), "]")

# target: columns of data.csv (a named list), and what rows_of takes. measures: the first is cv.csv.
case <- function(name, family, x, target, columns, measures, fold, alpha = 1, standardize = TRUE,
                 intercept = TRUE, w = NULL, offset = NULL, penalty = NULL, lower = NULL,
                 upper = NULL, thresh = 1e-24) {
  n <- nrow(x); p <- ncol(x)
  colnames(x) <- paste0("x", seq_len(p))
  stopifnot(identical(x, decimal(x)))
  dir <- file.path(root, name)
  dir.create(dir, recursive = TRUE, showWarnings = FALSE)
  unlink(file.path(dir, list.files(dir)))
  more_columns <- c(columns, list(w = w, offset = offset, fold = fold))
  more_columns <- more_columns[!sapply(more_columns, is.null)]
  short <- function(v) if (is.character(v)) v else sprintf("%.6g", v)
  write_table(file.path(dir, "data.csv"), c(colnames(x), names(more_columns)),
              cbind(matrix(short(x), n), sapply(more_columns, short)))

  more <- list(family = family, alpha = alpha, thresh = thresh, maxit = 1e8)
  if (family == "multinomial") more$type.multinomial <- "grouped"
  if (family == "mgaussian") more$standardize.response <- FALSE
  if (!standardize)      more$standardize <- FALSE
  if (!intercept)        more$intercept <- FALSE
  if (!is.null(w))       more$weights <- w
  if (!is.null(offset))  more$offset <- offset
  if (!is.null(penalty)) more$penalty.factor <- penalty
  if (!is.null(lower))   more$lower.limits <- lower
  if (!is.null(upper))   more$upper.limits <- upper

  fit <- do.call(glmnet, c(list(x, target$y), more))
  L <- length(fit$lambda)
  ended(family, fit$dev.ratio, !is.null(lower) || !is.null(upper))
  options_of <- function(i) list(
    w = (if (is.null(w)) rep(1, n) else w)[i], penalty = if (is.null(penalty)) rep(1, p) else penalty,
    lower = if (is.null(lower)) rep(-Inf, p) else lower,
    upper = if (is.null(upper)) rep(Inf, p) else upper, lambda = fit$lambda, alpha = alpha,
    intercept = intercept, offset = if (is.null(offset)) 0 else offset[i])
  all <- rep(TRUE, n); opt <- options_of(all)
  off <- violation(family, fit, target, x, scales(x, opt$w, standardize), opt)

  # explained deviance
  eta <- predictions(fit, x, opt$offset)
  null <- deviance_of(family, target, null_eta(family, target, opt$w, intercept, opt$offset), opt$w)
  explained <- 1 - sapply(seq_len(L), function(l)
    deviance_of(family, target, matrix(eta[, , l], n), opt$w)) / null
  dev_off <- max(abs(explained - fit$dev.ratio))
  stopifnot(dev_off < 1e-9, abs(fit$nulldev / null - 1) < 1e-12)

  one <- !is.list(fit$beta)
  betas <- if (one) list(fit$beta) else fit$beta
  a0 <- if (family == "cox") NULL else if (one) rbind(fit$a0) else fit$a0
  head <- c("lambda", "dev_ratio", "df"); cells <- cbind(fit$lambda, fit$dev.ratio, fit$df)
  for (k in seq_along(betas)) {
    prefix <- if (one) "" else paste0(names(betas)[k], ":")
    names_k <- c(if (family != "cox") "intercept", colnames(x))
    head <- c(head, paste0(prefix, names_k))
    cells <- cbind(cells, if (!is.null(a0)) a0[k, ], t(as.matrix(betas[[k]])))
  }
  write_table(file.path(dir, "path.csv"), head, matrix(full(cells), L))

  # The folds' fits, and the full fit at the first lambda itself.
  more <- c(more, list(lambda = fit$lambda))
  again <- do.call(glmnet, c(list(x, target$y), more))
  off <- max(off, violation(family, again, target, x, scales(x, opt$w, standardize), opt))
  fits <- list(); held <- array(0, dim(eta))
  for (k in seq_len(max(fold))) {
    i <- fold != k; t <- rows_of(target, i); o <- options_of(i)
    sub <- more
    if (!is.null(w)) sub$weights <- w[i]
    if (!is.null(offset)) sub$offset <- offset[i]
    fits[[k]] <- do.call(glmnet, c(list(x[i, ], t$y), sub))
    stopifnot(length(fits[[k]]$lambda) == L)
    off <- max(off, violation(family, fits[[k]], t, x[i, ], scales(x[i, ], o$w, standardize), o))
    held[!i, , ] <- predictions(fits[[k]], x[!i, ], options_of(!i)$offset)
  }
  results <- list(); formula_off <- 0; clear <- TRUE
  for (measure in measures) {
    arguments <- c(more, list(foldid = fold, type.measure = measure, grouped = TRUE))
    cv <- do.call(cv.glmnet, c(list(x, target$y), arguments))
    stopifnot(length(cv$lambda) == L, all(abs(cv$lambda / fit$lambda - 1) < 1e-14))
    nzero <- cv$nzero - (family %in% c("multinomial", "mgaussian"))    # it counts the intercept
    stopifnot(all(nzero == again$df))
    mine <- summary_of(fold_errors(measure, family, target, x, held, fits, opt$w, fold, offset))
    formula_off <- max(formula_off, abs(mine$cvm / cv$cvm - 1),
                       abs(mine$cvsd - cv$cvsd) / pmax(cv$cvsd, 1e-3 * abs(cv$cvm)))
    index <- cv$index[, 1]
    # Equal counts of wrong rows are a tie by nature: the larger lambda wins, whatever the rounding.
    counted <- measure == "class"
    clear <- clear && all(sapply(if (counted) c(0, 1e-9) else c(0, -CLEAR, CLEAR), function(slack)
      all(index == choices(measure, cv$cvm, cv$cvsd, max(slack, 0)))))
    if (!counted) {        # the second best is clearly worse, and none is near the bound
      e <- if (measure == "auc") -cv$cvm else cv$cvm
      limit <- e[index[1]] + cv$cvsd[index[1]]
      clear <- clear && min(abs(e[-index[1]] - e[index[1]])) > CLEAR * abs(e[index[1]]) &&
        min(abs(e - limit)) > CLEAR * abs(limit)
    } else clear <- clear && min(abs(cv$cvm - (cv$cvm + cv$cvsd)[index[1]])) > CLEAR
    file <- if (measure == measures[1]) "cv.csv" else sprintf("cv-%s.csv", measure)
    write_table(file.path(dir, file), c("lambda", "cvm", "cvsd", "nzero"),
                matrix(full(cbind(fit$lambda, cv$cvm, cv$cvsd, nzero)), L))
    results[[measure]] <- list(file = file, min = fit$lambda[index[1]], se = fit$lambda[index[2]],
                               index = index)
  }
  ok <- off < KKT && formula_off < FORMULA && clear
  cat(sprintf("%-22s n=%d p=%d lambdas=%d df %d..%d kkt %.0e dev %.0e cv %.0e %s %s\n", name, n, p, L,
              fit$df[1], fit$df[L], off, dev_off, formula_off,
              paste(sapply(results, function(r) paste(r$index, collapse = "/")), collapse = " "),
              if (ok) "" else if (!clear) "NOT CLEAR" else "FAILS"))
  if (!ok && !nzchar(Sys.getenv("CSVLASSO_TRY"))) stop(name)

  call <- paste0("fit <- glmnet(", said(more[names(more) != "lambda"]), "); cv.glmnet(",
                 sub("lambda = lambda", "lambda = fit$lambda",
                     said(c(more, list(foldid = fold, grouped = TRUE))), fixed = TRUE),
                 ", type.measure = MEASURE)")
  out <- file(file.path(dir, "case.json"), "wb")
  writeLines(c("{",
    sprintf("  \"name\": \"%s\",", name),
    sprintf("  \"family\": \"%s\",", family),
    sprintf("  \"targets\": %s,", texts_json(names(columns))),
    sprintf("  \"classes\": %s,", texts_json(target$classes)),
    sprintf("  \"alpha\": %s,", format(alpha)),
    sprintf("  \"standardize\": %s,", flag_json(standardize)),
    sprintf("  \"intercept\": %s,", flag_json(intercept && family != "cox")),
    sprintf("  \"weighted\": %s,", flag_json(!is.null(w))),
    sprintf("  \"offset\": %s,", flag_json(!is.null(offset))),
    sprintf("  \"penalty\": %s,", array_json(penalty)),
    sprintf("  \"lower\": %s,", array_json(lower)),
    sprintf("  \"upper\": %s,", array_json(upper)),
    "  \"lambda\": \"auto\",",
    sprintf("  \"null_deviance\": %s,", full(fit$nulldev)),
    sprintf("  \"lambda_min\": %s,", full(results[[1]]$min)),
    sprintf("  \"lambda_1se\": %s,", full(results[[1]]$se)),
    "  \"measures\": [",
    paste(sapply(names(results), function(m) sprintf(
      "    {\"measure\": \"%s\", \"file\": \"%s\", \"lambda_min\": %s, \"lambda_1se\": %s}", m,
      results[[m]]$file, full(results[[m]]$min), full(results[[m]]$se))), collapse = ",\n"),
    "  ],",
    sprintf("  \"glmnet\": \"%s\",", version_text()),
    sprintf("  \"call\": \"%s\"", gsub("\"", "\\\"", call, fixed = TRUE)),
    "}"), out)
  close(out)
}

# ---- targets ----------------------------------------------------------------

binomial_case <- function(name, x, eta, ..., measures = c("deviance", "class", "auc")) {
  y <- c("no", "yes")[1 + (runif(nrow(x)) < 1 / (1 + exp(-eta)))]
  fold <- folds(nrow(x), 5)
  target <- list(y = y, Y = cbind(as.numeric(y == "yes")), classes = c("no", "yes"))
  case(name, "binomial", x, target, list(y = y), measures, fold, ...)
}
poisson_case <- function(name, x, eta, ..., offset = NULL) {
  y <- as.numeric(rpois(nrow(x), exp(eta + if (is.null(offset)) 0 else offset)))
  case(name, "poisson", x, list(y = y, Y = cbind(y)), list(y = y), "deviance", folds(nrow(x), 5),
       offset = offset, ...)
}
multinomial_case <- function(name, x, eta, classes, ...) {
  pick <- apply(softmax(eta), 1, function(p) sample(length(p), 1, prob = p))
  target <- list(y = classes[pick], Y = diag(length(classes))[pick, ], classes = sort(classes))
  stopifnot(identical(classes, sort(classes)))
  case(name, "multinomial", x, target, list(y = classes[pick]), c("deviance", "class"),
       folds(nrow(x), 5), thresh = 1e-21, ...)        # grouped fits converge slowly
}
cox_case <- function(name, x, eta, ..., censoring = 0.4, digits = 1) {
  n <- nrow(x)
  event_time <- rexp(n, exp(eta) / 5); censor_time <- rexp(n, censoring / 5)
  time <- pmax(ceiling(10^digits * pmin(event_time, censor_time)), 1) / 10^digits      # ties
  event <- as.numeric(event_time <= censor_time)
  y <- cbind(time = time, status = event)
  case(name, "cox", x, list(y = y, time = time, event = event), list(time = time, event = event),
       "deviance", folds(n, 5), ...)
}
mgaussian_case <- function(name, x, mean, sd, ...) {
  y <- decimal(mean + rnorm(length(mean)) * rep(sd, each = nrow(x)))
  colnames(y) <- paste0("y", seq_len(ncol(y)))
  columns <- lapply(seq_len(ncol(y)), function(k) unname(y[, k])); names(columns) <- colnames(y)
  case(name, "mgaussian", x, list(y = y, Y = unname(y)), columns, "mse", folds(nrow(x), 5), ...)
}
columns <- function(n, p, rho = 0.5) decimal(ar1(n, p, rho))
times_of <- function(x, b) drop(x %*% b)

# ---- the cases --------------------------------------------------------------

only <- Sys.getenv("CSVLASSO_TRY")          # for a look at some cases; writes them all the same
run <- function(name, make) if (only == "" || grepl(only, name)) make(name)

run("binomial", function(name) {
  seed(201); n <- 200; p <- 20; x <- columns(n, p)
  binomial_case(name, x, times_of(x, spread(p, c(1.5, -1, 1, 0.5, -0.5))) + 0.3)
})
run("binomial-weights", function(name) {
  seed(202); n <- 200; p <- 12; x <- columns(n, p)
  w <- sample(c(0.5, 1, 2, 3), n, TRUE)
  binomial_case(name, x, times_of(x, spread(p, c(1, -1, 0.5))) - 0.5, w = w)
})
run("binomial-penalty", function(name) {
  seed(203); n <- 200; p <- 15; x <- columns(n, p)
  binomial_case(name, x, times_of(x, spread(p, c(1, -1, 1, 0.5))),
                penalty = c(1, 0.5, 2, 1, 0, 1, 0.5, 1, 2, 1, 1, 0, 2, 0.5, 1))
})
run("binomial-enet", function(name) {
  seed(304); n <- 150; p <- 25; x <- columns(n, p, 0.7)
  binomial_case(name, x, times_of(x, spread(p, c(1, -1, 1, 0.5, -0.5))), alpha = 0.5)
})
run("binomial-wide", function(name) {
  seed(205); n <- 60; p <- 150; x <- columns(n, p)
  binomial_case(name, x, times_of(x, spread(p, c(2, -2, 1.5))))
})
run("binomial-limits", function(name) {      # columns in turn: free, >= 0, <= 0
  seed(206); n <- 200; p <- 18; x <- columns(n, p)
  binomial_case(name, x, times_of(x, spread(p, c(1, 0.5, -0.8, -1, 0.6))),
                lower = rep_len(c(-Inf, 0, -Inf), p), upper = rep_len(c(Inf, Inf, 0), p))
})
run("binomial-nointercept", function(name) {
  seed(307); n <- 200; p <- 12
  x <- decimal(ar1(n, p, 0.5) + rep(seq(-1, 1.5, length.out = p), each = n))
  binomial_case(name, x, times_of(x, spread(p, c(1, -1, 0.7, 0.5))), intercept = FALSE)
})
run("binomial-raw", function(name) {
  seed(208); n <- 200; p <- 12
  x <- decimal(ar1(n, p, 0.5) * rep(10^seq(-1, 1, length.out = p), each = n))
  binomial_case(name, x, times_of(x, spread(p, c(10, 1, -0.3, 0.1))), standardize = FALSE)
})

run("poisson", function(name) {
  seed(211); n <- 200; p <- 20; x <- columns(n, p)
  poisson_case(name, x, times_of(x, spread(p, c(0.5, -0.4, 0.3, 0.2))) + 0.5)
})
run("poisson-offset", function(name) {
  seed(212); n <- 200; p <- 12; x <- columns(n, p)
  exposure <- decimal(rnorm(n, 0.5, 0.7))
  poisson_case(name, x, times_of(x, spread(p, c(0.4, -0.4, 0.2))) - 0.3, offset = exposure)
})
run("poisson-weights", function(name) {
  seed(213); n <- 150; p <- 15; x <- columns(n, p)
  w <- sample(c(0.5, 1, 2, 3), n, TRUE)
  poisson_case(name, x, times_of(x, spread(p, c(0.5, -0.4, 0.3))), w = w)
})

effects <- function(p, K) sapply(seq_len(K), function(k) {
  b <- spread(p, c(1, -1, 1, -1)); b * cos(seq_len(p) + 2 * pi * k / K) * 1.6
})
run("multinomial-3", function(name) {
  seed(221); n <- 200; p <- 12; x <- columns(n, p)
  multinomial_case(name, x, 0.6 * x %*% effects(p, 3), c("blue", "green", "red"))
})
run("multinomial-3-enet", function(name) {
  seed(222); n <- 200; p <- 15; x <- columns(n, p)
  multinomial_case(name, x, x %*% effects(p, 3), c("blue", "green", "red"), alpha = 0.5)
})
run("multinomial-5", function(name) {
  seed(223); n <- 300; p <- 12; x <- columns(n, p)
  multinomial_case(name, x, 0.7 * x %*% effects(p, 5), c("a", "b", "c", "d", "e"))
})
run("multinomial-5-enet", function(name) {
  seed(224); n <- 300; p <- 15; x <- columns(n, p)
  multinomial_case(name, x, 0.7 * x %*% effects(p, 5), c("a", "b", "c", "d", "e"), alpha = 0.5)
})

run("cox", function(name) {
  seed(231); n <- 200; p <- 20; x <- columns(n, p)
  cox_case(name, x, times_of(x, spread(p, c(0.8, -0.6, 0.5, 0.3))))
})
run("cox-weights", function(name) {
  seed(232); n <- 200; p <- 12; x <- columns(n, p)
  w <- sample(c(0.5, 1, 2, 3), n, TRUE)
  cox_case(name, x, times_of(x, spread(p, c(0.8, -0.6, 0.5))), w = w)
})
run("cox-enet", function(name) {
  seed(233); n <- 200; p <- 15; x <- columns(n, p)
  cox_case(name, x, times_of(x, spread(p, c(0.8, -0.6, 0.5))), alpha = 0.5)
})

targets_of <- function(x) {
  p <- ncol(x)
  cbind(x %*% spread(p, c(2, -1, 1)) + 3, 5 * (x %*% spread(p, c(0.5, 1, 0.5))) - 10,
        0.3 * (x %*% spread(p, c(1, -1, -1))))
}
run("mgaussian", function(name) {
  seed(241); n <- 150; p <- 15; x <- columns(n, p)
  mgaussian_case(name, x, targets_of(x), c(2, 6, 0.5))
})
run("mgaussian-enet", function(name) {
  seed(242); n <- 150; p <- 20; x <- columns(n, p)
  mgaussian_case(name, x, targets_of(x), c(2, 6, 0.5), alpha = 0.5)
})
