# Maximum likelihood and the posterior of guimmun's two-level model by Gauss-Hermite quadrature and importance sampling.
#
# Usage: guimmun_quadrature.R DATA/guimmun/guimmun.csv.gz
# Needs lme4 (for the rule). Prints maxima with standard errors, then posterior means and standard deviations under bdglm's
# default priors, deviations as such. Six minutes.
suppressMessages(library(lme4))
d <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
d <- d[order(d$comm, d$mom), ]
X <- model.matrix(~ kid2p + mom25p + ord + ethn + momEd + husEd + momWork + rural + pcInd81, d)
sign <- 2 * (d$immun == "Y") - 1
mom <- as.integer(factor(d$mom))
comm <- as.integer(factor(d$comm))
comm_of_mom <- tapply(comm, mom, function(x) x[1])
p <- ncol(X)
rule <- GHrule(15)
log_weight <- log(rule[, "w"] / sum(rule[, "w"]))

# Log of each row's weighted sum of exponentials.
log_sum <- function(m) { m <- sweep(m, 2, log_weight, "+"); top <- apply(m, 1, max); top + log(rowSums(exp(m - top))) }

# theta: coefficients, then logarithms of both deviations.
log_likelihood <- function(theta) {
  eta <- drop(X %*% theta[1:p])
  of_mom <- exp(theta[p + 1]) * rule[, "z"]
  of_comm <- exp(theta[p + 2]) * rule[, "z"]
  sum(log_sum(sapply(of_comm, function(u) {
    m <- rowsum(plogis(sign * outer(eta + u, of_mom, "+"), log.p = TRUE), mom)
    rowsum(log_sum(m), comm_of_mom)[, 1]
  })))
}
log_prior <- function(theta)
  sum(dnorm(theta[2:p], 0, 2.5, log = TRUE)) + dnorm(sum(colMeans(X) * theta[1:p]), 0, 5, log = TRUE) +
    sum(theta[p + 1:2] - 1.5 * log1p(exp(2 * theta[p + 1:2]) / (2 * 2.5^2)))

start <- c(coef(glm.fit(X, d$immun == "Y", family = binomial())) * 1.5, log(2), 0)
fit <- optim(start, function(theta) -log_likelihood(theta), method = "BFGS", hessian = TRUE, control = list(reltol = 1e-8, maxit = 100))
stopifnot(fit$convergence == 0)
covariance <- solve(fit$hessian)
error <- sqrt(diag(covariance))
shown <- c(colnames(X), "sd_mom", "sd_comm")
deviations <- p + 1:2
print(data.frame(estimate = replace(fit$par, deviations, exp(fit$par[deviations])),
                 error = replace(error, deviations, exp(fit$par[deviations]) * error[deviations]), row.names = shown))

# Proposals are Student-t of 7 degrees of freedom about the maximum.
set.seed(1)
root <- t(chol(covariance))
draws <- t(replicate(800, rnorm(p + 2) * sqrt(7 / rchisq(1, 7))))
theta <- sweep(draws %*% t(root), 2, fit$par, "+")
log_ratio <- apply(theta, 1, function(t) log_likelihood(t) + log_prior(t)) + (7 + p + 2) / 2 * log1p(rowSums(draws^2) / 7)
weight <- exp(log_ratio - max(log_ratio))
weight <- weight / sum(weight)
theta[, deviations] <- exp(theta[, deviations])
mean <- colSums(weight * theta)
print(data.frame(mean = mean, sd = sqrt(colSums(weight * theta^2) - mean^2), row.names = shown))
cat("effective draws", 1 / sum(weight^2), "\n")
