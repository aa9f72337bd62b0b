# Reads a fit file (netCDF-4) as draws of R's package posterior, named as `bdglm summary --all` names them.
#   Rscript read_fit.R fit.nc        prints their summary
#   source("read_fit.R"); draws <- read_fit("fit.nc")
# On Debian: apt install r-cran-posterior r-cran-ncdf4

read_fit <- function(path) {
  file <- ncdf4::nc_open(path)
  on.exit(ncdf4::nc_close(file))
  parts <- list()
  for (variable in file$var) {
    if (!startsWith(variable$name, "posterior/")) next
    # The file's dimensions are chain, draw and what a draw has; ncdf4 gives them the other way round.
    values <- aperm(ncdf4::ncvar_get(file, variable$name, collapse_degen = FALSE))
    values <- aperm(values, c(2, 1, seq_along(dim(values))[-(1:2)]))
    name <- substring(variable$name, nchar("posterior/") + 1)
    labels <- lapply(rev(variable$dim)[-(1:2)], function(dimension) as.character(dimension$vals))
    if (length(labels) > 0) {
      cells <- do.call(paste, c(expand.grid(labels, stringsAsFactors = FALSE), sep = ","))
      name <- paste0(name, "[", cells, "]")
    }
    shape <- c(dim(values)[1:2], length(name))
    parts[[variable$name]] <- array(values, shape, list(iteration = NULL, chain = NULL, variable = name))
  }
  if (length(parts) == 0) stop("'", path, "' holds no posterior of bdglm; give the file of bdglm fit --out")
  do.call(posterior::bind_draws, c(unname(lapply(parts, posterior::as_draws_array)), along = "variable"))
}

if (sys.nframe() == 0) {
  paths <- commandArgs(trailingOnly = TRUE)
  if (length(paths) != 1) stop("usage: Rscript read_fit.R FIT.nc")
  print(as.data.frame(posterior::summarise_draws(read_fit(paths))), digits = 4)
}
