// Vectors, Gaussian conditionals and hidden units of the CUDA backend against the CPU's, at awkward sizes.
#include "support/machines.hpp"

namespace bdglm::test {
namespace {

TEST(Cuda, Vectors) {
  const Machines on;
  for (const Eigen::Index n : kSizes) {
    const auto vector = [&](const Backend& b, double phase) { return b.uploaded(pattern(n, 1, phase)); };
    expect_same(on, 1e-15, [&](const Backend& b) {
      Matrix y = vector(b, 0.2);
      b.axpy(-1.7, vector(b, 1.1), y);
      b.axpy(-2, y, y);
      return b.download(y);
    });
    expect_same(on, 1e-13, [&](const Backend& b) { return one(b.dot(vector(b, 0.2), vector(b, 0.9))); });
    expect_same(on, 1e-13, [&](const Backend& b) {
      Matrix out = b.allocate(n, 1);
      b.draw_normal({3, 1, 2, Site::simulation, 4}, out);
      return b.download(out);
    });
    expect_same(on, 1e-13, [&](const Backend& b) {
      Matrix gradient = vector(b, 0.6);
      const double value = b.add_normal_prior(vector(b, 0.1), vector(b, 0.3), vector(b, 0.7), gradient);
      RowMatrix out = b.download(gradient);
      out.conservativeResize(n + 1, 1);
      out(n, 0) = value;
      return out;
    });
    expect_same(on, 1e-14, [&](const Backend& b) {
      Matrix out = b.allocate(n, 1);
      b.working_residual(vector(b, 0.1), vector(b, 0.5), vector(b, 0.8), out);
      return b.download(out);
    });
    expect_same(on, 1e-14, [&](const Backend& b) {
      Matrix out = b.allocate(n, 2);
      b.transform(b.uploaded(pattern(n, 3, 0.4)), pattern(2, 3, 0.5), out);
      return b.download(out);
    });
    expect_same(on, 1e-15, [&](const Backend& b) {
      Matrix out = b.allocate(n + 3, 1);
      b.copy_segment(vector(b, 0.4), 0, out, 2, n);
      return b.download(out);
    });
  }
}

TEST(Cuda, Preconditioners) {
  const Machines on;
  for (const bool transposed : {false, true}) {
    expect_same(on, 1e-12, [&](const Backend& b) {
      Metric metric;
      metric.cholesky = b.uploaded(
          RowMatrix(RowMatrix(pattern(33, 33, 0.4) + 8 * RowMatrix::Identity(33, 33)).triangularView<Eigen::Lower>()));
      Matrix out = b.allocate(33, 1);
      b.precondition(metric, transposed, b.uploaded(pattern(33, 1, 0.2)), out);
      return b.download(out);
    });
    expect_same(on, 1e-12, [&](const Backend& b) {
      Metric metric;
      metric.diagonal = b.uploaded(pattern(14, 1, 0.3));
      metric.scale = b.uploaded(pattern(14, 1, 0.8));
      metric.blocks.push_back({0, 3, 2, b.uploaded(pattern(3, 3, 1.1)), b.uploaded(pattern(2, 2, 0.4))});
      metric.blocks.push_back({6, 4, 1, b.uploaded(pattern(4, 4, 2.1)), Matrix()});
      metric.blocks.push_back({10, 2, 2, Matrix(), b.uploaded(pattern(2, 2, 0.9))});
      Matrix out = b.allocate(14, 1);
      b.precondition(metric, transposed, b.uploaded(pattern(14, 1, 0.2)), out);
      return b.download(out);
    });
  }
}

TEST(Cuda, GroupsOfRows) {
  const Machines on;
  for (const Eigen::Index n : kSizes) {
    for (const Eigen::Index levels : {Eigen::Index{1}, Eigen::Index{8}, n + 5}) {
      const auto index = groups_of(n, levels);
      expect_same(on, 1e-13, [&](const Backend& b) {
        Matrix eta = b.uploaded(pattern(n, 1, 0.4));
        b.add_group_effects({b.uploaded(pattern(n, 3, 0.6)), b.upload_indices(index, levels)},
                            b.uploaded(pattern(levels, 3, 0.9)), -0.3, eta);
        return b.download(eta);
      });
      expect_same(on, 1e-13, [&](const Backend& b) {
        return RowMatrix(b.grouped_squares(b.uploaded(pattern(n, 1, 0.1)), b.uploaded(pattern(n, 1, 0.2)),
                                           b.uploaded(pattern(n, 1, 0.3)), b.upload_indices(index, levels)));
      });
      expect_same(on, 1e-14, [&](const Backend& b) {
        Matrix size = b.allocate(n, 1);
        b.set_precisions(b.uploaded(pattern(n, 1, 0.3)), b.upload_indices(index, levels),
                         (pattern(levels, 1, 0.2).array() + 2).matrix(), size);
        return b.download(size);
      });
    }
  }
}

TEST(Cuda, GramMatrices) {
  const Machines on;
  std::vector<Eigen::Index> sizes(std::begin(kSizes), std::end(kSizes));
  sizes.push_back(9001);  // cut into parts whose sums are added up in two steps, and a rest
  for (const Eigen::Index n : sizes) {
    for (const bool weighted : {false, true}) {
      expect_same(on, 1e-12, [&](const Backend& b) {
        const Matrix weights = weighted ? b.uploaded(RowMatrix((pattern(n, 1, 0.4).array() + 1.5).matrix())) : Matrix();
        return b.weighted_gram({b.uploaded(pattern(n, 3, 0.4)), b.uploaded(pattern(n, 33, 0.9))}, weights);
      });
    }
  }
}

TEST(Cuda, Regressions) {
  const Machines on;
  for (const Eigen::Index n : kSizes) {
    expect_same(on, 1e-10, [&](const Backend& b) {
      Matrix weights = b.uploaded(pattern(6, 33, 0.4));
      b.draw_regression(b.uploaded(pattern(n, 5, 0.2)), b.uploaded(pattern(n, 33, 1.1)), 0.3,
                        (pattern(6, 1, 0.3).array() + 1.5).matrix(), {4, 0, 2, Site::layer_weights, 1}, weights);
      return b.download(weights);
    });
  }
}

TEST(Cuda, HiddenUnits) {
  const Machines on;
  for (const Eigen::Index n : kSizes) {
    for (const Eigen::Index width : {1, 3, 32, 33, 70}) {
      for (const int kind : {0, 1, 2}) {  // interior; top; top with output effects
        expect_same(on, 1e-9, [&](const Backend& b) {
          HiddenLayer layer;
          layer.noise = 0.4;
          layer.mean = b.uploaded(pattern(n, width, 0.3));
          const Eigen::Index up = kind > 0 ? 1 : 5;
          layer.weights_up = b.uploaded(pattern(width, up, 1.2));
          layer.target = b.uploaded(pattern(n, up, 2.2));
          if (kind > 0)
            layer.row_precision = b.uploaded(RowMatrix((pattern(n, 1, 0.4).array() + 1.5).matrix()));
          else
            layer.precision_up = 1.7;
          if (kind == 2) {
            layer.output_effects = {b.uploaded(pattern(4, width, 0.8)), b.upload_indices(groups_of(n, 4), 4)};
          }
          Matrix z = b.uploaded(pattern(n, width, 0.6));
          Matrix a = b.allocate(n, width);
          RowMatrix activations = pattern(n, width, 0.6);
          activations = (activations.array() < 0).select(0.01 * activations, activations);
          b.upload(activations, a);
          b.draw_hidden_units(layer, {0.01, 1}, {5, 0, 1, Site::hidden_units, 0}, z, a);
          RowMatrix both(n, 2 * width);
          both << b.download(z), b.download(a);
          return both;
        });
      }
    }
  }
}

TEST(Cuda, MoreColumnsThanRows) {
  const Machines on;
  for (const Eigen::Index n : {1, 33}) {
    expect_same(on, 1e-9, [&](const Backend& b) {
      ArrowSystem system;
      system.dense = {b.uploaded(pattern(n, 250, 0.7)), b.uploaded(pattern(n, 50, 1.3))};
      system.dense_prior_precision = (2.2 + pattern(300, 1, 0.4).col(0).array()).matrix();
      system.dense_prior_mean = pattern(300, 1, 2.1).col(0);
      system.dense_scaled = {0, 3, 249, 250, 299};
      RowMatrix omega = (1.5 + pattern(n, 1, 1.7).array()).matrix();
      RowMatrix linear = pattern(n, 1, 0.9);
      if (n > 1) omega(3, 0) = linear(3, 0) = 0;
      const auto conditional = b.condition_arrow(system, b.uploaded(omega), b.uploaded(linear));
      Matrix dense = b.allocate(300, 1);
      std::vector<Matrix> none;
      conditional->draw({7, 1, 3, Site::arrow_core, 0}, dense, none, none);
      const RowMatrix first = b.download(dense);
      conditional->scale_rows(0.4);
      conditional->scale_prior(30);
      const double density = conditional->log_density_of_rows();
      conditional->draw({7, 1, 4, Site::arrow_core, 0}, dense, none, none);
      RowMatrix all(602, 1);
      all << first, b.download(dense), one(density), one(conditional->log_marginal());
      return all;
    });
  }
}

TEST(Cuda, ArrowSystems) {
  const Machines on;
  for (const Eigen::Index n : {24, 1000}) {
    for (const Eigen::Index columns : {2, 18}) {
      for (const int kind : {0, 1, 2, 3}) {
        expect_same(on, 1e-9, [&](const Backend& b) {
          ArrowSystem system;
          system.dense = {b.uploaded(pattern(n, 2, 0.3))};
          if (columns > 2) system.dense.push_back(b.uploaded(pattern(n, columns - 2, 2.0)));
          system.dense_prior_precision = (pattern(columns, 1, 0.2).array() + 1.5).matrix();
          system.dense_prior_mean = pattern(columns, 1, 1.4);
          const auto group = [&](Eigen::Index q, std::int32_t levels, std::int32_t step, double phase) {
            std::vector<std::int32_t> rows;
            for (Eigen::Index i = 0; i < n; ++i) rows.push_back(static_cast<std::int32_t>(i) % 60 / step % levels);
            const RowMatrix half = pattern(q, q, phase);
            return ArrowTerm{{b.uploaded(pattern(n, q, phase)), b.upload_indices(rows, levels)},
                             RowMatrix(half * half.transpose() + RowMatrix::Identity(q, q))};
          };
          if (kind % 2 == 1) {
            system.crossed.push_back(group(2, 3, 7, 0.9));
            system.crossed.push_back(group(1, 5, 1, 0.2));
          }
          system.chain.push_back(group(2, 60, 1, 1.7));
          if (kind >= 2) {
            system.chain.push_back(group(1, 20, 3, 0.4));
            system.chain.push_back(group(3, 4, 15, 2.4));
            std::vector<std::int32_t> first, second;
            for (int g = 0; g < 60; ++g) first.push_back(g / 3);
            for (int g = 0; g < 20; ++g) second.push_back(g / 5);
            system.parent = {b.upload_indices(first, 20), b.upload_indices(second, 4)};
          }
          const Matrix omega = b.uploaded(RowMatrix((pattern(n, 1, 0.1).array().square() + 0.2).matrix()));
          const Matrix linear = b.uploaded(2 * pattern(n, 1, 5.1));
          Matrix dense = b.allocate(columns, 1);
          std::vector<Matrix> crossed, chain;
          for (const ArrowTerm& g : system.crossed)
            crossed.push_back(b.allocate(g.term.index.groups(), g.term.z.cols()));
          for (const ArrowTerm& g : system.chain) chain.push_back(b.allocate(g.term.index.groups(), g.term.z.cols()));
          const auto conditional = b.condition_arrow(system, omega, linear);
          std::vector<double> all = {conditional->log_marginal()};
          for (std::size_t t = 0; t < crossed.size() + chain.size(); ++t) {
            const RowMatrix precision = t < crossed.size() ? system.crossed[t].prior_precision
                                                           : system.chain[t - crossed.size()].prior_precision;
            conditional->set_prior_precision(t, 2.5 * precision);
            all.push_back(conditional->log_marginal());
            all.push_back(conditional->light(t) ? 1 : 0);
          }
          conditional->draw({3, 0, 5, Site::arrow_core, 1}, dense, crossed, chain);
          std::vector<Matrix> drawn = {b.uploaded(b.download(dense))};
          for (const auto* list : {&crossed, &chain})
            for (const Matrix& m : *list) drawn.push_back(b.uploaded(b.download(m)));
          ArrowEffects theta{dense, crossed, chain};
          Eigen::Index core = dense.size();
          for (const Matrix& m : crossed) core += m.size();
          const auto coordinates = [&](double phase) {
            ArrowCoordinates xi{b.uploaded(pattern(core, 1, phase)), {}};
            for (const Matrix& u : chain) xi.chain.push_back(b.uploaded(pattern(u.rows(), u.cols(), phase + 1)));
            return xi;
          };
          ArrowCoordinates xi = coordinates(0);
          ArrowCoordinates slope = coordinates(1);
          conditional->whiten(theta, xi);
          conditional->pull(linear, slope);
          conditional->place(coordinates(0.3), theta);
          if (chain.size() == 1 && columns == 2) {
            const GroupFactors factors = conditional->groups_given(theta);
            all.insert(all.end(), factors.precision.data(), factors.precision.data() + factors.precision.size());
            all.insert(all.end(), factors.linear.begin(), factors.linear.end());
          }
          conditional->place_chain(coordinates(0.6), theta);
          ArrowCoordinates to = coordinates(0.9);
          all.push_back(conditional->accept_groups({7, 0, 0, Site::residual_accept, 3}, linear, {&xi}, {&slope},
                                                   coordinates(2), to));
          for (const ArrowCoordinates* each : {&xi, &slope, &to}) {
            drawn.push_back(each->core);
            drawn.insert(drawn.end(), each->chain.begin(), each->chain.end());
          }
          drawn.push_back(dense);
          drawn.insert(drawn.end(), crossed.begin(), crossed.end());
          drawn.insert(drawn.end(), chain.begin(), chain.end());
          for (const Matrix& m : drawn) {
            const RowMatrix host = b.download(m);
            all.insert(all.end(), host.data(), host.data() + host.size());
          }
          return RowMatrix(Eigen::Map<const Eigen::VectorXd>(all.data(), static_cast<Eigen::Index>(all.size())));
        });
      }
    }
  }
}

}  // namespace
}  // namespace bdglm::test
