// A backend that passes every operation on to another and books its time, multiply-adds and bytes.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <type_traits>

#include "compute/dense_backend.hpp"

namespace bdglm::bench {

/// What the operations of one name cost; flops and bytes are the least that their results need.
struct Cost {
  long calls = 0;
  double seconds = 0;
  double product_flops = 0;  ///< of products of matrices
  double bytes = 0;          ///< read or written once
  double draws = 0;          ///< Pólya-Gamma or piecewise Gaussian draws
};

class CountingBackend final : public DenseBackend {
 public:
  explicit CountingBackend(std::shared_ptr<const Backend> inner) : inner_(std::move(inner)) {}

  const std::map<std::string, Cost>& costs() const { return costs_; }
  long allocations() const { return allocations_; }
  void reset() {
    costs_.clear();
    allocations_ = 0;
  }

  std::string name() const override { return inner_->name(); }
  void finish() const override { inner_->finish(); }
  void all_reduce(double* values, std::size_t n) const override { inner_->all_reduce(values, n); }
  Eigen::Index first_row() const override { return inner_->first_row(); }
  Matrix allocate(Eigen::Index rows, Eigen::Index cols) const override {
    ++allocations_;
    return count("allocate", 0, 8 * size(rows, cols), 0, [&] { return inner_->allocate(rows, cols); });
  }
  void upload(const RowMatrix& host, Matrix& m) const override {
    count("upload", 0, 16 * number(m), 0, [&] { inner_->upload(host, m); });
  }
  RowMatrix download(const Matrix& m) const override {
    return count("download", 0, 16 * number(m), 0, [&] { return inner_->download(m); });
  }
  Indices upload_indices(const std::vector<std::int32_t>& index, Eigen::Index groups) const override {
    return inner_->upload_indices(index, groups);
  }
  void copy(const Matrix& from, Matrix& to) const override {
    count("copy", 0, 16 * number(from), 0, [&] { inner_->copy(from, to); });
  }
  void copy_segment(const Matrix& from, Eigen::Index at, Matrix& to, Eigen::Index to_at,
                    Eigen::Index n) const override {
    count("copy", 0, 16.0 * static_cast<double>(n), 0, [&] { inner_->copy_segment(from, at, to, to_at, n); });
  }
  void axpy(double a, const Matrix& x, Matrix& y) const override {
    count("axpy", 0, 24 * number(x), 0, [&] { inner_->axpy(a, x, y); });
  }
  void rotate(double angle, Matrix& x, Matrix& y) const override {
    count("vectors", 0, 32 * number(x), 0, [&] { inner_->rotate(angle, x, y); });
  }
  double dot(const Matrix& x, const Matrix& y) const override {
    return count("dot", 0, 16 * number(x), 0, [&] { return inner_->dot(x, y); });
  }
  double dot_rows(const Matrix& x, const Matrix& y) const override {
    return count("dot", 0, 16 * number(x), 0, [&] { return inner_->dot_rows(x, y); });
  }
  void draw_normal(const Address& address, Matrix& out) const override {
    count("draw_normal", 0, 8 * number(out), 0, [&] { inner_->draw_normal(address, out); });
  }
  double add_normal_prior(const Matrix& theta, const Matrix& mean, const Matrix& precision,
                          Matrix& gradient) const override {
    return count("add_normal_prior", 0, 40 * number(theta), 0,
                 [&] { return inner_->add_normal_prior(theta, mean, precision, gradient); });
  }
  void precondition(const Metric& metric, bool transposed, const Matrix& v, Matrix& out) const override {
    double flops = number(metric.cholesky);
    for (const MetricBlock& b : metric.blocks) {
      if (!b.left.empty()) flops += 2 * number(b.left) * static_cast<double>(b.cols);
      if (!b.right.empty()) flops += 2 * number(b.right) * static_cast<double>(b.rows);
    }
    count("precondition", flops, 8 * number(metric.cholesky) + 32 * number(v), 0,
          [&] { inner_->precondition(metric, transposed, v, out); });
  }
  void transform(const Matrix& x, const RowMatrix& m, Matrix& out) const override {
    count("transform", 0, 16 * number(x), 0, [&] { inner_->transform(x, m, out); });
  }
  void working_residual(const Matrix& kappa, const Matrix& omega, const Matrix& base, Matrix& out) const override {
    count("working_residual", 0, 32 * number(out), 0, [&] { inner_->working_residual(kappa, omega, base, out); });
  }
  void add_group_effects(const ResidentTerm& term, const Matrix& u, double scale, Matrix& eta) const override {
    count("add_group_effects", 0, 8 * number(term.z) + 20 * number(eta) + 8 * number(u), 0,
          [&] { inner_->add_group_effects(term, u, scale, eta); });
  }
  void forward(const Network& network, const Matrix& theta, const Matrix& base, std::vector<Matrix>& pre,
               std::vector<Matrix>& act, Matrix& eta) const override {
    double kept = 0;
    for (const Matrix& m : pre) kept += number(m);
    for (const Matrix& m : act) kept += number(m);
    count("forward", products(network, number(eta)), design_bytes(network, number(eta)) + 16 * number(eta) + 8 * kept,
          0, [&] { inner_->forward(network, theta, base, pre, act, eta); });
  }
  void layer_mean(const Network& network, const Matrix& theta, int layer, const Matrix& below,
                  Matrix& out) const override {
    count("layer_mean", 2 * number(below) * static_cast<double>(out.cols()), 8 * (number(below) + number(out)), 0,
          [&] { inner_->layer_mean(network, theta, layer, below, out); });
  }
  double gradient(const Network& network, const Matrix& theta, const Matrix& base, const Likelihood& likelihood,
                  Matrix& gradient, Matrix& eta) const override {
    // Forward, then the weights' derivatives, then deltas of all layers but the first.
    const double n = number(eta);
    double flops = 2 * products(network, n);
    for (int l = 1; l < network.shape.layers(); ++l)
      flops += 2 * n * network.shape.input_width(l) * network.shape.width(l);
    return count("gradient", flops, design_bytes(network, n) + 32 * n, 0,
                 [&] { return inner_->gradient(network, theta, base, likelihood, gradient, eta); });
  }
  std::vector<FisherFactors> fisher_factors(const Network& network, const Matrix& theta, const Matrix& weights,
                                            Eigen::Index largest) const override {
    return count("fisher_factors", 2 * products(network, number(weights)), 0, 0,
                 [&] { return inner_->fisher_factors(network, theta, weights, largest); });
  }
  double log_likelihood(const Likelihood& likelihood, const Matrix& eta) const override {
    return count("log_likelihood", 0, 24 * number(eta), 0, [&] { return inner_->log_likelihood(likelihood, eta); });
  }
  std::function<double(double)> log_likelihood_along(const Likelihood& likelihood, const Matrix& base,
                                                     const Matrix& direction, double at_base) const override {
    const auto f = inner_->log_likelihood_along(likelihood, base, direction, at_base);
    return [this, f, n = number(base)](double scale) {
      return count("log_likelihood_along", 0, 32 * n, 0, [&] { return f(scale); });
    };
  }
  double residual_likelihood(const Likelihood& likelihood, const LinearPredictor& own, const Matrix& omega,
                             const Matrix& kappa, int predictor, Matrix& eta, Matrix& terms,
                             Matrix& scores) const override {
    double columns = 0;
    for (const Matrix& dense : own.dense) columns += static_cast<double>(dense.cols());
    for (const ResidentTerm& term : own.terms) columns += static_cast<double>(term.z.cols()) + 1;
    const double rows = number(omega);
    return count("residual_likelihood", 2 * columns * rows, 8 * (columns + 8) * rows, 0, [&] {
      return inner_->residual_likelihood(likelihood, own, omega, kappa, predictor, eta, terms, scores);
    });
  }
  void draw_latents(const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                    Matrix& omega, Matrix& kappa) const override {
    count("draw_latents", 0, 40 * number(eta),
          describe(likelihood.family).augmentation == Augmentation::polya_gamma ? number(eta) : 0,
          [&] { inner_->draw_latents(likelihood, eta, predictor, address, omega, kappa); });
  }
  Eigen::VectorXd grouped_squares(const Matrix& response, const Matrix& eta, const Matrix& weights,
                                  const Indices& index) const override {
    return count("grouped_squares", 0, 28 * number(eta), 0,
                 [&] { return inner_->grouped_squares(response, eta, weights, index); });
  }
  void set_precisions(const Matrix& weights, const Indices& index, const Eigen::VectorXd& variance,
                      Matrix& out) const override {
    count("set_precisions", 0, 20 * number(out), 0, [&] { inner_->set_precisions(weights, index, variance, out); });
  }
  RowMatrix gram(const Matrix& x) const override {
    return count("weighted_gram", 0, 8 * number(x), 0, [&] { return inner_->gram(x); });
  }
  RowMatrix weighted_gram(const std::vector<Matrix>& blocks, const Matrix& weights) const override {
    double width = 0;
    for (const Matrix& m : blocks) width += static_cast<double>(m.cols());
    return count("weighted_gram", number(weights) * width * width, 8 * number(weights) * width, 0,
                 [&] { return inner_->weighted_gram(blocks, weights); });
  }
  std::unique_ptr<ArrowConditional> condition_arrow(ArrowSystem system, const Matrix& omega,
                                                    const Matrix& linear) const override {
    return std::make_unique<CountingArrow>(*this, std::move(system), omega, linear);
  }
  void draw_hidden_units(const HiddenLayer& layer, Slopes slopes, const Address& address, Matrix& z,
                         Matrix& activations) const override {
    const double up = number(layer.weights_up);
    count("draw_hidden_units", 4 * static_cast<double>(z.rows()) * up, 32 * number(z), number(z),
          [&] { inner_->draw_hidden_units(layer, slopes, address, z, activations); });
  }
  void draw_regression(const Matrix& inputs, const Matrix& targets, double variance, const Eigen::VectorXd& prior,
                       const Address& address, Matrix& weights) const override {
    const auto d = static_cast<double>(inputs.cols());
    const auto k = static_cast<double>(targets.cols());
    const double n = static_cast<double>(inputs.rows());
    count("draw_regression", n * d * d + 2 * n * d * k + d * d * d / 3 + 2 * d * d * k,
          8 * (number(inputs) + number(targets)), 0,
          [&] { inner_->draw_regression(inputs, targets, variance, prior, address, weights); });
  }

