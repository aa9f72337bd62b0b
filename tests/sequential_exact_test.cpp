// Priors of updated fits: exact ones against quadrature, the density of all rows and a conjugate posterior; joint ones.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>
#include <functional>

#include "api/update_job.hpp"
#include "fitfile/memory_draws.hpp"
#include "run/run.hpp"
#include "sampling/standard.hpp"
#include "support/draws.hpp"
#include "support/problem.hpp"
#include "support/sequential.hpp"
#include "support/words.hpp"
#include "target/family_coordinates.hpp"

namespace bdglm::test {
namespace {

/// Rows [from, to) of a regression with a column far from zero, weights and an offset.
struct Regression {
  Eigen::MatrixXd x;  ///< with the intercept
  Eigen::VectorXd y, weight, offset;

  explicit Regression(int rows) : x(rows, 3), y(rows), weight(rows), offset(rows) {
    const std::vector<double> noise =
        draw_many(static_cast<std::size_t>(rows), 1, [](Stream& s) { return draw_normal<double>(s); });
    for (int i = 0; i < rows; ++i) {
      x.row(i) << 1, 200 + 0.1 * i, std::sin(1.7 * i);
      weight[i] = 0.5 + i % 3;
      offset[i] = 0.3 * (i % 4);
      y[i] = 3 + 0.4 * (x(i, 1) - 200) - 0.7 * x(i, 2) + offset[i] +
             0.8 * noise[static_cast<std::size_t>(i)] / std::sqrt(weight[i]);
    }
  }

