// Traces of the HTML report's chains, and histograms of their ranks beside them.
#include <algorithm>
#include <string>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

constexpr std::size_t kColours = 6;

std::string style_of(std::size_t chain) {
  return "chain chain" + std::to_string(chain % kColours) + (chain / kColours % 2 == 1 ? " dashed" : "");
}

std::string attribute_of(std::size_t chain) { return " data-chain=\"" + std::to_string(chain) + '"'; }

std::string named(std::size_t chain) { return "chain " + std::to_string(chain + 1); }

std::string trace_picture(const Json& chains, const std::string& name) {
  Range across(0, 1), up;
  const double every = std::isfinite(number(chains, "every")) ? number(chains, "every") : 1;
  std::vector<std::vector<double>> traces;
  for (const Json& trace : list(chains, "traces")) {
    traces.push_back(numbers(trace));
    up.include(traces.back());
    across.include(every * static_cast<double>(traces.back().size()));
  }
  Plot plot({400, 180, 46, 8, 8, 38}, across, up.padded(0.04));
  plot.y_axis("", true);
  plot.x_axis("draw");
  for (std::size_t chain = 0; chain < traces.size(); ++chain) {
    std::vector<double> at(traces[chain].size());
    for (std::size_t i = 0; i < at.size(); ++i) at[i] = every * static_cast<double>(i + 1);
    plot.line(at, traces[chain], {"line trace " + style_of(chain), name + ", " + named(chain), attribute_of(chain)});
  }
  return plot.svg("Trace of " + name + " in " + counted(static_cast<double>(traces.size()), "chain", "chains"));
}

std::string rank_picture(const Json& chains, const std::string& name) {
  const double expected = number(chains, "expected");
  Range up(0, 0);
  std::size_t bins = 1;
  for (const Json& ranks : list(chains, "ranks")) {
    up.include(numbers(ranks));
    bins = std::max(bins, ranks.size());
  }
  up.include(std::isfinite(expected) ? 2 * expected : 1);
  Plot plot({400, 180, 46, 8, 8, 38}, {0, static_cast<double>(bins)}, {0, 1.04 * up.high});
  plot.y_axis("", true);
  plot.x_names("low draws  \xE2\x86\x90  rank among all chains  \xE2\x86\x92  high draws", {}, {});
  std::size_t chain = 0;
  for (const Json& counts : list(chains, "ranks")) {
    // A step for each bin: its count from its left edge to its right.
    const std::vector<double> heights = numbers(counts);
    std::vector<double> x, y;
    for (std::size_t bin = 0; bin < heights.size(); ++bin) {
      x.insert(x.end(), {static_cast<double>(bin), static_cast<double>(bin + 1)});
      y.insert(y.end(), {heights[bin], heights[bin]});
    }
    plot.line(x, y, {"line ranks " + style_of(chain), name + ", " + named(chain), attribute_of(chain)});
    ++chain;
  }
  plot.rule_y(expected, "rule expected");
  return plot.svg("Ranks of the draws of " + name + ", chain by chain; " + figures(expected) +
                  " in each bin are expected");
}

/// A trace in words: where each chain was in its first and its second half.
Table trace_table(const Json& chains, const std::string& name) {
  Table table({"Chain", "Mean, first half", "Mean, second half", "Lowest", "Highest"}, name);
  std::size_t chain = 0;
  for (const Json& trace : list(chains, "traces")) {
    double sums[2] = {0, 0}, counts[2] = {0, 0};
    Range range;
    const std::vector<double> values = numbers(trace);
    range.include(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t half = 2 * i < values.size() ? 0 : 1;
      if (!std::isfinite(values[i])) continue;
      sums[half] += values[i];
      counts[half] += 1;
    }
    const int decimals = decimals_for((range.high - range.low) / 6);
    table.row({{named(chain++)},
               Cell::of(sums[0] / counts[0], decimals),
               Cell::of(sums[1] / counts[1], decimals),
               range.empty ? Cell{"–"} : Cell::of(range.low, decimals),
               range.empty ? Cell{"–"} : Cell::of(range.high, decimals)});
  }
  return table;
}

Table rank_table(const Json& chains, const std::string& name) {
  std::vector<std::string> heads{"Bin"};
  std::size_t bins = 0;
  for (const Json& ranks : list(chains, "ranks")) {
    heads.push_back(named(heads.size() - 1));
    bins = std::max(bins, ranks.size());
  }
  Table table(heads, "Draws of " + name + " by rank");
  for (std::size_t bin = 0; bin < bins; ++bin) {
    std::vector<Cell> cells{{std::to_string(bin + 1)}};
    for (const Json& ranks : list(chains, "ranks")) {
      cells.push_back(bin < ranks.size() ? Cell::of(numbers(ranks)[bin], 0) : Cell{"–"});
    }
    table.row(cells);
  }
  return table;
}

/// Buttons that hide and show a chain everywhere; without the script they are a plain legend.
std::string chain_keys(std::size_t chains) {
  std::string html = "<div class=\"chains-shown\" role=\"group\" aria-label=\"Chains shown\">";
  for (std::size_t chain = 0; chain < chains; ++chain) {
    Plot plot({26, 12, 1, 1, 1, 1}, {0, 1}, {0, 1});
    plot.line({0, 1}, {0.5, 0.5}, {"line ranks " + style_of(chain), "", "", false});
    html += "<button type=\"button\" aria-pressed=\"true\" data-toggle=\"" + std::to_string(chain) + "\">" +
            plot.sample() + ' ' + named(chain) + "</button> ";
  }
  return html + "</div>\n";
}

}  // namespace

std::string chains_section(const Json& data) {
  if (!data.contains("chains")) return "";
  std::string html;
  std::size_t most = 0;
  for (const Json& chains : data["chains"]) {
    const std::string name = text(chains, "name");
    most = std::max({most, list(chains, "traces").size(), list(chains, "ranks").size()});
    const std::string told = "R-hat " + decimal(number(chains, "rhat"), 3) + ", " +
                             decimal(number(chains, "ess_bulk"), 0) + " effective draws";
    html += "<div class=\"parameter\"><h3>" + escape(name) + " <small>" + escape(told) + "</small></h3>";
    html += grid(figure("Trace", trace_picture(chains, name), numbers_behind(trace_table(chains, name))) +
                     figure("Ranks", rank_picture(chains, name), numbers_behind(rank_table(chains, name))),
                 "two");
    html += "</div>\n";
  }
  return section(
      "chains", "Did the chains agree?",
      "Each chain started elsewhere: where the traces lie on each other and every chain's steps keep near the dashed "
      "line of the ranks, they have found the same answer.",
      chain_keys(most) + html);
}

}  // namespace bdglm::report
