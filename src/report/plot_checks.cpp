// Checks of the HTML report: statistics and counts of the observed responses beside those that the model makes.
#include <algorithm>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

struct Statistic {
  std::string name, finding;
  double observed, mean, low, high, p_value;
  int decimals;

  explicit Statistic(const Json& s)
      : name(text(s, "statistic")),
        finding(text(s, "finding")),
        observed(number(s, "observed")),
        mean(number(s, "mean")),
        low(number(s, "q2.5")),
        high(number(s, "q97.5")),
        p_value(number(s, "p_value")),
        decimals(decimals_for((high - low) / 4)) {}

  std::string picture() const {
    Range across;
    for (const double value : {observed, mean, low, high}) across.include(value);
    Plot plot({320, 64, 16, 16, 4, 24}, across.padded(0.08), {0, 1});
    plot.x_axis("");
    plot.segment(low, 0.5, high, 0.5, {"line interval wide", "95 % of new data: " + interval()});
    plot.point(mean, 0.5, Shape::circle, 4.5, {"fill mean", "Mean of new data: " + decimal(mean, decimals)});
    plot.point(observed, 0.5, Shape::diamond, 7, {"fill observed", "Observed: " + decimal(observed, decimals)});
    return plot.svg(name + ": observed " + decimal(observed, decimals) + ", new data " + interval());
  }

  std::string interval() const { return decimal(low, decimals) + " to " + decimal(high, decimals); }

  std::string html() const {
    const std::string told = "observed " + decimal(observed, decimals) + ", new data " + interval();
    return figure(name, picture(), paragraph(told, "told") + paragraph(finding, "finding"));
  }
};

std::string statistics(const Json& checks) {
  Table table({"Statistic", "Observed", "New data, mean", "2.5 %", "97.5 %", "Share of new data at least as large"},
              "Statistics of the responses");
  std::string figures;
  for (const Json& item : list(checks, "statistics")) {
    const Statistic s(item);
    figures += s.html();
    table.row({{s.name},
               Cell::of(s.observed, s.decimals),
               Cell::of(s.mean, s.decimals),
               Cell::of(s.low, s.decimals),
               Cell::of(s.high, s.decimals),
               Cell::of(s.p_value, 3)});
  }
  return figures.empty() ? "" : grid(figures, "three") + numbers_behind(table);
}

std::string bars(const Json& bars, double rows) {
  const std::vector<double> observed = numbers(bars, "observed"), mean = numbers(bars, "mean"),
                            low = numbers(bars, "low"), high = numbers(bars, "high"), edges = numbers(bars, "edges");
  const bool of_numbers = !edges.empty();
  const std::size_t count = of_numbers ? edges.size() - 1 : list(bars, "labels").size();
  Range up(0, 0), across(-0.6, static_cast<double>(count) - 0.4);
  for (const auto* values : {&observed, &mean, &low, &high}) up.include(*values);
  if (of_numbers) {
    across = Range();
    across.include(edges);
    across = across.padded(0.02);
  }
  Plot plot({560, 300, 52, 12, 24, 40}, across, {0, 1.05 * up.padded(0).high});
  plot.y_axis("rows");
  std::vector<std::string> names;
  std::vector<double> middles;
  for (std::size_t i = 0; i < count; ++i) {
    const double place = static_cast<double>(i);
    middles.push_back(of_numbers ? (edges[i] + edges[i + 1]) / 2 : place);
    const Json& label = of_numbers ? Json() : bars["labels"][i];
    names.push_back(of_numbers          ? figures(edges[i], 4) + " to " + figures(edges[i + 1], 4)
                    : label.is_string() ? label.get<std::string>()
                                        : label.dump());
  }
  if (of_numbers) {
    plot.x_axis("response");
  } else {
    plot.x_names("response", middles, names);
  }
  Table table({"Response", "Observed", "New data, mean", "2.5 %", "97.5 %"}, "Rows by response");
  for (std::size_t i = 0; i < std::min({count, observed.size(), mean.size(), low.size(), high.size()}); ++i) {
    const double half = of_numbers ? 0.46 * (edges[i + 1] - edges[i]) : 0.38;
    const std::string told = names[i] + ": observed " + figures(observed[i], 4) + ", new data " + figures(low[i], 4) +
                             " to " + figures(high[i], 4);
    plot.box(middles[i] - half, middles[i] + half, 0, observed[i], {"fill bar", told});
    plot.segment(middles[i], low[i], middles[i], high[i], {"line interval wide", told});
    plot.point(middles[i], mean[i], Shape::circle, 3.4, {"fill mean", told});
    table.row({{names[i]},
               Cell::of_figures(observed[i], 4),
               Cell::of_figures(mean[i], 4),
               Cell::of_figures(low[i], 4),
               Cell::of_figures(high[i], 4)});
  }
  return figure("How often each response came" + (std::isfinite(rows) ? ", among " + counted(rows, "row", "rows") : ""),
                legend({{"observed", "fill bar", Key::Kind::area},
                        {"mean of new data", "fill mean", Key::Kind::point},
                        {"95 % of new data sets", "line interval wide"}}) +
                    plot.svg("Rows by response, observed and as the model makes them", "wide"),
                numbers_behind(table));
}

}  // namespace

std::string checks_section(const Json& data) {
  if (!data.contains("checks")) return "";
  const Json& checks = data["checks"];
  std::string html;
  if (const std::string pictures = statistics(checks); !pictures.empty()) {
    html += legend({{"observed", "fill observed", Key::Kind::point, Shape::diamond},
                    {"mean of new data", "fill mean", Key::Kind::point},
                    {"95 % of new data sets", "line interval wide"}}) +
            pictures;
  }
  if (checks.contains("bars")) html += bars(checks["bars"], number(checks, "rows"));
  return section(
      "checks", "Does the model make data like yours?",
      "The fitted model was asked for whole new data sets; where what you observed lies outside nearly all of "
      "them, the model misses something about your data.",
      html);
}

}  // namespace bdglm::report
