// The list of response families: their texts, and for every family the word F(name, type). Of families of one name the
// first has the usual link.
#include "family/binomial.inl"
#include "family/categorical.inl"
#include "family/gaussian.inl"
#include "family/poisson.inl"

// They call the poisson family.
#include "family/negative_binomial.inl"

#include "family/zero_inflated.inl"

// They call the binomial, gaussian and zero-inflated families.
#include "family/beta_binomial.inl"
#include "family/gaussian_sigma.inl"
#include "family/linked_binomial.inl"
#include "family/ordinal.inl"
#include "family/student_t.inl"

#include "family/beta.inl"
#include "family/exponential.inl"
#include "family/gamma.inl"
#include "family/lognormal.inl"

#ifndef BDGLM_FAMILIES
#define BDGLM_FAMILIES(F)                                                \
  F(gaussian, GaussianFamily)                                            \
  F(gaussian_sigma, GaussianSigmaFamily)                                 \
  F(student_t, StudentTFamily)                                           \
  F(bernoulli, BernoulliFamily)                                          \
  F(bernoulli_probit, ProbitBernoulliFamily)                             \
  F(bernoulli_cloglog, CloglogBernoulliFamily)                           \
  F(binomial, BinomialFamily)                                            \
  F(binomial_probit, ProbitBinomialFamily)                               \
  F(binomial_cloglog, CloglogBinomialFamily)                             \
  F(beta_binomial, BetaBinomialFamily)                                   \
  F(poisson, PoissonFamily)                                              \
  F(negative_binomial, NegativeBinomialFamily)                           \
  F(zero_inflated_poisson, ZeroInflatedPoissonFamily)                    \
  F(zero_inflated_negative_binomial, ZeroInflatedNegativeBinomialFamily) \
  F(hurdle_poisson, HurdlePoissonFamily)                                 \
  F(gamma, GammaFamily)                                                  \
  F(exponential, ExponentialFamily)                                      \
  F(lognormal, LognormalFamily)                                          \
  F(beta, BetaFamily)                                                    \
  F(categorical, CategoricalFamily)                                      \
  F(ordinal, OrdinalFamily)                                              \
  F(ordinal_probit, ProbitOrdinalFamily)
#endif
