// The list of response families: their texts, and for every family the word F(name, type).
#include "family/binomial.inl"
#include "family/categorical.inl"
#include "family/gaussian.inl"
#include "family/poisson.inl"

// They call the poisson family.
#include "family/negative_binomial.inl"

#include "family/beta.inl"
#include "family/exponential.inl"
#include "family/gamma.inl"
#include "family/lognormal.inl"

#ifndef BDGLM_FAMILIES
#define BDGLM_FAMILIES(F)                      \
  F(gaussian, GaussianFamily)                  \
  F(bernoulli, BernoulliFamily)                \
  F(binomial, BinomialFamily)                  \
  F(poisson, PoissonFamily)                    \
  F(negative_binomial, NegativeBinomialFamily) \
  F(gamma, GammaFamily)                        \
  F(exponential, ExponentialFamily)            \
  F(lognormal, LognormalFamily)                \
  F(beta, BetaFamily)                          \
  F(categorical, CategoricalFamily)
#endif
