// Variables' shares of the expected response's variance: rows exchange their values of one variable at a time.
#include "posterior/importance.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "diagnostics/diagnostics.hpp"
#include "model/fit_spec.hpp"
#include "posterior/effect_columns.hpp"
#include "posterior/effect_predictions.hpp"
#include "posterior/effect_rows.hpp"
#include "posterior/parallel.hpp"

namespace bdglm {
namespace {

constexpr double kMostExchangedRows = 2000;
constexpr double kMostShareDraws = 1000;
constexpr double kLeast = 200;  ///< of rows and of draws
constexpr double kMostExchanges = 20;
/// Variances below, of responses in units of the largest, are the rounding of equal ones.
constexpr double kLeastVariance = 1e-24;
/// Of rows in all exchanges: a share then has an error of about a hundredth of it.
constexpr double kEnoughPairs = 10000;
/// Expected responses to predict, of all variables together.
constexpr double kMostPredictions = 2e7;

/// What rows exchange together: a column, a matrix, or the columns of a nesting, whose levels occur in each other
/// alone.
struct Variable {
  std::string name;
  std::vector<std::string> columns;
};

std::vector<Variable> variables_read(const Frame& frame, GroupMode groups) {
  Formula formula = frame.formula();
  if (groups == GroupMode::none)
    for (RightSide& side : formula.sides) side.groups.clear();
  std::vector<Variable> variables;
  for (const std::string& column : formula.columns(false)) variables.push_back({column, {column}});
  const auto join = [&](const std::vector<std::string>& factors) {
    Variable joined;
    std::size_t at = variables.size();
    for (std::size_t k = 0; k < variables.size();) {
      const std::vector<std::string>& own = variables[k].columns;
      if (std::none_of(own.begin(), own.end(),
                       [&](const auto& c) { return std::find(factors.begin(), factors.end(), c) != factors.end(); })) {
        ++k;
        continue;
      }
      at = std::min(at, k);
      joined.name += (joined.name.empty() ? "" : ":") + variables[k].name;
      joined.columns.insert(joined.columns.end(), own.begin(), own.end());
      variables.erase(variables.begin() + static_cast<std::ptrdiff_t>(k));
    }
    variables.insert(variables.begin() + static_cast<std::ptrdiff_t>(at), joined);
  };
  for (const RightSide& side : formula.sides)
    for (const Term& term : side.groups)
      if (term.factors.size() > 1) join(term.factors);
  return variables;
}

/// The expected responses of each trial of the table's rows: rows x (draws * outcomes), NaN of rows that the design
/// leaves out.
RowMatrix expected_responses(const Predictor& predictor, const Table& table) {
  const Design design = design_of(predictor, table);
  const auto outcomes = static_cast<Eigen::Index>(predictor.outcomes());
  const auto draws = static_cast<Eigen::Index>(predictor.draws().size());
  RowMatrix out = RowMatrix::Constant(static_cast<Eigen::Index>(table.rows()), draws * outcomes, std::nan(""));
  predictor.predict(design, [&](const RowPredictors& block) {
    for_each_index(predictor.threads(), block.count, [&](Eigen::Index i) {
      double* to = out.row(static_cast<Eigen::Index>(design.rows[static_cast<std::size_t>(block.first + i)])).data();
      for (Eigen::Index s = 0; s < draws; ++s)
        expected_response(predictor.family(), block.at(i, s), 1.0, to + s * outcomes);
    });
  });
  return out;
}

/// Rows' expected responses in units of each draw's largest, so that their squares are within the range of numbers.
struct Expected {
  RowMatrix values;         ///< rows x (draws * outcomes)
  Eigen::ArrayXd unit;      ///< of each draw
  Eigen::ArrayXd variance;  ///< of each draw over the rows, summed over outcomes; NaN where a response is not finite
  Eigen::Index outcomes = 1;

