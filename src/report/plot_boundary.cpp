// The decision boundary in the HTML report: a level's probability over two predictors, its uncertainty, and the
// plug-in's.
#include <algorithm>
#include <map>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

using Grid = std::vector<std::vector<double>>;  // one row a value of y

constexpr std::size_t kColumnsOfTable = 10;

struct Colour {
  double red, green, blue;
};

/// A colour on the way through the stops, share 0 to 1.
std::string between(const std::vector<Colour>& stops, double share) {
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(place), stops.size() - 2);
  const double part = place - static_cast<double>(i);
  const auto mixed = [&](double Colour::*channel) {
    return static_cast<int>(std::lround((1 - part) * stops[i].*channel + part * stops[i + 1].*channel));
  };
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", mixed(&Colour::red), mixed(&Colour::green), mixed(&Colour::blue));
  return text;
}

// Blue over white to orange, and white to dark violet: apart in lightness for who sees no red or no green.
const std::vector<Colour> kProbability{{0, 90, 160}, {120, 175, 215}, {246, 246, 244}, {240, 165, 90}, {200, 80, 0}};
const std::vector<Colour> kUncertainty{{248, 246, 250}, {180, 160, 210}, {95, 55, 140}, {40, 10, 80}};

struct Boundary {
  std::string x_name, y_name, level;
  std::vector<double> x, y;
  std::vector<std::string> others;  ///< the observed levels but `level`, in the order of their first point
  const Json& points;

  explicit Boundary(const Json& boundary)
      : x_name(text(boundary.at("x"), "name")),
        y_name(text(boundary.at("y"), "name")),
        level(text(boundary, "level")),
        x(numbers(boundary.at("x"), "values")),
        y(numbers(boundary.at("y"), "values")),
        points(list(boundary, "points")) {
    for (const Json& point : points) {
      const std::string observed = text(point, "observed");
      if (observed != level && std::find(others.begin(), others.end(), observed) == others.end()) {
        others.push_back(observed);
      }
    }
  }

  Shape shape(std::size_t other) const {
    constexpr Shape shapes[] = {Shape::triangle, Shape::square, Shape::diamond, Shape::circle};
    return shapes[other % 4];
  }
};

Grid grid_of(const Json& boundary, const char* key) {
  Grid grid;
  for (const Json& row : list(boundary, key)) grid.push_back(numbers(row));
  return grid;
}

/// Half way to the neighbours on both sides; at an end as far out as in.
std::pair<double, double> edges(const std::vector<double>& values, std::size_t i) {
  if (values.size() < 2) return {values[i] - 0.5, values[i] + 0.5};
  const double before = i > 0 ? values[i] - values[i - 1] : values[1] - values[0];
  const double after = i + 1 < values.size() ? values[i + 1] - values[i] : before;
  return {values[i] - before / 2, values[i] + after / 2};
}

/// From the first cell's outer edge to the last one's.
Range range_of(const std::vector<double>& values) {
  Range range;
  for (std::size_t i = 0; i < values.size(); ++i) {
    range.include(edges(values, i).first);
    range.include(edges(values, i).second);
  }
  return range;
}

/// The contour of .5 by marching squares, in straight pieces.
void contour(Plot& plot, const Boundary& b, const Grid& grid) {
  constexpr double level = 0.5;
  for (const char* style : {"contour halo", "contour"}) {
    for (std::size_t j = 0; j + 1 < std::min(grid.size(), b.y.size()); ++j) {
      for (std::size_t i = 0; i + 1 < std::min({grid[j].size(), grid[j + 1].size(), b.x.size()}); ++i) {
        const double values[4] = {grid[j][i], grid[j][i + 1], grid[j + 1][i + 1], grid[j + 1][i]};
        const double xs[4] = {b.x[i], b.x[i + 1], b.x[i + 1], b.x[i]};
        const double ys[4] = {b.y[j], b.y[j], b.y[j + 1], b.y[j + 1]};
        std::vector<std::pair<double, double>> crossings;
        for (std::size_t k = 0; k < 4; ++k) {
          const std::size_t next = (k + 1) % 4;
          if (!std::isfinite(values[k] + values[next]) || (values[k] < level) == (values[next] < level)) continue;
          const double share = (level - values[k]) / (values[next] - values[k]);
          crossings.emplace_back(xs[k] + share * (xs[next] - xs[k]), ys[k] + share * (ys[next] - ys[k]));
        }
        for (std::size_t k = 0; k + 1 < crossings.size(); k += 2) {
          plot.segment(crossings[k].first, crossings[k].second, crossings[k + 1].first, crossings[k + 1].second,
                       {style, "", "", false});
        }
      }
    }
  }
}

