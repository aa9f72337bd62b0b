// The report's main picture: what the model expects along one predictor, with its uncertainty, beside the plug-in's
// curve.
#include <algorithm>
#include <map>
#include <numeric>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

struct Curve {
  std::string of, response;
  bool factor, network;
  std::vector<double> x, mean, low, high, plugin, rug;
  std::vector<std::string> labels;
  std::vector<std::vector<double>> draws;

  explicit Curve(const Json& curve)
      : of(text(curve, "of")),
        response(text(curve, "response")),
        factor(text(curve, "kind") == "factor"),
        network(curve.value("network", false)),
        x(numbers(curve, "x")),
        mean(numbers(curve, "mean")),
        low(numbers(curve, "low")),
        high(numbers(curve, "high")),
        plugin(numbers(curve, "plugin")),
        rug(numbers(curve, "rug")) {
    for (const Json& label : list(curve, "labels")) {
      labels.push_back(label.is_string() ? label.get<std::string>() : label.dump());
    }
    for (const Json& draw : list(curve, "draws")) draws.push_back(numbers(draw));
    const std::size_t count = factor ? labels.size() : x.size();
    for (auto* values : {&mean, &low, &high}) values->resize(count, std::nan(""));
    if (!plugin.empty()) plugin.resize(count, std::nan(""));
  }

  std::string caption() const { return response + " along " + of; }

  int decimals() const {
    double widths = 0, counted = 0;
    for (std::size_t i = 0; i < std::min(low.size(), high.size()); ++i) {
      if (!std::isfinite(high[i] - low[i])) continue;
      widths += high[i] - low[i];
      counted += 1;
    }
    return decimals_for(widths / counted / 4);
  }

  std::string told(std::size_t i) const {
    const int digits = decimals();
    const std::string place = factor ? labels[i] : of + " " + figures(x[i], 4);
    return place + ": mean " + decimal(mean[i], digits) + ", 95 % " + decimal(low[i], digits) + " to " +
           decimal(high[i], digits) + (i < plugin.size() ? ", plug-in " + decimal(plugin[i], digits) : "");
  }

  Table table() const {
    const int digits = decimals();
    std::vector<std::string> heads{of, "Mean", "2.5 %", "97.5 %"};
    if (!plugin.empty()) heads.push_back("Plug-in");
    Table table(heads, caption());
    for (std::size_t i = 0; i < mean.size(); ++i) {
      std::vector<Cell> cells{factor ? Cell{labels[i]} : Cell::of_figures(x[i], 4), Cell::of(mean[i], digits),
                              Cell::of(low[i], digits), Cell::of(high[i], digits)};
      if (!plugin.empty()) cells.push_back(Cell::of(plugin[i], digits));
      table.row(cells);
    }
    return table;
  }
};

/// What the curves of one response show, so that they can stand on one scale; single draws may reach beyond it.
std::map<std::string, Range> scales(const std::vector<Curve>& curves) {
  std::map<std::string, Range> scales;
  for (const Curve& curve : curves) {
    for (const auto* values : {&curve.mean, &curve.low, &curve.high, &curve.plugin}) {
      scales[curve.response].include(*values);
    }
  }
  for (auto& [response, range] : scales) range = range.padded(0.06);
  return scales;
}

std::string number_picture(const Curve& curve, const Range& scale) {
  Range across;
  across.include(curve.x);
  Plot plot({420, 300, 50, 12, 24, 42}, across, scale);
  plot.y_axis(curve.response);
  plot.x_axis(curve.of);
  plot.band(curve.x, curve.low, curve.high, {"band posterior"});
  for (const std::vector<double>& draw : curve.draws) plot.line(curve.x, draw, {"line draw"});
  plot.line(curve.x, curve.plugin, {"line plugin"});
  plot.line(curve.x, curve.mean, {"line posterior strong"});
  for (const double at : curve.rug) {
    if (at >= across.low && at <= across.high) plot.rug(at, {"line rug"});
  }
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    const double before = i > 0 ? (curve.x[i - 1] + curve.x[i]) / 2 : curve.x[i];
    const double after = i + 1 < curve.x.size() ? (curve.x[i] + curve.x[i + 1]) / 2 : curve.x[i];
    plot.listener(before, after, curve.told(i));
  }
  return plot.svg(curve.caption() + ": posterior mean with its 95 % band");
}

