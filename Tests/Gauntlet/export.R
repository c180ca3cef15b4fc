# Writes every data frame, matrix and table of the installed R packages as CSV: Rscript export.R FOLDER
# Row names are written where they say something, as write.csv does by default.

folder <- commandArgs(trailingOnly = TRUE)[1]
packages <- setdiff(rownames(installed.packages()), c("base", "tcltk"))

as_frame <- function(value) {
  if (is.data.frame(value)) return(value)
  if (inherits(value, "Surv")) return(NULL)
  if (is.table(value)) return(as.data.frame(value))
  if (is.matrix(value) && (is.numeric(value) || is.character(value))) return(as.data.frame(value))
  NULL
}

plain <- function(frame) {
  # A matrix or a Surv inside a data frame becomes columns of its own; lists are left out.
  parts <- lapply(names(frame), function(name) {
    value <- frame[[name]]
    if (is.list(value) && !is.data.frame(value)) return(NULL)
    if (is.matrix(value) || is.data.frame(value)) {
      value <- as.data.frame(unclass(as.matrix(value)))
      names(value) <- paste(name, names(value), sep = ".")
      return(value)
    }
    setNames(data.frame(if (is.factor(value)) as.character(value) else as.vector(value)), name)
  })
  do.call(cbind, Filter(Negate(is.null), parts))
}

count <- 0
for (package in sort(packages)) {
  items <- tryCatch(data(package = package)$results[, "Item"], error = function(e) character())
  for (item in unique(sub(" .*", "", items))) {
    place <- new.env()
    loaded <- tryCatch({
      suppressWarnings(data(list = item, package = package, envir = place)); ls(place)
    }, error = function(e) character())
    # Data sets that share a file come together: each is written once, under its own name.
    for (name in unique(c(item, loaded))) {
      file <- file.path(folder, paste0(package, "-", name, ".csv"))
      if (file.exists(file)) next
      frame <- tryCatch({
        value <- if (exists(name, place, inherits = FALSE)) get(name, place) else get(name, asNamespace(package))
        as_frame(value)
      }, error = function(e) NULL)
      if (is.null(frame) || nrow(frame) < 4 || ncol(frame) < 2 || nrow(frame) * ncol(frame) > 2e6) next
      cells <- tryCatch(plain(frame), error = function(e) NULL)
      if (is.null(cells) || ncol(cells) < 2 || nrow(cells) != nrow(frame)) next
      named <- is.character(attr(frame, "row.names"))
      if (named) rownames(cells) <- rownames(frame)
      write.csv(cells, file, row.names = named)
      count <- count + 1
    }
  }
}
cat(count, "tables of R written\n")
