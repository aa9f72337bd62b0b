# Fits a benchmark task with rstanarm's NUTS, one chain; writes draws and CPU seconds for benchmarks/effective_draws.py.
# Usage: Rscript peer_rstanarm.R TASK DATA.csv OUT_PREFIX [WARMUP DRAWS]
suppressMessages(library(rstanarm))
arguments <- commandArgs(TRUE)
task <- arguments[1]
data <- read.csv(arguments[2], stringsAsFactors = TRUE)
warmup <- if (length(arguments) > 3) as.integer(arguments[4]) else 1000L
draws <- if (length(arguments) > 3) as.integer(arguments[5]) else 1000L
normal_prior <- normal(0, 2.5, autoscale = FALSE)
intercept_prior <- normal(0, 5, autoscale = FALSE)
options <- list(family = binomial(), prior = normal_prior, prior_intercept = intercept_prior, chains = 1,
                iter = warmup + draws, warmup = warmup, refresh = 0, seed = 1)
start <- proc.time()
fit <- switch(task,
  logistic = do.call(stan_glm, c(list(y ~ ., data = data), options)),
  contraception = do.call(stan_glmer, c(list(use ~ age + I(age^2) + urban + livch + (1 + urban | district), data = data), options)),
  verbagg = do.call(stan_glmer, c(list(r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item), data = data), options)),
  stop("unknown task"))
seconds <- sum((proc.time() - start)[c("user.self", "sys.self")])
matrix <- as.matrix(fit)
keep <- !grepl("^b\\[", colnames(matrix))
write.csv(matrix[, keep], paste0(arguments[3], "_draws.csv"), row.names = FALSE)
writeLines(as.character(seconds), paste0(arguments[3], "_seconds.txt"))