std::string factor_picture(const Curve& curve, const Range& scale) {
  const double count = static_cast<double>(curve.labels.size());
  std::size_t longest = 0;
  for (const std::string& label : curve.labels) longest = std::max(longest, length(label));
  Plot::Size size;
  size.width = 420;
  size.left = std::clamp(14 + 7 * static_cast<double>(longest), 40.0, 150.0);
  size.top = 8;
  size.bottom = 42;
  size.height = std::max(26.0, std::min(44.0, 400 / count)) * count + 60;
  std::vector<double> places(curve.labels.size());
  std::iota(places.begin(), places.end(), 0.0);
  Plot plot(size, scale, {count - 0.4, -0.6});
  plot.y_names(places, curve.labels);
  plot.x_axis(curve.response, true);
  for (std::size_t i = 0; i < curve.labels.size(); ++i) {
    // Draws stand a little above each other, in their order, so that they do not hide one another.
    for (std::size_t d = 0; d < curve.draws.size(); ++d) {
      const double offset = 0.3 * (static_cast<double>(d) + 0.5) / static_cast<double>(curve.draws.size()) - 0.15;
      if (i < curve.draws[d].size() && curve.draws[d][i] >= scale.low && curve.draws[d][i] <= scale.high) {
        plot.point(curve.draws[d][i], places[i] + offset, Shape::circle, 1.6, {"fill draw"});
      }
    }
    const std::string told = curve.told(i);
    plot.segment(curve.low[i], places[i], curve.high[i], places[i], {"line interval", told});
    if (i < curve.plugin.size()) {
      plot.point(curve.plugin[i], places[i] + 0.24, Shape::triangle, 5, {"fill plugin", told});
    }
    plot.point(curve.mean[i], places[i], Shape::circle, 4.6, {"fill mean", told});
  }
  return plot.svg(curve.caption() + ": posterior means with their 95 % intervals");
}

}  // namespace

std::string curves_section(const Json& data) {
  if (!data.contains("curves")) return "";
  std::vector<Curve> curves;
  for (const Json& curve : data["curves"]) curves.emplace_back(curve);
  std::map<std::string, Range> range = scales(curves);
  std::string figures;
  bool lines = false, points = false;
  for (const Curve& curve : curves) {
    (curve.factor ? points : lines) = true;
    const Range& scale = range[curve.response];
    figures += figure(curve.caption() + (curve.network ? " (through the network)" : ""),
                      curve.factor ? factor_picture(curve, scale) : number_picture(curve, scale),
                      numbers_behind(curve.table()));
  }
  std::vector<Key> keys;
  if (lines) {
    keys = {{"posterior mean", "line posterior strong"},
            {"95 % band", "band posterior", Key::Kind::area},
            {"single draws", "line draw"},
            {"plug-in", "line plugin"},
            {"observed values", "line rug"}};
  }
  if (points) {
    keys.push_back({"mean of a level", "fill mean", Key::Kind::point});
    keys.push_back({"its plug-in", "fill plugin", Key::Kind::point, Shape::triangle});
  }
  return section(
      "curves", "What the model expects, and how sure it is",
      "One predictor moves while the others stay at typical values: the band holds the true curve with 95 % "
      "probability and widens where data are few, while the dashed plug-in (one single set of parameters, their "
      "means) looks equally sure everywhere.",
      legend(keys) + grid(figures, "two"));
}

}  // namespace bdglm::report
