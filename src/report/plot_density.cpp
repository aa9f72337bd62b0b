// Posterior densities of the HTML report: a curve with its 95 % interval shaded and the prior as a thin dashed line.
#include <algorithm>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

constexpr std::size_t kPointsOfTable = 16;

/// The curve between two places, with its values at both, read off by straight lines.
std::pair<std::vector<double>, std::vector<double>> between(const std::vector<double>& x, const std::vector<double>& y,
                                                            double low, double high) {
  const auto at = [&](double place) {
    const std::size_t i = static_cast<std::size_t>(std::lower_bound(x.begin(), x.end(), place) - x.begin());
    if (i == 0) return y.front();
    if (i == x.size()) return y.back();
    const double share = (place - x[i - 1]) / (x[i] - x[i - 1]);
    return (1 - share) * y[i - 1] + share * y[i];
  };
  std::vector<double> xs{low}, ys{at(low)};
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] > low && x[i] < high) {
      xs.push_back(x[i]);
      ys.push_back(y[i]);
    }
  }
  xs.push_back(high);
  ys.push_back(at(high));
  return {xs, ys};
}

Table table_of(const std::string& name, const std::vector<double>& x, const std::vector<double>& posterior,
               const std::vector<double>& prior) {
  Table table({"Value", "Posterior density", "Prior density"}, name);
  const std::size_t step = std::max<std::size_t>(1, x.size() / kPointsOfTable);
  for (std::size_t i = 0; i < std::min(x.size(), posterior.size()); i += step) {
    table.row({Cell::of_figures(x[i], 4), Cell::of_figures(posterior[i]),
               i < prior.size() ? Cell::of_figures(prior[i]) : Cell{"–"}});
  }
  return table;
}

std::string density_figure(const Json& density) {
  const std::string name = text(density, "name");
  const std::vector<double> x = numbers(density, "x"), posterior = numbers(density, "posterior"),
                            prior = numbers(density, "prior");
  const double mean = number(density, "mean"), low = number(density, "low"), high = number(density, "high");
  Range across, up(0, 0);
  across.include(x);
  up.include(posterior);
  // A prior that peaks far above the posterior is cut rather than the posterior flattened.
  Range with_prior = up;
  with_prior.include(prior);
  up.high = std::min(with_prior.high, 1.6 * up.high);
  Plot plot({320, 184, 12, 12, 10, 22}, across, {0, 1.06 * up.padded(0).high});
  plot.x_axis("");
  const int decimals = decimals_for((high - low) / 4);
  const std::string interval = decimal(low, decimals) + " to " + decimal(high, decimals);
  if (low < high && !x.empty() && posterior.size() == x.size()) {
    const auto [xs, ys] = between(x, posterior, low, high);
    plot.band(xs, std::vector<double>(xs.size(), 0), ys, {"band posterior", "95 % interval: " + interval});
  }
  plot.line(x, prior, {"line prior", "Prior of " + name});
  plot.line(x, posterior, {"line posterior", "Posterior of " + name});
  if (!across.empty) plot.segment(mean, 0, mean, up.high, {"line mean", "Mean: " + decimal(mean, decimals)});
  const std::string numbers_told = "mean " + decimal(mean, decimals) + ", 95 % " + interval;
  return figure(name, plot.svg("Posterior density of " + name + ": " + numbers_told),
                paragraph(numbers_told, "told") + numbers_behind(table_of(name, x, posterior, prior)));
}

}  // namespace

std::string densities_section(const Json& data) {
  if (!data.contains("densities")) return "";
  std::string figures;
  bool prior = false;
  for (const Json& density : data["densities"]) {
    figures += density_figure(density);
    prior = prior || !list(density, "prior").empty();
  }
  std::vector<Key> keys{
      {"posterior", "line posterior"}, {"95 % interval", "band posterior", Key::Kind::area}, {"mean", "line mean"}};
  if (prior) keys.push_back({"prior", "line prior"});
  return section(
      "densities", "Posterior and prior",
      "Where the curve is high the data make the value likely; the farther it has moved from the dashed prior, or "
      "the narrower it has become, the more the data have told.",
      legend(keys) + grid(figures, "three"));
}

}  // namespace bdglm::report