 private:
  /// An arrow system's sums, trials and draws, each booked.
  class CountingArrow final : public ArrowConditional {
   public:
    CountingArrow(const CountingBackend& owner, ArrowSystem system, const Matrix& omega, const Matrix& linear)
        : owner_(owner) {
      const double n = number(omega);
      double width = 0;
      for (const Matrix& m : system.dense) width += static_cast<double>(m.cols());
      double effects = 0;
      for (const auto* list : {&system.crossed, &system.chain})
        for (const ArrowTerm& g : *list) effects += static_cast<double>(g.term.z.cols());
      inner_ = owner.count("arrow sums", n * (width * width + 2 * effects * (width + effects)),
                           8 * n * (width + effects + 2), 0,
                           [&] { return owner.inner_->condition_arrow(std::move(system), omega, linear); });
    }
    bool light(std::size_t term) const override { return inner_->light(term); }
    bool by_rows() override { return inner_->by_rows(); }
    void scale_rows(double factor) override { inner_->scale_rows(factor); }
    void scale_prior(double factor) override { inner_->scale_prior(factor); }
    double log_density_of_rows() override {
      return owner_.count("density of rows", 0, 0, 0, [&] { return inner_->log_density_of_rows(); });
    }
    void set_prior_precision(std::size_t term, const RowMatrix& precision) override {
      inner_->set_prior_precision(term, precision);
    }
    double log_marginal() override {
      return owner_.count("arrow trials", 0, 0, 0, [&] { return inner_->log_marginal(); });
    }
    void draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed,
              std::vector<Matrix>& chain) override {
      owner_.count("arrow draw", 0, 0, 0, [&] { inner_->draw(address, dense, crossed, chain); });
    }