  Expected(RowMatrix given, Eigen::Index per_row) : values(std::move(given)), outcomes(per_row) {
    const Eigen::Index draws = values.cols() / outcomes;
    unit.resize(draws);
    variance.resize(draws);
    const double divisor = static_cast<double>(values.rows()) - 1;
    for (Eigen::Index s = 0; s < draws; ++s) {
      auto own = values.middleCols(s * outcomes, outcomes).array();
      const double largest = own.abs().maxCoeff<Eigen::PropagateNaN>();
      unit[s] = largest > 0 ? largest : 1;
      own /= unit[s];
      variance[s] = (own.matrix().rowwise() - own.matrix().colwise().mean()).squaredNorm() / divisor;
    }
  }
};

/// Adds half the squares of the rows' changes to each draw's sum, and the rows that have a value to `count`.
void add_changes(const Expected& expected, const RowMatrix& exchanged, Eigen::ArrayXd& sums, double& count) {
  for (Eigen::Index i = 0; i < exchanged.rows(); ++i) {
    if (std::isnan(exchanged(i, 0))) continue;
    ++count;
    for (Eigen::Index s = 0; s < sums.size(); ++s)
      for (Eigen::Index o = s * expected.outcomes; o < (s + 1) * expected.outcomes; ++o) {
        const double change = exchanged(i, o) / expected.unit[s] - expected.values(i, o);
        sums[s] += 0.5 * change * change;
      }
  }
}

/// Of the finite ones among `shares`, of which there are some.
Importances::Row row_of(const std::string& variable, std::vector<double> shares, double interval) {
  const auto count = static_cast<double>(shares.size());
  Importances::Row row{.variable = variable};
  row.mean = std::accumulate(shares.begin(), shares.end(), 0.0) / count;
  double squares = 0;
  for (const double x : shares) squares += (x - row.mean) * (x - row.mean);
  row.sd = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
  std::sort(shares.begin(), shares.end());
  row.low = sorted_quantile(shares, 0.5 * (1 - interval));
  row.high = sorted_quantile(shares, 0.5 * (1 + interval));
  return row;
}

/// The complete rows of the table, at most so many, spread evenly.
Table complete_rows_of(const Predictor& predictor, const Table& table, std::size_t most,
                       std::vector<std::string>& notes) {
  const std::vector<std::size_t> complete = design_of(predictor, table, &notes).rows;
  if (complete.size() < 2)
    throw DataError("fewer than two rows are complete; there is nothing to exchange between them");
  const Table rows = rows_of(table, complete);
  if (rows.rows() > most)
    notes.push_back("shares are over " + std::to_string(most) + " of the " + std::to_string(rows.rows()) +
                    " rows, spread evenly");
  return spread_rows(rows, most);
}

}  // namespace

std::vector<std::size_t> exchanged_rows(std::size_t rows, std::uint64_t seed, std::uint32_t exchange) {
  std::vector<std::uint64_t> keys(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    Stream stream({seed, 0, exchange, Site::importance, 0}, static_cast<std::uint32_t>(i));
    const std::uint64_t high = stream.bits();
    keys[i] = (high << 32U) | stream.bits();
  }
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  std::vector<std::size_t> other(rows);
  for (std::size_t k = 0; k < rows; ++k) other[order[k]] = order[(k + 1) % rows];
  return other;
}

Importances importance_of(const DrawSource& fit, const Table& read, const ImportanceOptions& options) {
  const FitSpec spec = fit.spec().get<FitSpec>();
  const std::vector<Variable> variables = variables_read(spec.frame, options.groups);
  if (variables.empty())
    throw ModelError(std::string("the expected response reads no column") +
                     (variables_read(spec.frame, GroupMode::known).empty()
                          ? "; there is nothing to tell the importance of"
                          : " besides those of random effects; ask for " + setting("groups") + " known"));
  const Table table = as_model_takes(read, spec.frame);
  const int outcomes = bdglm::outcomes(spec.family, spec.frame.response_levels.size());
  const double each = static_cast<double>(outcomes) * static_cast<double>(variables.size());
  const double most_rows = std::min(kMostExchangedRows, static_cast<double>(table.rows()));
  const double most_draws = std::min(kMostShareDraws, static_cast<double>(fit.draws()) * fit.chains());
  const double shrink = std::sqrt(std::min(1.0, kMostPredictions / (most_rows * most_draws * each)));
  const auto shrunk = [&](double most) {
    return static_cast<std::size_t>(std::min(most, std::max(kLeast, std::floor(shrink * most))));
  };
  PredictorOptions predicted = prediction_options(options.groups, options.interval, options.threads);
  predicted.most_draws = shrunk(most_draws);
  const Predictor predictor(fit, predicted);

  Importances out{.draws = predictor.draws().size(), .notes = predictor.notes()};
  const Table rows = complete_rows_of(predictor, table, shrunk(most_rows), out.notes);
  out.averaged = rows.rows();
  const auto count = static_cast<double>(out.averaged);
  const double most_exchanges = std::min({count - 1, kMostExchanges, std::ceil(kEnoughPairs / count)});
  const double exchanges =
      std::clamp(std::floor(kMostPredictions / (count * static_cast<double>(out.draws) * each)), 1.0, most_exchanges);

  const Expected expected(expected_responses(predictor, rows), outcomes);
  const auto finite = expected.variance.isFinite();
  if (!finite.any()) throw DataError("the expected responses of these rows are beyond the range of numbers");
  if (!(finite && expected.variance > kLeastVariance).any())
    throw DataError("the expected response is the same in all " + std::to_string(out.averaged) +
                    " rows; there is nothing to share");
  out.deviation =
      finite.select(expected.unit * expected.variance.sqrt(), 0).sum() / static_cast<double>(finite.count());
  bool dropped = !finite.all();
  for (const Variable& variable : variables) {
    Eigen::ArrayXd sums = Eigen::ArrayXd::Zero(expected.variance.size());
    double changed = 0;
    try {
      for (std::uint32_t k = 0; k < static_cast<std::uint32_t>(exchanges); ++k) {
        const std::vector<std::size_t> other = exchanged_rows(out.averaged, predictor.seed(), k);
        add_changes(expected, expected_responses(predictor, with_values_of(rows, variable.columns, other)), sums,
                    changed);
      }
    } catch (const DataError& error) {
      const std::string why = error.what();
      out.notes.push_back("no share of '" + variable.name + "': with its values in other rows " +
                          why.substr(0, why.find(';')));
      continue;
    }
    std::vector<double> shares;
    for (Eigen::Index s = 0; s < sums.size(); ++s) {
      const double share = expected.variance[s] <= kLeastVariance ? 0 : sums[s] / changed / expected.variance[s];
      if (std::isfinite(share)) shares.push_back(share);
    }
    dropped = dropped || static_cast<Eigen::Index>(shares.size()) < sums.size();
    if ((sums == 0).all() && changed > 0)
      out.notes.push_back("the expected response does not depend on '" + variable.name + "'");
    else if (shares.empty())
      out.notes.push_back("no share of '" + variable.name + "': with its values in other rows nothing is finite");
    else
      out.rows.push_back(row_of(variable.name, std::move(shares), options.interval));
  }
  if (dropped)
    out.notes.emplace_back(
        "draws at which expected responses are beyond the range of numbers are left out of the shares");
  std::stable_sort(out.rows.begin(), out.rows.end(),
                   [](const Importances::Row& x, const Importances::Row& y) { return x.mean > y.mean; });
  constexpr double kAboveOne = 1.1;
  if (!out.rows.empty() && out.rows.front().mean > kAboveOne)
    out.notes.push_back("the share of '" + out.rows.front().variable +
                        "' is above 1: it varies together with others, " +
                        "and rows with exchanged values lie where there are no data");
  return out;
}

void to_json(nlohmann::json& json, const Importances& importances) {
  json = {{"rows", importances.averaged},
          {"draws", importances.draws},
          {"deviation", importances.deviation},
          {"importances", nlohmann::json::array()}};
  for (const Importances::Row& row : importances.rows)
    json["importances"].push_back(
        {{"variable", row.variable}, {"mean", row.mean}, {"sd", row.sd}, {"low", row.low}, {"high", row.high}});
}

}  // namespace bdglm
