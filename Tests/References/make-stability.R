# Reference bounds of stability selection, from their definitions. Made with R 4.2.2. From the project
# root, regenerating every byte:
#
#     Rscript Tests/References/make-stability.R
#
# Writes Tests/References/stability/bounds.csv: for p columns, q of them picked in each half, a threshold
# pi and so many complementary pairs, the bound on the expected number of false columns that are kept:
# Meinshausen & Bühlmann's, and Shah & Samworth's for unimodal and for r-concave distributions. Empty
# where a bound does not hold.
#
# The R package stabs 0.7-1 has the same first two to all digits, and the third up to 6 % lower: its
# one-dimensional search (optimize, at its usual tolerance) ends short of a maximum at the end of an
# interval. Here and there the rest is a search of 400 points; here the ends are among them.

unimodal <- function(q, p, pi, B) {
  theta <- q / p
  if (pi <= 1 / 2 + min(theta^2, 1 / (2 * B) + 3 / 4 * theta^2)) return(NA)
  if (pi > 3 / 4) return(4 * q * theta * (1 - pi + 1 / (2 * B)) / (1 + 1 / B))
  q * theta / (2 * (2 * pi - 1 - 1 / (2 * B)))
}

# The largest probability that a variable on 0 ... N with mean m and r-concave probabilities reaches t.
tail_bound <- function(m, t, N, r) {
  first <- ceiling(2 * m) + 1
  if (t < first || first > N) return(1)
  off <- function(log_a, k) {
    w <- (exp(log_a) + 0:k)^(1 / r)
    sum((0:k) * w) / sum(w) - m
  }
  start <- function(k) uniroot(off, log(c(1e-9, 1e9)), k = k, tol = 1e-13)$root
  best <- 0
  for (k in max(first, t - 1):(N - 1)) for (a in exp(seq(start(k + 1), start(k), length = 400))) {
    w <- (a + 0:k)^(1 / r)
    best <- max(best, 1 - (k + 1 - m) * sum(w[1:t]) / sum((k + 1 - 0:k) * w))
  }
  best
}
concave <- function(q, p, pi, B) {
  theta <- q / p
  count <- ceiling(round(2 * B * pi, 9))
  both <- tail_bound(theta^2 * B, count - B, B, -1 / 2)
  single <- tail_bound(2 * theta * B, count, 2 * B, -1 / 4)
  if (min(both, single) == 1) NA else p * min(both, single)
}

bounds <- NULL
for (p in c(10, 50, 200, 1000)) for (q in c(2, 5, 10, 30)) for (pairs in c(20, 50))
  for (pi in c(0.6, 0.75, 0.9)) if (q < p)
    bounds <- rbind(bounds, data.frame(
      p, q, pi, pairs, mb = q^2 / p / (2 * pi - 1), unimodal = unimodal(q, p, pi, pairs),
      r_concave = concave(q, p, pi, pairs)))
text <- function(x) ifelse(is.na(x), "", sprintf("%.8g", x))
lines <- apply(vapply(bounds, text, character(nrow(bounds))), 1, paste, collapse = ",")
dir.create("Tests/References/stability", showWarnings = FALSE)
writeLines(c(paste(names(bounds), collapse = ","), lines), "Tests/References/stability/bounds.csv")