    void place(const ArrowCoordinates& xi, ArrowEffects& theta) override {
      owner_.count("arrow place", 0, 0, 0, [&] { inner_->place(xi, theta); });
    }
    void whiten(const ArrowEffects& theta, ArrowCoordinates& xi) override {
      owner_.count("arrow whiten", 0, 0, 0, [&] { inner_->whiten(theta, xi); });
    }
    void place_chain(const ArrowCoordinates& xi, ArrowEffects& theta) override {
      owner_.count("arrow place", 0, 0, 0, [&] { inner_->place_chain(xi, theta); });
    }
    GroupFactors groups_given(const ArrowEffects& theta) override {
      return owner_.count("arrow groups", 0, 0, 0, [&] { return inner_->groups_given(theta); });
    }
    void pull(const Matrix& v, ArrowCoordinates& out) override {
      owner_.count("arrow pull", 0, 0, 0, [&] { inner_->pull(v, out); });
    }
    double accept_groups(const Address& address, const Matrix& change,
                         const std::vector<const ArrowCoordinates*>& before,
                         const std::vector<const ArrowCoordinates*>& after, const ArrowCoordinates& from,
                         ArrowCoordinates& to) override {
      return owner_.count("arrow acceptance", 0, 0, 0,
                          [&] { return inner_->accept_groups(address, change, before, after, from, to); });
    }

   private:
    const CountingBackend& owner_;
    std::unique_ptr<ArrowConditional> inner_;
  };

  static double size(Eigen::Index rows, Eigen::Index cols) { return static_cast<double>(rows * cols); }
  static double number(const Matrix& m) { return static_cast<double>(m.size()); }

  /// Products of the forward pass; a linear predictor is bound by bytes, not by flops.
  static double products(const Network& network, double n) {
    double flops = 0;
    for (int l = 0; l < network.shape.layers(); ++l)
      flops += 2 * n / network.shape.predictors() * network.shape.input_width(l) * network.shape.width(l);
    return flops;
  }
  static double design_bytes(const Network& network, double n) {
    const double rows = n / network.shape.predictors();
    return rows * (8.0 * network.shape.inputs + (network.single_precision ? 4.0 : 8.0) * network.shape.head(0).fixed);
  }

  template <class F>
  std::invoke_result_t<F> count(const char* name, double flops, double bytes, double draws, F&& f) const {
    // A device's work is waited for, so that it is booked where it belongs.
    struct Clock {
      Cost& cost;
      const Backend& backend;
      std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
      ~Clock() {
        backend.finish();
        cost.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      }
    };
    Cost& cost = costs_[name];
    ++cost.calls;
    cost.product_flops += flops;
    cost.bytes += bytes;
    cost.draws += draws;
    const Clock clock{cost, *inner_};
    return f();
  }

  std::shared_ptr<const Backend> inner_;
  mutable std::map<std::string, Cost> costs_;
  mutable long allocations_ = 0;
};

}  // namespace bdglm::bench
