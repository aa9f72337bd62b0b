// Convergence diagnostics after Vehtari et al. (2021) and Geyer's (1992) initial monotone sequence.
#include "diagnostics/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "sampling/standard.hpp"

namespace bdglm {
namespace {

ChainDraws split(const ChainDraws& draws) {
  const Eigen::Index half = draws.rows() / 2;
  ChainDraws halves(half, 2 * draws.cols());
  for (Eigen::Index c = 0; c < draws.cols(); ++c) {
    halves.col(2 * c) = draws.col(c).head(half);
    halves.col(2 * c + 1) = draws.col(c).tail(half);
  }
  return halves;
}

/// A draw and where it stands in its matrix, column by column.
struct Ranked {
  double value;
  Eigen::Index at;
};

std::vector<Ranked> sorted_draws(const ChainDraws& draws) {
  std::vector<Ranked> order(static_cast<std::size_t>(draws.size()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = {draws.data()[i], static_cast<Eigen::Index>(i)};
  std::sort(order.begin(), order.end(), [](const Ranked& a, const Ranked& b) { return a.value < b.value; });
  return order;
}

/// The order of the split draws from that of all: odd chains lose the draw in the middle.
std::vector<Ranked> split_order(const std::vector<Ranked>& order, Eigen::Index rows) {
  const Eigen::Index half = rows / 2;
  if (2 * half == rows) return order;
  std::vector<Ranked> kept;
  kept.reserve(order.size());
  for (const Ranked& r : order) {
    const Eigen::Index chain = r.at / rows;
    const Eigen::Index draw = r.at % rows;
    if (draw != half) kept.push_back({r.value, 2 * half * chain + draw - (draw > half ? 1 : 0)});
  }
  return kept;
}

/// The mean of the two in the middle, as NumPy rounds it, which decides what is a tie about it.
double median(const std::vector<Ranked>& order) {
  const std::size_t half = order.size() / 2;
  return order.size() % 2 == 1 ? order[half].value : (order[half - 1].value + order[half].value) / 2;
}

/// The order of |value - center| from that of the values, merged from the two sides of the center.
std::vector<Ranked> folded_order(const std::vector<Ranked>& order, double center) {
  std::vector<Ranked> folded;
  folded.reserve(order.size());
  auto up = std::find_if(order.begin(), order.end(), [&](const Ranked& r) { return !(r.value < center); });
  auto down = std::make_reverse_iterator(up);
  while (up != order.end() || down != order.rend()) {
    const bool rise = down == order.rend() || (up != order.end() && up->value - center <= center - down->value);
    const Ranked& next = rise ? *up++ : *down++;
    folded.push_back({std::fabs(next.value - center), next.at});
  }
  return folded;
}

/// Normal scores (rank - 3/8) / (S + 1/4) at the ranks 1, 1.5, 2, ... S, which average ranks of ties take; kept for
/// the next parameter, which has as many draws.
const std::vector<double>& score_table(std::size_t size) {
  thread_local std::vector<double> table;
  thread_local std::size_t table_size = 0;
  if (table_size != size) {
    table.resize(2 * size - 1);
    for (std::size_t k = 0; k < table.size(); ++k)
      table[k] = normal_quantile((1 + 0.5 * static_cast<double>(k) - 0.375) / (static_cast<double>(size) + 0.25));
    table_size = size;
  }
  return table;
}

/// Normal scores of the average ranks over all chains.
ChainDraws normal_scores(const std::vector<Ranked>& order, Eigen::Index rows, Eigen::Index columns) {
  const std::vector<double>& table = score_table(order.size());
  ChainDraws scores(rows, columns);
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && order[end].value == order[i].value) ++end;
    const double score = table[i + end - 1];
    for (; i < end; ++i) scores.data()[order[i].at] = score;
  }
  return scores;
}

/// Quantile with linear interpolation of ordered draws.
double ordered_quantile(const std::vector<Ranked>& order, double probability) {
  if (order.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = probability * static_cast<double>(order.size() - 1);
  const auto low = static_cast<std::size_t>(std::floor(at));
  const std::size_t high = std::min(low + 1, order.size() - 1);
  return order[low].value + (at - static_cast<double>(low)) * (order[high].value - order[low].value);
}

double rhat_of(const ChainDraws& draws) {
  const auto n = static_cast<double>(draws.rows());
  const Eigen::RowVectorXd means = draws.colwise().mean();
  const double within = ((draws.rowwise() - means).colwise().squaredNorm() / (n - 1)).mean();
  const double between = n * (means.array() - means.mean()).square().sum() / static_cast<double>(draws.cols() - 1);
  return std::sqrt((between / within + n - 1) / n);
}

/// Effective sample size of chains that are already split or transformed.
double ess(const ChainDraws& draws) {
  const Eigen::Index n = draws.rows();
  const Eigen::Index chains = draws.cols();
  const auto total = static_cast<double>(draws.size());
  if (!draws.allFinite()) return std::numeric_limits<double>::quiet_NaN();
  if (draws.maxCoeff() - draws.minCoeff() < 1e-15) return total;
  const Eigen::RowVectorXd means = draws.colwise().mean();
  const ChainDraws centered = draws.rowwise() - means;
  const auto count = static_cast<double>(n);
  const auto autocovariance = [&](Eigen::Index lag) {
    double sum = 0;
    for (Eigen::Index c = 0; c < chains; ++c) sum += centered.col(c).head(n - lag).dot(centered.col(c).tail(n - lag));
    return sum / count / static_cast<double>(chains);
  };
  const double mean_variance = autocovariance(0) * count / (count - 1);
  double variance = mean_variance * (count - 1) / count;
  if (chains > 1) variance += (means.array() - means.mean()).square().sum() / static_cast<double>(chains - 1);
  const auto correlation = [&](Eigen::Index lag) { return 1 - (mean_variance - autocovariance(lag)) / variance; };
  std::vector<double> rho(static_cast<std::size_t>(n) + 2, 0.0);
  double even = 1;
  double odd = correlation(1);
  rho[0] = 1;
  rho[1] = odd;
  Eigen::Index t = 1;
  while (t < n - 3 && even + odd > 0) {
    even = correlation(t + 1);
    odd = correlation(t + 2);
    if (even + odd >= 0) {
      rho[static_cast<std::size_t>(t + 1)] = even;
      rho[static_cast<std::size_t>(t + 2)] = odd;
    }
    t += 2;
  }
  const Eigen::Index last = t - 2;
  if (even > 0) rho[static_cast<std::size_t>(last + 1)] = even;
  for (Eigen::Index k = 1; k <= last - 2; k += 2) {
    const auto i = static_cast<std::size_t>(k);
    if (rho[i + 1] + rho[i + 2] > rho[i - 1] + rho[i]) {
      rho[i + 1] = (rho[i - 1] + rho[i]) / 2;
      rho[i + 2] = rho[i + 1];
    }
  }
  double tau = -1;
  for (Eigen::Index k = 0; k <= last; ++k) tau += 2 * rho[static_cast<std::size_t>(k)];
  tau += rho[static_cast<std::size_t>(last + 1)];
  return total / std::max(tau, 1 / std::log10(total));
}

}  // namespace

double normal_quantile(double p) {
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  const double tail = std::min(p, 1 - p);
  // Halley steps on the upper tail from the approximation, which is good to 4e-9.
  double x = normal_upper_quantile_from_log(std::log(tail));
  for (int k = 0; k < 2; ++k) {
    const double error = 0.5 * std::erfc(x * 0.70710678118654752) - tail;
    const double step = error / (0.39894228040143268 * std::exp(-0.5 * x * x));
    x += step / (1 - 0.5 * x * step);
  }
  return p < 0.5 ? -x : x;
}

double sorted_quantile(const std::vector<double>& sorted, double probability) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = probability * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(std::floor(at));
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

namespace {

/// What all diagnostics of one parameter share: its draws in order, split chains, and their normal scores.
class Diagnosis {
 public:
  explicit Diagnosis(const ChainDraws& draws) : usable_(draws.rows() >= 4 && draws.allFinite()) {
    if (draws.allFinite()) order_ = sorted_draws(draws);
    if (!usable_) return;
    halves_ = split(draws);
    halves_order_ = split_order(order_, draws.rows());
    scores_ = normal_scores(halves_order_, halves_.rows(), halves_.cols());
  }

