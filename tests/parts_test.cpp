// Whole fits with the rows split over two backends in two threads, against one backend that has them all.
#include <gtest/gtest.h>

#include "kernels/cuda_backend.hpp"
#include "run/recorder.hpp"
#include "support/parts.hpp"
#include "support/pattern.hpp"

namespace bdglm::test {
namespace {

/// Sums over rows are taken in another order, which moves them by 1e-15 of themselves; trajectories and slices enlarge
/// that by some orders of magnitude in a few sweeps, and a latent may round to the next float, 6e-8 away. A decision
/// that falls otherwise, or a sum or an address that is wrong, is off by much more than 1e-3.
constexpr double kRounding = 1e-6;
constexpr double kWrong = 1e-3;

constexpr std::uint32_t kSweeps = 5;

/// One moment of a chain: what all parts must have the same, and what belongs to the rows, rows first.
struct Moment {
  Archive parameters;
  std::map<std::string, RowMatrix> rows;
};

bool of_rows(const std::string& name) {
  return name.rfind("noise", 0) == 0 ? name != "noise_widths"
                                     : name.rfind("pseudo_data", 0) == 0 || name == "pseudo_sums";
}

/// Values of the predictors, predictor by predictor, as n x (columns for each).
RowMatrix by_row(const RowMatrix& m, Eigen::Index n) {
  const Eigen::Index predictors = m.rows() / n;
  RowMatrix out(n, predictors * m.cols());
  for (Eigen::Index c = 0; c < predictors; ++c) out.middleCols(c * m.cols(), m.cols()) = m.middleRows(c * n, n);
  return out;
}

Moment moment(const State& state, const Sweep& sweep, const Context& context, const Recorder& recorder,
              const Address& address) {
  Moment result;
  result.parameters = save_state(state, context);
  sweep.save(result.parameters, context);
  const Eigen::Index n = context.data.rows;
  for (auto it = result.parameters.begin(); it != result.parameters.end();) {
    const bool rows = of_rows(it->first);
    if (rows) result.rows[it->first] = by_row(it->second, n);
    it = rows ? result.parameters.erase(it) : std::next(it);
  }
  result.rows["eta"] = by_row(context.backend.download(state.eta), n);
  result.parameters["log posterior"] = RowMatrix::Constant(1, 1, log_posterior(state, context));
  const std::vector<double> recorded = recorder.values(state, sweep.record(), address, 0);
  result.rows["posterior predictive"] = Eigen::Map<const RowMatrix>(recorded.data() + recorded.size() - n, n, 1);
  return result;
}

/// The warm start and the first sweeps of a chain on the rows of `design`.
std::vector<Moment> run(const Problem& whole, const Design& design, std::shared_ptr<const Backend> backend) {
  const ResidentData data = make_resident(whole.model, design, *backend);
  // Sums of single-precision numbers would differ by more than rounding where rows stand in other tiles.
  const Context context{whole.model, data, *backend, {.path = 16, .rough = false}};
  RunOptions options;
  options.save = {"posterior_predictive"};
  const Recorder recorder(context, whole.frame, design, {}, options, {EffectsSaving::Kind::none, 1});
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, design);
  sweep.begin(warm_start(state, context, {11, 0, 0, Site::warm_start, 0}));
  std::vector<Moment> moments;
  for (std::uint32_t s = 0; s <= kSweeps; ++s) {
    const Address address{11, 0, s, Site::latents, 0};
    if (s > 0) sweep.run(state, context, {address, 4});
    moments.push_back(moment(state, sweep, context, recorder, address));
  }
  return moments;
}

/// The largest difference, in units of the largest value.
double difference(const RowMatrix& a, const RowMatrix& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return INFINITY;
  return a.size() == 0 ? 0 : (a - b).cwiseAbs().maxCoeff() / (1 + a.cwiseAbs().maxCoeff());
}

/// A model and where its rows are split.
struct Case {
  std::string formula;
  Family family;
  ModelOptions options = {};
  std::string sigma = "";
  Table table = {};
  Eigen::Index split = 21;
};

/// How far the chain of two parts is from the whole one's, and where that is. Parts must have the same parameters to
/// the last bit.
double apart(const Case& of, const OpenBackend& open, Fault fault, std::string& where) {
  const Table table = of.table.rows() > 0 ? of.table : small_table(60, 3, 4, has_levels(of.family) ? 3 : 2);
  const Problem problem(table, of.formula, of.family, of.options, of.sigma, open({}));
  const std::vector<Moment> whole = run(problem, problem.design, problem.backend);
  const Eigen::Index n = problem.design.size();
  const std::vector<Eigen::Index> first = {0, of.split};
  std::vector<std::vector<Moment>> parts(2);
  const std::size_t sums = in_parts(first, open, fault, [&](std::size_t p, std::shared_ptr<const Backend> backend) {
    parts[p] = run(problem, slice(problem.design, first[p], p == 0 ? of.split : n - of.split), std::move(backend));
  });
  EXPECT_TRUE(sums > 30 || fault == Fault::sums_of_one_part) << sums;
  double most = 0;
  const auto note = [&](const std::string& name, std::size_t s, double by) {
    if (!(by > most)) return;
    most = by;
    where = name + " after " + std::to_string(s) + " sweeps";
  };
  for (std::size_t s = 0; s < whole.size(); ++s) {
    for (const auto& [name, values] : whole[s].parameters) {
      const RowMatrix& left = parts[0][s].parameters.at(name);
      if (fault == Fault::none) {
        EXPECT_EQ(difference(left, parts[1][s].parameters.at(name)), 0)
            << of.formula << ": " << name << ", sweep " << s;
      }
      // Eigenvectors have no sign; what they make is compared in theta.
      if (name.rfind("information_left", 0) == 0 || name.rfind("information_right", 0) == 0) continue;
      note(name, s, difference(values, left));
    }
    for (const auto& [name, values] : whole[s].rows) {
      RowMatrix both(values.rows(), values.cols());
      both << parts[0][s].rows.at(name), parts[1][s].rows.at(name);
      note(name, s, difference(values, both));
    }
  }
  return most;
}

void expect_same(const Case& of, const OpenBackend& open) {
  std::string where;
  const double most = apart(of, open, Fault::none, where);
  EXPECT_LT(most, kRounding) << of.formula << ": " << where;
}

void expect_apart(const Case& of, const OpenBackend& open, Fault fault) {
  std::string where;
  EXPECT_GT(apart(of, open, fault, where), kWrong) << of.formula;
}

ModelOptions learned_noise() {
  ModelOptions options;
  options.layer_noise = parse_layer_noise("learned");
  return options;
}

ModelOptions general_move() {
  ModelOptions options;
  options.augmented = false;
  return options;
}

ModelOptions with_priors(std::vector<std::string> priors) {
  ModelOptions options;
  options.priors = std::move(priors);
  return options;
}

/// Terms "fine" and "coarse", nested in each part of the rows but not in all where they are `crossed`; the second part
/// lacks some groups of "fine". Many groups, so that a system is light by all rows, and not by the first part's.
Table nested_table(bool crossed) {
  Table table = small_table(60, 10);
  std::vector<std::string> fine, coarse;
  for (int i = 0; i < 60; ++i) {
    const int f = i < 9 ? i % 8 : i % 6;
    fine.push_back("f" + std::to_string(f));
    coarse.push_back("c" + std::to_string(crossed && i >= 9 ? (f + 1) / 2 % 3 : f / 2));
  }
  table.add(labels("fine", fine));
  table.add(labels("coarse", coarse));
  return table;
}

/// Networks of a Gaussian response have weights: without them two standardised inputs have the same second moments, and
/// rounding alone decides which basis of theirs the metric takes.
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"y ~ x + (1 + w | g) + (1 | h)", Family::gaussian},
      {"y ~ x + offset(o) + (1 | fine) + (1 | coarse)", Family::gaussian, {}, "", nested_table(false), 9},
      {"y ~ x + (1 | fine) + (1 | coarse)", Family::gaussian, {}, "", nested_table(true), 9},
      {"y ~ x + (1 + w | g) + (1 | h)", Family::gaussian, {}, "h", nested_table(false), 9},
      {"y ~ x + w", Family::bernoulli},
      {"y | trials(n) ~ x + (1 + w | g)", Family::binomial},
      {"y ~ x + (1 + w | g)", Family::categorical},
      {"y ~ x + (1 + x | g)", Family::poisson},
      {"y ~ x + (1 | fine) + (1 | coarse) + (1 | h)", Family::poisson, {}, "", nested_table(false), 9},
      {"y ~ x + (1 + w | g)", Family::bernoulli, general_move()},
      {"y ~ deep(x, w, layers = c(4, 3)) + (1 | g)", Family::bernoulli, learned_noise()},
      {"y | weights(v) ~ deep(x, w, layers = c(4, 3)) + (1 | g)", Family::gaussian, learned_noise()},
      {"y ~ deep(x, w, layers = c(2)) + offset(o) + (deep | g)", Family::bernoulli},
      {"y | weights(v) ~ deep(x, w, layers = c(4, 3)) + (1 | g)", Family::gaussian},
      {"y ~ deep(x, w, layers = c(3)) + (1 | g)", Family::categorical},
      {"y ~ x + (1 + w | g); 2 ~ w + offset(o) + (1 | h)", Family::categorical},
      {"y ~ x; 2 ~ deep(x, w, layers = c(3)) + (1 | g)", Family::categorical},
      {"y ~ deep(x, w, layers = c(3)) + (1 | g); 2 ~ 0 + (1 | h)", Family::categorical},
      {"y ~ deep(x, w, layers = c(3)) + (1 | g)", Family::poisson},
      {"y ~ x + (1 | g)", Family::negative_binomial},
      {"exp(y) ~ x + (1 | g); shape ~ w + (1 | h)", Family::gamma},
      {"y ~ x + (1 | g); zi ~ w", Family::zero_inflated_poisson},
      {"y ~ x + (1 | g)", Family::ordinal},
      {"y ~ x + w", Family::bernoulli, with_priors({"b ~ horseshoe(1)"})},
      {"y ~ x + w + (1 + w | g)", Family::gaussian,
       with_priors({"b ~ laplace(0, 1)", "sd ~ exponential(1)", "cor ~ lkj(2)"})},
      {"y ~ x + (1 | g)", Family::poisson, with_priors({"b ~ student_t(3, 0, 1)", "sd ~ normal(0, 1)"})},
  };
  return all;
}