  Data data(int from, int to) const {
    const auto part = [&](const Eigen::VectorXd& v) { return std::vector<double>(v.begin() + from, v.begin() + to); };
    Data data;
    data.add_numbers("y", part(y)).add_numbers("t", part(x.col(1))).add_numbers("x", part(x.col(2)));
    data.add_numbers("w", part(weight)).add_numbers("o", part(offset));
    return data;
  }
};

constexpr const char* kFormula = "y | weights(w) ~ t + x + offset(o)";

ModelSpec regression_spec(const Data& data, const std::string& sigma) {
  ModelSpec spec;
  spec.formula = kFormula;
  spec.data = data;
  spec.family = "gaussian";
  spec.priors = {"b_Intercept ~ normal(0, 50)", "b ~ normal(0, 1)", "sigma ~ " + sigma};
  return spec;
}

struct Moments {
  double mean = 0, sd = 0;
};

/// Of coefficients, then sigma: quadrature over ln sigma^2, the coefficients integrated out in closed form.
std::vector<Moments> exact_posterior(const Regression& r, const std::function<double(double)>& log_prior_of_variance) {
  const Eigen::Vector3d precision(1 / 2500.0, 1, 1);
  const Eigen::VectorXd y = r.y - r.offset;
  const Eigen::Matrix3d gram = r.x.transpose() * r.weight.asDiagonal() * r.x;
  const Eigen::Vector3d linear = r.x.transpose() * r.weight.asDiagonal() * y;
  const double squares = (r.weight.array() * y.array().square()).sum();
  double total = 0;
  std::vector<double> sums(8, 0.0);
  double highest = -INFINITY;
  const auto visit = [&](bool weigh) {
    for (double u = -4; u < 4; u += 0.002) {
      const double v = std::exp(u);
      const Eigen::Matrix3d p = gram / v + Eigen::Matrix3d(precision.asDiagonal());
      const Eigen::LLT<Eigen::Matrix3d> llt(p);
      const Eigen::Vector3d mean = llt.solve(linear / v);
      const double density = log_prior_of_variance(v) + u - 0.5 * static_cast<double>(y.size()) * u -
                             0.5 * squares / v + 0.5 * mean.dot(linear) / v -
                             Eigen::Matrix3d(llt.matrixL()).diagonal().array().log().sum();
      highest = weigh ? highest : std::max(highest, density);
      if (!weigh) continue;
      const double weight = std::exp(density - highest);
      const Eigen::Matrix3d covariance = p.inverse();
      total += weight;
      for (int k = 0; k < 3; ++k) {
        sums[static_cast<std::size_t>(2 * k)] += weight * mean[k];
        sums[static_cast<std::size_t>(2 * k + 1)] += weight * (covariance(k, k) + mean[k] * mean[k]);
      }
      sums[6] += weight * std::sqrt(v);
      sums[7] += weight * v;
    }
  };
  visit(false);
  visit(true);
  std::vector<Moments> result;
  for (std::size_t k = 0; k < 4; ++k) {
    const double mean = sums[2 * k] / total;
    result.push_back({mean, std::sqrt(sums[2 * k + 1] / total - mean * mean)});
  }
  return result;
}

constexpr const char* kNames[] = {"b_Intercept", "b_t", "b_x", "sigma"};

double half_t_log_density(double variance) { return -2 * std::log1p(variance / 12) - 0.5 * std::log(variance); }

TEST(Sequential, AGaussianFitIsUpdatedExactly) {
  const Regression r(60);
  for (const bool conjugate : {true, false}) {
    const std::vector<Moments> exact =
        exact_posterior(r, conjugate ? [](double v) { return -3 * std::log(v) - 1 / v; } : half_t_log_density);
    const std::string sigma = conjugate ? "inv_gamma(2, 1)" : "half_t(3, 2)";
    Posterior fit = bdglm::fit(regression_spec(r.data(0, 25), sigma), run_of(500, 1));
    // Rows one by one, and rows that hold a single value of a column, are as good as any.
    for (const auto& [from, to] : {std::pair(25, 26), std::pair(26, 40), std::pair(40, 60)})
      fit = update(fit, r.data(from, to), run_of(4000, 2));
    EXPECT_HAS(fit.notes().front(), "updated exactly: the likelihood of 40 earlier rows");
    for (std::size_t k = 0; k < exact.size(); ++k) {
      const ParameterSummary got = of(fit, kNames[k]);
      EXPECT_GT(got.ess_bulk, 4000) << kNames[k];
      EXPECT_NEAR(got.mean, exact[k].mean, 4 * got.mcse) << kNames[k];
      EXPECT_NEAR(got.sd, exact[k].sd, 4 * exact[k].sd / std::sqrt(2 * got.ess_bulk) + 0.01 * exact[k].sd) << kNames[k];
    }
    // Without what the earlier rows say the last ones tell something else.
    const Posterior alone = bdglm::fit(regression_spec(r.data(40, 60), sigma), run_of(4000, 2));
    EXPECT_GT(of(alone, "b_t").sd, 2 * exact[1].sd);
    EXPECT_GT(std::fabs(of(alone, "b_Intercept").mean - exact[0].mean), 20 * of(alone, "b_Intercept").mcse);
  }
}

std::shared_ptr<MemoryDraws> fitted(const ModelSpec& spec, const RunOptions& run) {
  std::shared_ptr<MemoryDraws> draws;
  run_fit(make_job(spec, run),
          [&](FitLayout layout) -> DrawSink& {
            draws = std::make_shared<MemoryDraws>(std::move(layout));
            return *draws;
          },
          {});
  return draws;
}

/// A job's model on the CPU.
struct JobModel {
  Design design;
  Model model;
  std::shared_ptr<const Backend> backend = open_cpu_backend();
  ResidentData data;
  Context context;

  explicit JobModel(FitJob job)
      : design(std::move(job.design)),
        model(make_model(job.frame, design, job.family, job.model)),
        data(make_resident(model, design, *backend)),
        context{model, data, *backend} {}