  double quantile(double probability) const { return ordered_quantile(order_, probability); }

  double rhat() const {
    if (!usable_) return std::numeric_limits<double>::quiet_NaN();
    const std::vector<Ranked> folded = folded_order(halves_order_, median(halves_order_));
    return std::max(rhat_of(scores_), rhat_of(normal_scores(folded, halves_.rows(), halves_.cols())));
  }

  double bulk() const { return usable_ ? ess(scores_) : std::numeric_limits<double>::quiet_NaN(); }

  double tail() const {
    if (!usable_) return std::numeric_limits<double>::quiet_NaN();
    double smallest = std::numeric_limits<double>::infinity();
    for (const double probability : {0.05, 0.95}) {
      const double limit = quantile(probability);
      smallest = std::min(smallest, ess((halves_.array() <= limit).cast<double>().matrix()));
    }
    return smallest;
  }

  double mean_size() const { return usable_ ? ess(halves_) : std::numeric_limits<double>::quiet_NaN(); }

  double mcse(double sd) const { return sd / std::sqrt(mean_size()); }

 private:
  bool usable_;
  std::vector<Ranked> order_;
  ChainDraws halves_;
  std::vector<Ranked> halves_order_;
  ChainDraws scores_;
};

double deviation_of_draws(const ChainDraws& draws) {
  if (draws.size() < 2) return 0;
  return std::sqrt((draws.array() - draws.mean()).square().sum() / static_cast<double>(draws.size() - 1));
}

}  // namespace

double split_rhat(const ChainDraws& draws) { return Diagnosis(draws).rhat(); }

double bulk_ess(const ChainDraws& draws) { return Diagnosis(draws).bulk(); }

double tail_ess(const ChainDraws& draws) { return Diagnosis(draws).tail(); }

double mean_ess(const ChainDraws& draws) { return Diagnosis(draws).mean_size(); }

double mcse_mean(const ChainDraws& draws) { return Diagnosis(draws).mcse(deviation_of_draws(draws)); }

ParameterSummary summarise(const std::string& name, const ChainDraws& draws) {
  const Diagnosis diagnosis(draws);
  ParameterSummary s;
  s.name = name;
  s.mean = draws.mean();
  s.sd = deviation_of_draws(draws);
  s.q2_5 = diagnosis.quantile(0.025);
  s.q50 = diagnosis.quantile(0.5);
  s.q97_5 = diagnosis.quantile(0.975);
  s.ess_bulk = diagnosis.bulk();
  s.ess_tail = diagnosis.tail();
  s.rhat = diagnosis.rhat();
  s.mcse = diagnosis.mcse(s.sd);
  return s;
}

}  // namespace bdglm