std::shared_ptr<const Backend> cpu(RowPart part) { return open_cpu_backend(std::move(part)); }
std::shared_ptr<const Backend> cuda_device(RowPart part) { return cuda::open_cuda_backend(std::move(part)); }

TEST(Parts, MakeTheDrawsOfTheWhole) {
  for (const Case& each : cases()) expect_same(each, cpu);
}
TEST(Parts, MakeTheDrawsOfTheWholeOnDevices) {
  for (const Case& each : cases()) expect_same(each, cuda_device);
}

TEST(Parts, NeedTheSumsOfAll) {
  for (const Case& each : cases()) expect_apart(each, cpu, Fault::sums_of_one_part);
  expect_apart(cases().front(), cuda_device, Fault::sums_of_one_part);
}

/// What is drawn for rows: latents, hidden units, the rows that AdamW holds out.
TEST(Parts, NeedAddressesByAllRows) {
  for (const std::size_t k : {4U, 5U, 6U, 10U, 11U, 13U, 15U}) {
    expect_apart(cases()[k], cpu, Fault::addresses_of_one_part);
    expect_apart(cases()[k], cuda_device, Fault::addresses_of_one_part);
  }
}

/// An arrow's draw, derivatives and marginal.
void check_arrow(const OpenBackend& open, Eigen::Index n, Eigen::Index split, std::int32_t levels) {
  const Eigen::Index columns = 69;
  const RowMatrix x = pattern(n, columns, 0.3);
  const RowMatrix z = pattern(n, 1, 0.9);
  const RowMatrix omega = (pattern(n, 1, 0.1).array().square() + 0.2).matrix();
  const RowMatrix linear = 2 * pattern(n, 1, 5.1);
  std::vector<std::int32_t> index;
  for (Eigen::Index i = 0; i < n; ++i) index.push_back(static_cast<std::int32_t>(i * 7919 % levels));
  const auto results = [&](const Backend& b, Eigen::Index first, Eigen::Index count) {
    const auto rows = [&](const RowMatrix& m) { return b.uploaded(m.middleRows(first, count)); };
    ArrowSystem system;
    system.dense = {rows(x)};
    system.dense_prior_precision.setOnes(columns);
    system.dense_prior_mean.setZero(columns);
    const std::vector<std::int32_t> own(index.begin() + first, index.begin() + first + count);
    system.chain = {{{rows(z), b.upload_indices(own, levels)}, RowMatrix::Constant(1, 1, 2.5)}};
    const auto conditional = b.condition_arrow(system, rows(omega), rows(linear));
    Matrix dense = b.allocate(columns, 1);
    std::vector<Matrix> crossed;
    std::vector<Matrix> chain = {b.allocate(levels, 1)};
    conditional->draw({3, 0, 0, Site::arrow_core, 0}, dense, crossed, chain);
    ArrowCoordinates slope{b.allocate(columns, 1), {b.allocate(levels, 1)}};
    conditional->pull(rows(linear), slope);
    RowMatrix all(2 * (columns + levels) + 1, 1);
    all << b.download(dense), b.download(chain[0]), b.download(slope.core), b.download(slope.chain[0]),
        conditional->log_marginal();
    return all;
  };
  const RowMatrix whole = results(*open({}), 0, n);
  in_parts({0, split}, open, Fault::none, [&](std::size_t p, std::shared_ptr<const Backend> backend) {
    const RowMatrix part = results(*backend, p == 0 ? 0 : split, p == 0 ? split : n - split);
    EXPECT_LT((whole - part).cwiseAbs().maxCoeff(), 1e-9 * whole.cwiseAbs().maxCoeff());
  });
}

TEST(Parts, MakeOneArrow) {
  check_arrow(cpu, 700, 301, 61);
  check_arrow(cuda_device, 700, 301, 61);
}
/// Sums of so many groups are not kept, but made anew whenever they are needed.
TEST(Parts, MakeOneArrowOfManyGroups) { check_arrow(cpu, 70000, 30001, 61000); }

TEST(Parts, NameTheRowAmongAll) {
  RowPart part{100, [](double*, std::size_t) {}};
  const auto backend = open_cpu_backend(part);
  const Likelihood likelihood{Family::bernoulli, backend->uploaded(RowMatrix::Ones(3, 1)),
                              backend->uploaded(RowMatrix::Ones(3, 1))};
  Matrix omega = backend->allocate(3, 1);
  Matrix kappa = backend->allocate(3, 1);
  RowMatrix eta = RowMatrix::Zero(3, 1);
  eta(1, 0) = std::nan("");
  try {
    backend->draw_latents(likelihood, backend->uploaded(eta), 0, {}, omega, kappa);
    FAIL() << "no error";
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("row 102 "), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace bdglm::test
