// Calibration in the HTML report: predicted beside observed shares, the histogram of PIT values, and coverage of
// intervals.
#include <algorithm>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

constexpr Plot::Size kSquare{320, 320, 46, 14, 24, 42};

std::string percent(double share, int decimals = 1) { return decimal(100 * share, decimals) + " %"; }

std::string reliability(const Json& level) {
  const std::string name = text(level, "level");
  std::vector<double> predicted, low, high, observed, rows;
  double most = 1;
  for (const Json& bin : list(level, "bins")) {
    predicted.push_back(number(bin, "probability"));
    observed.push_back(number(bin, "observed"));
    low.push_back(number(bin, "low"));
    high.push_back(number(bin, "high"));
    rows.push_back(number(bin, "rows"));
    most = std::max(most, std::isfinite(rows.back()) ? rows.back() : 0);
  }
  Plot plot(kSquare, Range(0, 1).padded(0.02), Range(0, 1).padded(0.02));
  plot.y_axis("observed share");
  plot.x_axis("predicted probability", true);
  plot.line({0, 1}, {0, 1}, {"line ideal", "", "", false});
  plot.band(predicted, low, high, {"band posterior", "Where 95 % of shares lie if the model is right"});
  Table table({"Predicted", "Observed", "Expected from", "to", "Rows"}, "Calibration of " + name);
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const double radius = std::isfinite(rows[i]) ? std::max(2.5, 7 * std::sqrt(rows[i] / most)) : 4;
    const bool outside = observed[i] < low[i] || observed[i] > high[i];
    plot.point(
        predicted[i], observed[i], outside ? Shape::diamond : Shape::circle, outside ? radius + 1.5 : radius,
        {outside ? "fill observed" : "fill mean", "Predicted " + percent(predicted[i]) + ", observed " +
                                                      percent(observed[i]) + " of " + counted(rows[i], "row", "rows")});
    table.row({Cell::of(predicted[i], 3), Cell::of(observed[i], 3), Cell::of(low[i], 3), Cell::of(high[i], 3),
               Cell::of(rows[i], 0)});
  }
  return figure("Probability of " + name, plot.svg("Predicted probabilities of " + name + " beside observed shares"),
                numbers_behind(table));
}

std::string pit(const Json& pit) {
  const std::vector<double> shares = numbers(pit, "shares");
  const double low = number(pit, "low"), high = number(pit, "high");
  const double bins = static_cast<double>(std::max<std::size_t>(shares.size(), 1));
  Range up(0, 0);
  up.include(high);
  up.include(shares);
  Plot plot(kSquare, {0, 1}, {0, 1.05 * up.padded(0).high});
  plot.y_axis("share of rows");
  plot.x_axis("rank of the response within its prediction");
  Table table({"Rank from", "to", "Share of rows"}, "Ranks of the responses");
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double from = static_cast<double>(i) / bins, to = static_cast<double>(i + 1) / bins;
    const bool outside = shares[i] < low || shares[i] > high;
    plot.box(from + 0.06 / bins, to - 0.06 / bins, 0, shares[i],
             {outside ? "fill bar outside" : "fill bar",
              "Ranks " + decimal(from, 2) + " to " + decimal(to, 2) + ": " + percent(shares[i]) + " of the rows"});
    table.row({Cell::of(from, 2), Cell::of(to, 2), Cell::of(shares[i], 4)});
  }
  plot.box(0, 1, low, high, {"band over", "Expected: " + percent(low) + " to " + percent(high)});
  return figure(
      "Ranks of the responses", plot.svg("Histogram of the responses' ranks within their predictions"),
      paragraph(
          "Bars outside the band tell of predictions that are too wide (a hill) or too narrow (a valley), too high or "
          "too low (a slope).",
          "note") +
          numbers_behind(table));
}

std::string coverage(const Json& coverage) {
  Plot plot(kSquare, Range(0, 1).padded(0.02), Range(0, 1).padded(0.02));
  plot.y_axis("share of rows inside");
  plot.x_axis("probability of the interval", true);
  plot.line({0, 1}, {0, 1}, {"line ideal", "", "", false});
  Table table({"Interval of", "Holds"}, "Coverage of intervals");
  for (const Json& entry : coverage) {
    const double level = number(entry, "level"), share = number(entry, "share");
    plot.point(level, share, Shape::circle, 4.5,
               {"fill mean", "Intervals of " + percent(level, 0) + " hold " + percent(share)});
    table.row({{percent(level, 0), level, "number"}, {percent(share), share, "number"}});
  }
  return figure("Coverage of intervals", plot.svg("Probability of intervals beside the share of rows inside"),
                paragraph("Points above the line: intervals hold more than they promise; below it: less.", "note") +
                    numbers_behind(table));
}

}  // namespace

std::string calibration_section(const Json& data) {
  std::string figures;
  for (const Json& level : list(data, "calibration")) figures += reliability(level);
  const bool diagrams = !figures.empty();
  if (data.contains("pit")) figures += pit(data["pit"]);
  if (data.contains("coverage")) figures += coverage(data["coverage"]);
  if (figures.empty()) return "";
  std::vector<Key> keys;
  if (diagrams) {
    keys = {{"rows of like probability; the larger, the more", "fill mean", Key::Kind::point},
            {"outside the band", "fill observed", Key::Kind::point, Shape::diamond}};
  }
  if (diagrams || data.contains("pit")) {
    keys.push_back({"where 95 % lie if the model is right", "band posterior", Key::Kind::area});
  }
  return section(
      "calibration", "Do its probabilities hold?",
      "Of what the model calls 30 % probable, 30 % should happen: points on the diagonal, and bars within the band, "
      "mean that its uncertainty can be taken at its word.",
      (keys.empty() ? "" : legend(keys)) + grid(figures, "three"));
}

}  // namespace bdglm::report