void observed(Plot& plot, const Boundary& b) {
  for (const Json& point : b.points) {
    const std::string level = text(point, "observed");
    const bool same = level == b.level;
    const auto place = std::find(b.others.begin(), b.others.end(), level) - b.others.begin();
    plot.point(number(point, "x"), number(point, "y"), same ? Shape::circle : b.shape(static_cast<std::size_t>(place)),
               same ? 3.2 : 3.8, {same ? "seen" : "seen other", "Observed: " + level});
  }
}

/// What the colours mean: a strip from one end to the other.
std::string colour_key(const std::vector<Colour>& stops, double low, double high, const std::string& words) {
  constexpr int steps = 40;
  Plot plot({160, 12, 0, 0, 0, 0}, {0, steps}, {0, 1});
  for (int i = 0; i < steps; ++i) {
    plot.box(i, i + 1, 0, 1, {"cell", "", " fill=\"" + between(stops, (i + 0.5) / steps) + '"', false});
  }
  return "<p class=\"colours\">" + escape(words) + " <span>" + figures(low) + ' ' + plot.sample() + ' ' +
         figures(high) + "</span></p>";
}

struct Panel {
  std::string caption, words, of_colours;
  const std::vector<Colour>& stops;
  Range range;
  const Grid& values;
  const Grid& contour_of;
};

std::string draw(const Boundary& b, const Panel& panel) {
  Plot plot({340, 320, 46, 10, 24, 42}, range_of(b.x), range_of(b.y));
  plot.y_axis(b.y_name, false);
  plot.x_axis(b.x_name);
  Table table(
      [&] {
        std::vector<std::string> heads{b.y_name + " \\ " + b.x_name};
        for (std::size_t i = 0; i < b.x.size(); i += 1 + (b.x.size() - 1) / kColumnsOfTable)
          heads.push_back(figures(b.x[i]));
        return heads;
      }(),
      panel.words + ", at some of the places");
  for (std::size_t j = 0; j < std::min(b.y.size(), panel.values.size()); ++j) {
    const std::vector<double>& row = panel.values[j];
    std::vector<Cell> cells{Cell::of_figures(b.y[j])};
    for (std::size_t i = 0; i < std::min(b.x.size(), row.size()); ++i) {
      const auto [x0, x1] = edges(b.x, i);
      const auto [y0, y1] = edges(b.y, j);
      if (i % (1 + (b.x.size() - 1) / kColumnsOfTable) == 0) cells.push_back(Cell::of(row[i], 2));
      if (!std::isfinite(row[i])) continue;
      const double share = (row[i] - panel.range.low) / (panel.range.high - panel.range.low);
      plot.box(x0, x1, y0, y1,
               {"cell", figures(b.x[i]) + ", " + figures(b.y[j]) + ": " + decimal(row[i], 2),
                " fill=\"" + between(panel.stops, share) + '"'});
    }
    if (j % (1 + (b.y.size() - 1) / kColumnsOfTable) == 0) table.row(cells);
  }
  contour(plot, b, panel.contour_of);
  observed(plot, b);
  return figure(panel.caption, plot.svg(panel.words + " over " + b.x_name + " and " + b.y_name),
                colour_key(panel.stops, panel.range.low, panel.range.high, panel.of_colours) + numbers_behind(table));
}

}  // namespace

std::string boundary_section(const Json& data) {
  if (!data.contains("boundary")) return "";
  const Boundary b(data["boundary"]);
  const Grid mean = grid_of(data["boundary"], "mean"), sd = grid_of(data["boundary"], "sd"),
             plugin = grid_of(data["boundary"], "plugin");
  if (b.x.empty() || b.y.empty()) return "";
  Range spread(0, 0);
  for (const std::vector<double>& row : sd) spread.include(row);
  const std::string probability = "Probability of " + b.level;
  std::string figures = draw(b, {"Posterior mean", probability, "probability", kProbability, {0, 1}, mean, mean}) +
                        draw(b, {"How unsure it is", "Sd of the probability of " + b.level, "sd of the probability",
                                 kUncertainty, spread.padded(0), sd, mean});
  if (!plugin.empty()) {
    figures +=
        draw(b, {"Plug-in", probability + " by the plug-in", "probability", kProbability, {0, 1}, plugin, plugin});
  }
  std::vector<Key> keys{{"probability one half", "contour"}};
  if (!b.points.empty()) keys.push_back({"observed " + b.level, "seen", Key::Kind::point});
  for (std::size_t i = 0; i < b.others.size(); ++i) {
    keys.push_back({"observed " + b.others[i], "seen other", Key::Kind::point, b.shape(i)});
  }
  return section(
      "boundary", "Where the model draws the line",
      "The black line is where the probability is one half; where the middle picture is dark the model is unsure of "
      "its probabilities, mostly away from the data, which the plug-in cannot show.",
      legend(keys) + grid(figures, "three"));
}

}  // namespace bdglm::report
