// The list of response families: their texts, and for every family the word F(name, type).
#include "family/binomial.inl"
#include "family/categorical.inl"
#include "family/gaussian.inl"
#include "family/poisson.inl"

// Reads the poisson family.
#include "family/negative_binomial.inl"

#include "family/gamma.inl"

#ifndef BDGLM_FAMILIES
#define BDGLM_FAMILIES(F)                      \
  F(gaussian, GaussianFamily)                  \
  F(bernoulli, BernoulliFamily)                \
  F(binomial, BinomialFamily)                  \
  F(poisson, PoissonFamily)                    \
  F(negative_binomial, NegativeBinomialFamily) \
  F(gamma, GammaFamily)                        \
  F(categorical, CategoricalFamily)
#endif
