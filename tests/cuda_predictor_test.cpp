// Likelihoods, latents and predictors of the CUDA backend against the CPU's, at awkward sizes.
#include "support/machines.hpp"

namespace bdglm::test {
namespace {

TEST(Cuda, Likelihoods) {
  const Machines on;
  for (const Eigen::Index n : kSizes) {
    for (const Family family : kFamilies) {
      const Eigen::Index all = predictors_of(family) * n;
      expect_same(on, 1e-12, [&](const Backend& b) {
        return one(b.log_likelihood(likelihood_on(b, family, n), b.uploaded(4 * pattern(all, 1, 0.3))));
      });
      expect_same(on, 1e-12, [&](const Backend& b) {
        const Matrix base = b.uploaded(pattern(all, 1, 0.3));
        const Matrix direction = b.uploaded(pattern(all, 1, 0.9));
        const Likelihood likelihood = likelihood_on(b, family, n);
        return one(b.log_likelihood_along(likelihood, base, direction, b.log_likelihood(likelihood, base))(0.7));
      });
    }
  }
}

TEST(Cuda, Latents) {
  const Machines on;
  for (const Eigen::Index n : kSizes) {
    for (const Family family : {Family::gaussian, Family::binomial, Family::categorical}) {
      const auto draws = [&](const Backend& b) {
        Matrix omega = b.allocate(n, 1);
        Matrix kappa = b.allocate(n, 1);
        b.draw_latents(likelihood_on(b, family, n), b.uploaded(5 * pattern(predictors_of(family) * n, 1, 0.3)),
                       predictors_of(family) - 1, {7, 1, 3, Site::latents, 0}, omega, kappa);
        RowMatrix both(n, 2);
        both << b.download(omega), b.download(kappa);
        return both;
      };
      // Single precision at the same addresses: rounding may turn an acceptance now and then.
      const RowMatrix difference = (draws(*on.cpu) - draws(*on.cuda)).cwiseAbs();
      EXPECT_LE((difference.array() > 1e-5).count(), family == Family::gaussian ? 0 : 1);
    }
  }
}

/// Several predictors share their columns but for the last's, which has no part in the network.
Network network_on(const Backend& b, Eigen::Index n, const std::vector<int>& widths, bool noise, bool effects,
                   int predictors = 1) {
  Network network;
  network.shape.inputs = widths.empty() ? 0 : 3;
  network.shape.widths = widths;
  network.shape.set_heads(predictors, 2);
  network.shape.activation = activation_named("leaky_relu");
  network.inputs = b.uploaded(pattern(n, network.shape.inputs, 0.7));
  network.fixed.assign(static_cast<std::size_t>(predictors), b.uploaded(pattern(n, 2, 1.9)));
  if (predictors > 1) {
    network.shape.heads.back() = {0, 3};
    network.fixed.back() = b.uploaded(pattern(n, 3, 0.8));
  }
  if (noise)
    for (const int w : widths) network.noise.push_back(b.uploaded(0.3 * pattern(n, w, 0.2 * w)));
  if (effects) {
    network.output_effects.resize(static_cast<std::size_t>(predictors));
    network.output_effects[0] = {b.uploaded(pattern(4, widths.back(), 3.3)), b.upload_indices(groups_of(n, 4), 4)};
  }
  return network;
}

TEST(Cuda, Predictors) {
  const Machines on;
  for (const Eigen::Index n : kSizes) {
    for (const std::vector<int>& widths : {std::vector<int>{}, {5}, {4, 33}}) {
      for (const bool with : {false, true}) {
        if (with && widths.empty()) continue;
        const auto theta = [&](const Backend& b, const Network& network) {
          return b.uploaded(0.7 * pattern(network.shape.size(), 1, 0.5));
        };
        for (const char* activation : {"leaky_relu", "tanh", "silu", "mixed"}) {
          expect_same(on, 1e-11, [&](const Backend& b) {
            Network network = network_on(b, n, widths, with, with);
            network.shape.activation = activation_named(activation);
            Matrix gradient = b.allocate(network.shape.size(), 1);
            Matrix eta = b.allocate(n, 1);
            const double value = b.gradient(network, theta(b, network), b.uploaded(pattern(n, 1, 0.1)),
                                            likelihood_on(b, Family::binomial, n), gradient, eta);
            RowMatrix all(gradient.rows() + n + 1, 1);
            all << b.download(gradient), b.download(eta), one(value);
            return all;
          });
        }
        for (std::size_t l = 0; l < widths.size(); ++l) {
          expect_same(on, 1e-12, [&](const Backend& b) {
            const Network network = network_on(b, n, widths, with, with);
            std::vector<Matrix> pre, act;
            for (const int w : widths) {
              pre.push_back(b.allocate(n, w));
              act.push_back(b.allocate(n, w));
            }
            Matrix eta = b.allocate(n, 1);
            b.forward(network, theta(b, network), b.uploaded(pattern(n, 1, 0.1)), pre, act, eta);
            Matrix mean = b.allocate(n, widths[l]);
            b.layer_mean(network, theta(b, network), static_cast<int>(l), l == 0 ? network.inputs : act[l - 1], mean);
            Matrix bias = b.allocate(n, widths[l]);
            b.layer_mean(network, theta(b, network), static_cast<int>(l), Matrix(), bias);
            RowMatrix all(n, 4 * widths[l]);
            all << b.download(pre[l]), b.download(act[l]), b.download(mean), b.download(bias);
            return all;
          });
        }
        if (widths.empty()) continue;
        const Eigen::Index largest = with ? 3 : 100;
        for (std::size_t l = 0; l <= widths.size(); ++l) {
          for (const bool inputs : {false, true}) {
            expect_same(on, 1e-11, [&](const Backend& b) {
              const Network network = network_on(b, n, widths, with, with);
              const auto factors =
                  b.fisher_factors(network, theta(b, network),
                                   b.uploaded(RowMatrix((pattern(n, 1, 0.4).array() + 1.5).matrix())), largest);
              return inputs ? factors[l].inputs : factors[l].derivatives;
            });
          }
        }
      }
    }
  }
}

/// Of one predictor of a Gaussian response, or of several of a categorical one, whose last has no part in the network;
/// responses and output weights in the given unit. The largest difference of gradient and predictors as a share of
/// their norms.
double rough_difference(const Backend& b, Eigen::Index n, const std::vector<int>& widths, const char* activation,
                        bool categorical, double unit = 1) {
  Network network = network_on(b, n, widths, false, false, categorical ? 3 : 1);
  network.shape.activation = activation_named(activation);
  network.single_precision = categorical;
  Likelihood likelihood = likelihood_on(b, categorical ? Family::categorical : Family::gaussian, n);
  if (!categorical) {
    likelihood.response = b.uploaded(RowMatrix(unit * pattern(n, 1, 4.2)));
    likelihood.size = b.uploaded(RowMatrix(((pattern(n, 1, 2.2).array() + 3) / (unit * unit)).matrix()));
  }
  RowMatrix weights = 0.5 * pattern(network.shape.size(), 1, 0.5);
  weights.bottomRows(network.shape.size() - network.shape.heads_offset()) *= unit;
  const Matrix theta = b.uploaded(weights);
  const Eigen::Index predictors = network.shape.predictors();
  const auto computed = [&](bool rough) {
    network.rough_layers = rough;
    Matrix gradient = b.allocate(network.shape.size(), 1);
    Matrix eta = b.allocate(predictors * n, 1);
    b.gradient(network, theta, b.uploaded(RowMatrix(0.1 * unit * pattern(predictors * n, 1, 0.1))), likelihood,
               gradient, eta);
    return std::pair(b.download(gradient), b.download(eta));
  };
  const auto [exact, exact_eta] = computed(false);
  const auto [rough, rough_eta] = computed(true);
  b.finish();
  return std::max((rough - exact).norm() / exact.norm(), (rough_eta - exact_eta).norm() / exact_eta.norm());
}

TEST(Cuda, RoughGradientsAreTheExactOnesRounded) {
  const Machines on;
  for (const Eigen::Index n : {1, 31, 1000}) {
    for (const std::vector<int>& widths : {std::vector<int>{5}, {4, 33}, {7, 5, 3}}) {
      for (const char* activation : {"relu", "abs", "leaky_relu", "tanh", "silu", "mixed"}) {
        const double single = rough_difference(*on.cuda, n, widths, activation, false);
        EXPECT_LT(single, 3e-6) << activation << ' ' << n;
        EXPECT_GT(single, 1e-12) << "in double precision, " << activation << ' ' << n;
        const double cores = rough_difference(*on.cuda, n, widths, activation, true);
#ifdef BDGLM_EMULATED_CUDA
        const double bound = 3e-6;
#else
        // Of 11 bits; units that are straight on each side may change sides.
        const double bound = straight_units(activation_named(activation), 2) > 0 ? 3e-2 : 3e-3;
#endif
        EXPECT_LT(cores, bound) << activation << ' ' << n;
        EXPECT_GT(cores, 1e-12) << "in double precision, " << activation << ' ' << n;
      }
    }
  }
}

TEST(Cuda, GradientsBeyondSinglePrecisionAreExact) {
  const Machines on;
  for (const double unit : {1e-60, 1e-42, 1e40, 1e100})
    EXPECT_EQ(rough_difference(*on.cuda, 300, {7, 5}, "relu", false, unit), 0) << unit;
  EXPECT_LT(rough_difference(*on.cuda, 300, {7, 5}, "relu", false, 1e-30), 3e-6);
}

TEST(Cuda, SeveralPredictors) {
  const Machines on;
  constexpr int kPredictors = 3;
  for (const Eigen::Index n : kSizes) {
    for (const std::vector<int>& widths : {std::vector<int>{}, {5}, {4, 33}}) {
      for (const bool effects : {false, true}) {
        if (effects && widths.empty()) continue;
        const auto theta = [&](const Backend& b, const Network& network) {
          return b.uploaded(0.7 * pattern(network.shape.size(), 1, 0.5));
        };
        expect_same(on, 1e-11, [&](const Backend& b) {
          const Network network = network_on(b, n, widths, false, effects, kPredictors);
          Matrix gradient = b.allocate(network.shape.size(), 1);
          Matrix eta = b.allocate(kPredictors * n, 1);
          const double value = b.gradient(network, theta(b, network), b.uploaded(pattern(kPredictors * n, 1, 0.1)),
                                          likelihood_on(b, Family::categorical, n), gradient, eta);
          RowMatrix all(gradient.rows() + eta.rows() + 1, 1);
          all << b.download(gradient), b.download(eta), one(value);
          return all;
        });
        if (widths.empty()) continue;
        for (std::size_t l = 0; l < widths.size() + kPredictors; ++l) {
          for (const bool inputs : {false, true}) {
            expect_same(on, 1e-11, [&](const Backend& b) {
              const Network network = network_on(b, n, widths, false, effects, kPredictors);
              const Matrix weights = b.uploaded(RowMatrix(pattern(kPredictors * n, 1, 0.4).array() + 1.5));
              const auto factors = b.fisher_factors(network, theta(b, network), weights, 100);
              return inputs ? factors[l].inputs : factors[l].derivatives;
            });
          }
        }
      }
    }
    expect_same(on, 1e-11, [&](const Backend& b) {
      Matrix eta = b.uploaded(pattern(kPredictors * n, 1, 0.3));
      LinearPredictor own{b.uploaded(pattern(n, 1, 0.1)), {}, b.uploaded(pattern(14, 1, 0.6)), {}, {}};
      own.dense = {b.uploaded(pattern(n, 2, 0.4)), b.uploaded(pattern(n, 12, 0.5))};
      std::vector<std::int32_t> group;
      for (Eigen::Index i = 0; i < n; ++i) group.push_back(static_cast<std::int32_t>(i % 7));
      own.terms = {{b.uploaded(pattern(n, 2, 0.8)), b.upload_indices(group, 7)}};
      own.effects = {b.uploaded(pattern(7, 2, 0.9))};
      Matrix terms = b.allocate(n, 1);
      Matrix scores = b.allocate(n, 1);
      Matrix none;
      const auto value = [&](Matrix& each, Matrix& slopes) {
        return b.residual_likelihood(likelihood_on(b, Family::categorical, n), own, b.uploaded(pattern(n, 1, 0.2)),
                                     b.uploaded(pattern(n, 1, 0.7)), 1, eta, each, slopes);
      };
      const double with_terms = value(terms, scores);
      EXPECT_NEAR(value(none, none), with_terms, 1e-11 * std::fabs(with_terms));
      EXPECT_NEAR(b.download(terms).sum(), with_terms, 1e-11 * std::fabs(with_terms));
      RowMatrix all(5 * n + 1, 1);
      all << b.download(eta), b.download(terms), b.download(scores), one(with_terms);
      return all;
    });
  }
}

}  // namespace
}  // namespace bdglm::test
