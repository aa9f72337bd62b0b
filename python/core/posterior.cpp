// Posteriors for Python: draws and predictions as arrays, reports as dictionaries.
#include "bindings.hpp"
#include "signals.hpp"

namespace bdglm::python {

GroupMode group_mode(const std::string& groups) {
  if (groups == "new") return GroupMode::fresh;
  if (groups == "known") return GroupMode::known;
  if (groups == "none") return GroupMode::none;
  throw ModelError("`groups` is 'new', 'known' or 'none', not '" + groups + "'");
}

namespace {

ChainWeights chain_weights(const std::string& weights) {
  if (weights == "equal") return ChainWeights::equal;
  if (weights == "stacked") return ChainWeights::stacked;
  throw ModelError("`weights` is 'equal' or 'stacked', not '" + weights + "'");
}

nb::object array_of(const Posterior& posterior, const std::string& name) {
  Array array = interruptible([&] { return posterior.array(name); });
  nb::list dimensions;
  for (const Array::Dimension& dimension : array.dimensions)
    dimensions.append(nb::make_tuple(dimension.name, dimension.labels));
  const std::vector<std::size_t> shape = array.shape();
  return nb::make_tuple(as_array(std::move(array.values), shape), dimensions);
}

nb::list summary_of(const Posterior& posterior, bool all) {
  const std::vector<ParameterSummary> rows = interruptible([&] { return posterior.summary(all); });
  nb::list out;
  for (const ParameterSummary& row : rows) {
    nb::dict entry;
    entry["name"] = row.name;
    entry["mean"] = row.mean;
    entry["sd"] = row.sd;
    entry["q2.5"] = row.q2_5;
    entry["q50"] = row.q50;
    entry["q97.5"] = row.q97_5;
    entry["mcse"] = row.mcse;
    entry["ess_bulk"] = row.ess_bulk;
    entry["ess_tail"] = row.ess_tail;
    entry["rhat"] = row.rhat;
    entry["judged"] = row.judged;
    out.append(entry);
  }
  return out;
}

/// Arrays over (row, level): the mean, sd, low, high, plug-in of the expected response; (row,) predictive bounds;
/// (draw, row, level) expected responses and (draw, row) new ones at the draws asked for. Rows without an answer are
/// NaN.
nb::dict predictions(const Posterior& posterior, const Data& rows, const std::string& groups,
                     const std::string& weights, double interval, std::size_t draws, int threads) {
  PredictOptions options;
  options.groups = group_mode(groups);
  options.weights = chain_weights(weights);
  options.interval = interval;
  options.draws = draws;
  options.threads = threads;
  Prediction made = interruptible([&] { return posterior.predict(rows, options); });
  const std::size_t n = made.rows.size();
  const std::size_t levels = std::max<std::size_t>(made.levels.size(), 1);
  std::size_t kept = 0;
  for (const RowPrediction& row : made.rows)
    if (!row.expected.empty()) kept = std::max(kept, row.expected.front().draws.size());
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> none(n * levels, kNone);
  std::vector<double> mean = none, sd = none, low = none, high = none, plugin = none;
  std::vector<double> predictive_low(n, kNone), predictive_high(n, kNone);
  std::vector<double> expected(kept * n * levels, kNone), fresh(kept * n, kNone);
  for (std::size_t i = 0; i < n; ++i) {
    const RowPrediction& row = made.rows[i];
    if (row.expected.empty()) continue;
    predictive_low[i] = row.predictive_low;
    predictive_high[i] = row.predictive_high;
    for (std::size_t k = 0; k < row.expected.size(); ++k) {
      const ExpectedResponse& response = row.expected[k];
      mean[i * levels + k] = response.mean;
      sd[i * levels + k] = response.sd;
      low[i * levels + k] = response.low;
      high[i * levels + k] = response.high;
      plugin[i * levels + k] = response.plugin;
      for (std::size_t s = 0; s < response.draws.size(); ++s) expected[(s * n + i) * levels + k] = response.draws[s];
    }
    for (std::size_t s = 0; s < row.new_draws.size(); ++s) fresh[s * n + i] = row.new_draws[s];
  }
  const std::vector<std::size_t> by_row = {n, levels};
  nb::dict out;
  out["levels"] = made.levels;
  out["notes"] = made.notes;
  out["mean"] = as_array(std::move(mean), by_row);
  out["sd"] = as_array(std::move(sd), by_row);
  out["low"] = as_array(std::move(low), by_row);
  out["high"] = as_array(std::move(high), by_row);
  out["plugin"] = as_array(std::move(plugin), by_row);
  out["predictive_low"] = as_array(std::move(predictive_low), {n});
  out["predictive_high"] = as_array(std::move(predictive_high), {n});
  out["expected_draws"] = as_array(std::move(expected), {kept, n, levels});
  out["new_draws"] = as_array(std::move(fresh), {kept, n});
  return out;
}

nb::dict evaluation(const Posterior& posterior, const Data& rows, const std::string& groups,
                    const std::string& weights) {
  const GroupMode mode = group_mode(groups);
  const ChainWeights chains = chain_weights(weights);
  Evaluation scores = interruptible([&] { return posterior.evaluate(rows, mode, chains); });
  nb::dict out;
  out["rows"] = scores.rows;
  if (scores.total_weight) out["total_weight"] = *scores.total_weight;
  out["log_score"] = scores.log_score;
  out["log_score_plugin"] = scores.log_score_plugin;
  const std::pair<const char*, std::optional<double>> some[] = {{"rmse", scores.rmse},
                                                                {"mae", scores.mae},
                                                                {"accuracy", scores.accuracy},
                                                                {"brier", scores.brier},
                                                                {"ece", scores.ece}};
  for (const auto& [name, value] : some)
    if (value) out[name] = *value;
  nb::dict coverage;
  for (const auto& [level, share] : scores.coverage) coverage[level.c_str()] = share;
  out["coverage"] = coverage;
  nb::dict by_level;
  for (const auto& [level, error] : scores.ece_by_level) by_level[level.c_str()] = error;
  if (!scores.ece_by_level.empty()) out["ece_by_level"] = by_level;
  if (!scores.chain_weights.empty()) out["chain_weights"] = scores.chain_weights;
  if (scores.chains) {
    nb::dict chains;
    chains["log_score_alone"] = scores.chains->log_score_alone;
    chains["log_score_without"] = scores.chains->log_score_without;
    chains["share_between"] = scores.chains->share_between;
    out["chains"] = chains;
  }
  out["notes"] = scores.notes;
  return out;
}

nb::dict leave_one_out(const Posterior& posterior, int threads) {
  LeaveOneOut loo = interruptible([&] { return posterior.loo(threads); });
  nb::dict out;
  const std::pair<const char*, Estimate> sums[] = {
      {"elpd_loo", loo.elpd_loo}, {"p_loo", loo.p_loo}, {"elpd_waic", loo.elpd_waic}, {"p_waic", loo.p_waic}};
  for (const auto& [name, estimate] : sums) {
    out[name] = estimate.value;
    out[(std::string("se_") + name).c_str()] = estimate.se;
  }
  std::vector<double> number, elpd, effective, pareto;
  for (const LeaveOneOut::Row& row : loo.rows) {
    number.push_back(static_cast<double>(row.number));
    elpd.push_back(row.elpd_loo);
    effective.push_back(row.p_loo);
    pareto.push_back(row.pareto_k);
  }
  const std::size_t n = loo.rows.size();
  out["k_threshold"] = loo.k_threshold;
  out["unreliable"] = loo.unreliable();
  out["row"] = as_array(std::move(number), {n});
  out["row_elpd_loo"] = as_array(std::move(elpd), {n});
  out["row_p_loo"] = as_array(std::move(effective), {n});
  out["row_pareto_k"] = as_array(std::move(pareto), {n});
  out["notes"] = loo.notes;
  return out;
}

nb::dict checks_of(const Posterior& posterior, const Data* rows, const std::string& groups, int threads) {
  const GroupMode mode = group_mode(groups);
  PredictiveChecks checks = interruptible(
      [&] { return rows == nullptr ? posterior.check(mode, threads) : posterior.check(*rows, mode, threads); });
  nb::list list;
  for (const PredictiveCheck& check : checks.checks) {
    nb::dict entry;
    entry["statistic"] = check.statistic;
    entry["observed"] = check.observed;
    entry["mean"] = check.mean;
    entry["q2.5"] = check.q2_5;
    entry["q97.5"] = check.q97_5;
    entry["p_value"] = check.p_value;
    entry["p_at_most"] = check.p_at_most;
    entry["finding"] = check.finding;
    list.append(entry);
  }
  nb::dict out;
  out["checks"] = list;
  out["notes"] = checks.notes;
  return out;
}

std::string report_of(const Posterior& posterior, const Data* rows, const std::string& groups, bool json, int threads) {
  const GroupMode mode = group_mode(groups);
  const ReportForm form = json ? ReportForm::json : ReportForm::html;
  return interruptible([&] {
    return rows == nullptr ? posterior.report(form, mode, threads) : posterior.report(*rows, form, mode, threads);
  });
}

nb::dict comparison(const std::vector<std::pair<std::string, Posterior>>& fits, int threads) {
  Comparison compared = interruptible([&] { return compare(fits, threads); });
  nb::list list;
  for (const Comparison::Model& model : compared.models) {
    nb::dict entry;
    entry["name"] = model.name;
    entry["elpd_loo"] = model.elpd_loo.value;
    entry["se"] = model.elpd_loo.se;
    entry["p_loo"] = model.p_loo.value;
    entry["elpd_diff"] = model.difference.value;
    entry["dse"] = model.difference.se;
    entry["weight"] = model.weight;
    entry["unreliable"] = model.unreliable;
    list.append(entry);
  }
  nb::dict out;
  out["models"] = list;
  out["notes"] = compared.notes;
  return out;
}

nb::list warnings_of(const Posterior& posterior) {
  nb::list out;
  for (const Warning& warning : interruptible([&] { return posterior.warnings(); })) {
    nb::dict settings;
    for (const auto& [name, value] : warning.settings) settings[name.c_str()] = value;
    out.append(nb::make_tuple(warning.message, settings, warning.advice));
  }
  return out;
}

}  // namespace

void bind_posterior(nb::module_& module) {
  nb::class_<Posterior>(module, "Posterior", "The posterior of a model, in memory or in a file.")
      .def_static("open", &Posterior::open, nb::arg("path"))
      .def_prop_ro("complete", &Posterior::complete)
      .def_prop_ro("chains", &Posterior::chains)
      .def_prop_ro("draws_per_chain", &Posterior::draws_per_chain)
      .def("names", &Posterior::names, nb::arg("all"))
      .def(
          "draws",
          [](const Posterior& posterior, const std::string& name) {
            std::vector<double> draws = posterior.draws(name);
            const auto chains = static_cast<std::size_t>(posterior.chains());
            const std::size_t each = draws.size() / std::max<std::size_t>(chains, 1);
            return as_array(std::move(draws), {chains, each});
          },
          nb::arg("name"))
      .def("arrays", &Posterior::arrays)
      .def("array", &array_of, nb::arg("name"))
      .def("summary", &summary_of, nb::arg("all"))
      .def("warnings", &warnings_of)
      .def("notes", &Posterior::notes)
      .def("specification", &Posterior::specification)
      .def("predict", &predictions, nb::arg("rows"), nb::arg("groups"), nb::arg("weights"), nb::arg("interval"),
           nb::arg("draws"), nb::arg("threads"))
      .def("evaluate", &evaluation, nb::arg("rows"), nb::arg("groups"), nb::arg("weights"))
      .def("loo", &leave_one_out, nb::arg("threads"))
      .def("check", &checks_of, nb::arg("rows").none(), nb::arg("groups"), nb::arg("threads"))
      .def("report", &report_of, nb::arg("rows").none(), nb::arg("groups"), nb::arg("json"), nb::arg("threads"))
      .def("save", &Posterior::save, nb::arg("path"), nb::arg("overwrite"), nb::call_guard<nb::gil_scoped_release>());
  module.def("compare", &comparison, nb::arg("fits"), nb::arg("threads"));
}

}  // namespace bdglm::python
