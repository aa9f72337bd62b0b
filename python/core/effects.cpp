// Marginal effects and importances for Python: dictionaries, a row of a frame each.
#include <nanobind/stl/variant.h>

#include "bindings.hpp"
#include "signals.hpp"

namespace bdglm::python {
namespace {

/// Rows as dictionaries, in the order of the columns of a frame, and notes: the variable's values under `value_name`,
/// those of the column that averages are within under `by_name`.
nb::tuple effects_of(const Posterior& posterior, const Data* rows, const std::string& variable,
                     const EffectOptions& options, const std::string& value_name, const std::string& by_name) {
  const Effects effects = interruptible([&] {
    return rows == nullptr ? posterior.effects(variable, options) : posterior.effects(*rows, variable, options);
  });
  nb::list out;
  for (const Effects::Row& row : effects.rows) {
    nb::dict entry;
    if (row.value)
      entry[value_name.c_str()] = *row.value;
    else
      entry["variable"] = variable;
    if (row.from) entry["from"] = *row.from;
    if (row.to) entry["to"] = *row.to;
    if (row.by) entry[by_name.c_str()] = *row.by;
    if (!row.response.empty()) entry["response"] = row.response;
    entry["mean"] = row.mean;
    entry["sd"] = row.sd;
    entry["low"] = row.low;
    entry["high"] = row.high;
    if (row.plugin) entry["plugin"] = *row.plugin;
    out.append(entry);
  }
  return nb::make_tuple(out, effects.notes);
}

nb::tuple importance_of(const Posterior& posterior, const Data* rows, const std::string& groups, double interval,
                        int threads) {
  const ImportanceOptions options{.interval = interval, .groups = group_mode(groups), .threads = threads};
  const Importances told = interruptible(
      [&] { return rows == nullptr ? posterior.importance(options) : posterior.importance(*rows, options); });
  nb::list out;
  for (const Importances::Row& row : told.rows) {
    nb::dict entry;
    entry["variable"] = row.variable;
    entry["mean"] = row.mean;
    entry["sd"] = row.sd;
    entry["low"] = row.low;
    entry["high"] = row.high;
    out.append(entry);
  }
  return nb::make_tuple(out, told.notes);
}

}  // namespace

void bind_effects(nb::module_& module) {
  nb::enum_<EffectKind>(module, "EffectKind")
      .value("predictions", EffectKind::predictions)
      .value("comparisons", EffectKind::comparisons)
      .value("slopes", EffectKind::slopes);
  module.def(
      "effects",
      [](const Posterior& posterior, const Data* rows, const std::string& variable, EffectKind kind, std::string by,
         std::vector<ColumnValue> values, std::size_t points, double interval, const std::optional<std::string>& groups,
         int threads, const std::string& value_name, const std::string& by_name) {
        EffectOptions options;
        options.kind = kind;
        options.by = std::move(by);
        options.values = std::move(values);
        options.points = points;
        options.interval = interval;
        if (groups) options.groups = group_mode(*groups);
        options.threads = threads;
        return effects_of(posterior, rows, variable, options, value_name, by_name);
      },
      nb::arg("posterior"), nb::arg("rows").none(), nb::arg("variable"), nb::arg("kind"), nb::arg("by"),
      nb::arg("values"), nb::arg("points"), nb::arg("interval"), nb::arg("groups").none(), nb::arg("threads"),
      nb::arg("value_name"), nb::arg("by_name"));
  module.def("importance", &importance_of, nb::arg("posterior"), nb::arg("rows").none(), nb::arg("groups"),
             nb::arg("interval"), nb::arg("threads"));
}

}  // namespace bdglm::python