  double log_posterior_at(const Eigen::VectorXd& user, double variance) const {
    State state = make_state(context);
    Eigen::VectorXd theta = model.scaling.front().to_internal(user);
    if (!model.rotation.empty()) theta = model.rotation.front().lu().solve(theta);
    EXPECT_LT((model.user_coefficients(theta) - user).norm(), 1e-9 * user.norm());
    backend->upload(RowMatrix(theta), state.theta);
    state.sigma2.setConstant(variance);
    refresh(state, context);
    return log_posterior(state, context);
  }
};

/// The density itself, up to a constant: no draws in between. The prior of an intercept at the predictors' means is at
/// those of the first rows.
TEST(Sequential, TheExactUpdatesDensityIsThatOfAllRows) {
  const Regression r(50);
  const RunOptions run = run_of(20, 3);
  for (const bool at_means : {false, true}) {
    ModelSpec spec = regression_spec(r.data(0, 20), "half_t(3, 2)");
    const Eigen::Vector2d center =
        at_means ? Eigen::Vector2d(r.x.topRows(20).rightCols(2).colwise().mean()) : Eigen::Vector2d(0, 0);
    if (at_means) spec.priors[0] = "Intercept ~ normal(0, 50)";
    const auto log_density = [&](const Eigen::Vector3d& b, double variance) {
      const double intercept = b[0] + center.dot(b.tail(2));
      const Eigen::ArrayXd residual = (r.y - r.offset - r.x * b).array();
      return half_t_log_density(variance) - 0.5 * (intercept * intercept / 2500 + b.tail(2).squaredNorm()) -
             25 * std::log(variance) - 0.5 * (r.weight.array() * residual.square()).sum() / variance;
    };
    const auto first = fitted(spec, run);
    const JobModel updated(make_update_job(*first, r.data(20, 50).table(), run));
    const Eigen::Vector3d at(3 - 80, 0.4, -0.7);
    const double here = updated.log_posterior_at(at, 0.5) - log_density(at, 0.5);
    for (int k = 1; k < 8; ++k) {
      const Eigen::Vector3d there(at[0] + 0.3 * k, at[1] + 0.001 * k * k, at[2] - 0.2 * k);
      const double expected = log_density(there, 0.2 + 0.3 * k);
      EXPECT_NEAR(updated.log_posterior_at(there, 0.2 + 0.3 * k) - expected, here, 1e-8 * std::fabs(expected)) << k;
    }
  }
}

/// In the sampler's coordinates, which take predictors and the family's numbers apart, the prior of a summary is the
/// joint normal that it states; its slope is that of its density, and a predictor's mean given the others is where the
/// slope by its own coefficients vanishes.
TEST(Sequential, ASummarysPriorIsItsJointNormal) {
  const std::vector<std::pair<const char*, const char*>> cases = {{"levels ~ x", "categorical"},
                                                                  {"levels ~ x", "ordinal"},
                                                                  {"count ~ x", "zero_inflated_negative_binomial"},
                                                                  {"y ~ x", "student_t"}};
  std::vector<double> x, y, count, levels;
  for (int i = 0; i < 80; ++i) {
    x.push_back(3 + std::sin(1.7 * i));
    y.push_back(x.back() + std::cos(2.9 * i));
    count.push_back(i * i % 7);
    levels.push_back(i * i * i % 5 % 4);
  }
  Data data;
  data.add_numbers("x", x).add_numbers("y", y).add_numbers("count", count).add_numbers("levels", levels);
  for (const auto& [formula, family] : cases) {
    ModelSpec spec;
    spec.formula = formula;
    spec.family = family;
    spec.data = data;
    const JobModel job(make_update_job(*fitted(spec, run_of(150, 8)), data.table(), run_of(20, 9)));
    const JointNormal& joint = job.model.priors.earlier->joint;
    const Eigen::MatrixXd root = joint.covariance.llt().matrixL();
    const FamilyCoordinates coordinates(job.model);
    const Eigen::Index size = joint.mean.size();
    const Eigen::Index fixed = job.model.shape.all_fixed();
    double first = 0;
    for (int k = 0; k < 6; ++k) {
      Eigen::VectorXd z(size);
      for (Eigen::Index j = 0; j < size; ++j) z[j] = 1.5 * std::sin(1.0 + 2.1 * k + 0.7 * static_cast<double>(j));
      const Eigen::VectorXd w = joint.mean + root * z;
      Eigen::VectorXd theta(fixed);
      Eigen::Index from = 0;
      for (const Eigen::MatrixXd& rotation : job.model.rotation) {
        theta.segment(from, rotation.rows()) = rotation.lu().solve(w.segment(from, rotation.rows()));
        from += rotation.rows();
      }
      State state = make_state(job.context);
      job.backend->upload(RowMatrix(theta), state.theta);
      const Eigen::VectorXd numbers = w.tail(size - fixed);
      coordinates.put(numbers, state, job.context);
      refresh(state, job.context);
      const double prior = log_posterior(state, job.context) -
                           job.backend->log_likelihood(state.likelihood, state.eta) +
                           coordinates.log_slope(numbers, job.model) + 0.5 * z.squaredNorm();
      if (k == 0) first = prior;
      EXPECT_NEAR(prior, first, 1e-7 * (1 + z.squaredNorm())) << family;
      const Eigen::VectorXd slope = job.context.theta_prior_slope(theta, state);
      for (Eigen::Index j = 0; j < fixed; ++j) {
        const Eigen::VectorXd step = 1e-4 * Eigen::VectorXd::Unit(fixed, j);
        const double difference =
            job.context.theta_log_prior(theta + step, state) - job.context.theta_log_prior(theta - step, state);
        EXPECT_NEAR(slope[j], difference / 2e-4, 1e-5 * (1 + std::fabs(slope[j]))) << family;
      }
      for (int c = 0; c < job.model.shape.predictors(); ++c) {
        const Eigen::Index at = job.model.shape.head_offset(c);
        const Eigen::Index own = job.model.shape.head(c).size();
        Eigen::VectorXd there = theta;
        there.segment(at, own) = job.context.head_prior_mean(c, state);
        EXPECT_LT(job.context.theta_prior_slope(there, state).segment(at, own).norm(), 1e-9 * (1 + theta.norm()));
      }
    }
  }
}

/// y ~ normal(mu, 2), mu ~ normal(10, 5): after each row the conjugate posterior.
TEST(Sequential, AMeanWithKnownVarianceHasTheConjugatePosterior) {
  const std::vector<double> y = {12.1, 9.4, 11.7, 13.3, 10.9, 12.6, 8.8};
  const auto rows = [&](std::size_t from, std::size_t to) {
    Data data;
    data.add_numbers("y", {y.begin() + static_cast<std::ptrdiff_t>(from), y.begin() + static_cast<std::ptrdiff_t>(to)});
    return data;
  };
  ModelSpec spec;
  spec.formula = "y ~ 1";
  spec.data = rows(0, 3);
  spec.family = "gaussian";
  spec.priors = {"Intercept ~ normal(10, 5)", "sigma ~ inv_gamma(1e9, 4e9)"};
  Posterior fit = bdglm::fit(spec, run_of(100, 4));
  for (const auto& [from, to] : {std::pair<std::size_t, std::size_t>(3, 4), {4, 5}, {5, 7}}) {
    fit = update(fit, rows(from, to), run_of(4000, 5));
    double precision = 1 / 25.0;
    double linear = 10 / 25.0;
    for (std::size_t i = 0; i < to; ++i) {
      precision += 1 / 4.0;
      linear += y[i] / 4;
    }
    const ParameterSummary mu = of(fit, "b_Intercept");
    EXPECT_NEAR(mu.mean, linear / precision, 4 * mu.mcse) << to;
    EXPECT_NEAR(mu.sd, 1 / std::sqrt(precision), 0.04 / std::sqrt(precision)) << to;
  }
}

}  // namespace
}  // namespace bdglm::test
