// The list of response families: their texts, and for every family the word F(name, type).
#include "family/binomial.inl"
#include "family/categorical.inl"
#include "family/gaussian.inl"
#include "family/poisson.inl"

#ifndef BDGLM_FAMILIES
#define BDGLM_FAMILIES(F)       \
  F(gaussian, GaussianFamily)   \
  F(bernoulli, BernoulliFamily) \
  F(binomial, BinomialFamily)   \
  F(poisson, PoissonFamily)     \
  F(categorical, CategoricalFamily)
#endif
