// Leave-one-out in the HTML report: its estimates, and each row's Pareto k beside the threshold.
#include <algorithm>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

constexpr std::size_t kWorstOfTable = 50;

struct Estimate {
  const char* key;
  const char* name;
  const char* meaning;
};

constexpr Estimate kEstimates[] = {
    {"elpd_loo", "elpd, leave-one-out",
     "expected log score of all rows, each predicted without itself; higher is better"},
    {"p_loo", "Effective parameters, leave-one-out", "how much each row helps to predict itself"},
    {"elpd_waic", "elpd, WAIC", "an approximation of the first"},
    {"p_waic", "Effective parameters, WAIC", "an approximation of the second"}};

std::string estimates(const Json& loo) {
  Table table({"Estimate", "Value", "Standard error", "Meaning"}, "Estimates of the score on new data");
  for (const Estimate& estimate : kEstimates) {
    if (!loo.contains(estimate.key)) continue;
    const Json& entry = loo[estimate.key];
    const int decimals = std::max(1, decimals_for(number(entry, "se")));
    table.row({{estimate.name},
               Cell::of(number(entry, "value"), decimals),
               Cell::of(number(entry, "se"), decimals),
               {estimate.meaning}});
  }
  return table.empty() ? "" : table.html();
}

std::string pareto(const Json& loo) {
  struct Row {
    double number, k, elpd;
  };
  std::vector<Row> rows;
  const double threshold = number(loo, "k_threshold");
  Range across, up(0, 0);
  for (const Json& row : list(loo, "rows")) {
    rows.push_back({number(row, "number"), number(row, "pareto_k"), number(row, "elpd_loo")});
    across.include(rows.back().number);
    up.include(rows.back().k);
  }
  if (rows.empty()) return "";
  up.include(threshold);
  Plot plot({560, 260, 46, 12, 24, 42}, across.padded(0.02), up.padded(0.05));
  plot.y_axis("Pareto k");
  plot.x_axis("row of the data");
  plot.rule_y(threshold, "rule limit");
  for (const Row& row : rows) {
    const bool poor = row.k > threshold;
    plot.point(row.number, row.k, poor ? Shape::diamond : Shape::circle, poor ? 5.5 : 2,
               {poor ? "fill observed" : "fill mean light",
                "Row " + figures(row.number, 9) + ": k " + decimal(row.k, 2) + ", elpd " + decimal(row.elpd, 2)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return (std::isfinite(a.k) ? a.k : -INFINITY) > (std::isfinite(b.k) ? b.k : -INFINITY);
  });
  Table table({"Row", "Pareto k", "elpd"}, "The rows of highest Pareto k");
  for (std::size_t i = 0; i < std::min(rows.size(), kWorstOfTable); ++i) {
    table.row({Cell::of(rows[i].number, 0), Cell::of(rows[i].k, 3), Cell::of(rows[i].elpd, 3)});
  }
  const double unreliable = number(loo, "unreliable");
  const std::string told = unreliable > 0 ? counted(unreliable, "row lies", "rows lie") + " above the threshold of " +
                                                figures(threshold, 2) + ": estimates of these are not reliable."
                                          : "No row lies above the threshold of " + figures(threshold, 2) + ".";
  return figure("Pareto k, row by row",
                legend({{"row", "fill mean light", Key::Kind::point},
                        {"row above the threshold", "fill observed", Key::Kind::point, Shape::diamond},
                        {"threshold", "rule limit"}}) +
                    plot.svg("Pareto k by row, with the threshold " + figures(threshold, 2), "wide"),
                paragraph(told, "told") + numbers_behind(table));
}

}  // namespace

std::string loo_section(const Json& data) {
  if (!data.contains("loo")) return "";
  const Json& loo = data["loo"];
  std::string html = estimates(loo) + pareto(loo);
  for (const Json& note : list(loo, "notes")) html += paragraph(note.get<std::string>(), "note");
  return section(
      "loo", "How well it would predict a row that it has not seen",
      "Each row is predicted by a fit without it, at no cost of refitting; a row above the threshold sways the fit so "
      "much that its own estimate cannot be relied on, and deserves a look.",
      html);
}

}  // namespace bdglm::report
