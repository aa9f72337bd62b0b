// What every picture of the HTML report is made of: text that is safe in a page, numbers, scales, ticks and a plot with
// axes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace bdglm::report {

using Json = nlohmann::json;

/// Text made safe for HTML, in attributes too: & < > " ' written as entities, bytes that are no UTF-8 and control
/// characters as U+FFFD.
std::string escape(std::string_view text);

/// At most `characters` code points, the last an ellipsis where some were left off; not yet escaped.
std::string shortened(const std::string& text, std::size_t characters);

/// How many code points a text has.
std::size_t length(std::string_view text);

/// With a fixed number of decimals and a true minus; "–" for what is not finite.
std::string decimal(double value, int decimals);

/// With so many significant figures; powers of ten only beyond 10^7 and below 10^-4.
std::string figures(double value, int significant = 3);

/// The number of decimals that shows `spread` (a standard deviation, the width of an interval) with two figures, at
/// most 6 and at least 0.
int decimals_for(double spread);

/// A member as a number: NaN where it is absent or null.
double number(const Json& object, const char* key);

/// A member as text: "" where it is absent or null, numbers in figures.
std::string text(const Json& object, const char* key);

/// A member as numbers, NaN for null; empty where it is absent.
std::vector<double> numbers(const Json& object, const char* key);
std::vector<double> numbers(const Json& array);

/// A member that is an array, else an empty one.
const Json& list(const Json& object, const char* key);

/// The smallest range that holds all that was put in; not finite values are passed over.
struct Range {
  double low = 0, high = 0;
  bool empty = true;

  Range() = default;
  Range(double from, double to) : low(from), high(to), empty(false) {}
  void include(double value);
  void include(const std::vector<double>& values);
  /// Wider by a share of its width at both ends, and never of width zero; one that runs downwards stays so.
  Range padded(double share) const;
};

/// Steps of 1, 2 or 5 times a power of ten inside a range, about `count` of them.
std::vector<double> ticks(const Range& range, int count);

/// The labels of ticks, all with the same decimals.
std::vector<std::string> tick_labels(const std::vector<double>& at);

/// How one mark looks and what it tells.
struct Mark {
  std::string style = "";       ///< classes of the style sheet
  std::string tip = "";         ///< what the pointer shows, not yet escaped; "" for nothing
  std::string attributes = "";  ///< further attributes, written as they are
  bool datum = true;            ///< stands for a datum: counted as class "mark"
};

enum class Shape { circle, diamond, square, triangle, cross };

/// A picture in coordinates of the data: marks are cut at its frame, text and points are not. What is not finite is not
/// drawn. Sizes are in units of the viewBox, some 1.2 pixels on a desk.
class Plot {
 public:
  struct Size {
    double width = 400, height = 260;
    double left = 44, right = 12, top = 22, bottom = 40;
  };

  Plot(Size size, Range x, Range y);

  /// Ticks, grid and title under the plot.
  void x_axis(const std::string& title, bool grid = false);
  /// The grid of that axis without its words, for strips below each other.
  void x_grid();
  /// Ticks, grid and title over the plot's left end.
  void y_axis(const std::string& title, bool grid = true);
  /// Names at places along an axis, shortened to the room there is; some are left out where there is none.
  void x_names(const std::string& title, const std::vector<double>& at, const std::vector<std::string>& names);
  void y_names(const std::vector<double>& at, const std::vector<std::string>& names);

  void line(const std::vector<double>& x, const std::vector<double>& y, const Mark& mark);
  void band(const std::vector<double>& x, const std::vector<double>& low, const std::vector<double>& high,
            const Mark& mark);
  void box(double x0, double x1, double y0, double y1, const Mark& mark);
  void segment(double x0, double y0, double x1, double y1, const Mark& mark);
  /// A point, `radius` in units of the viewBox.
  void point(double x, double y, Shape shape, double radius, const Mark& mark);
  /// A short stroke up from the lower frame: one row's value.
  void rug(double x, const Mark& mark);
  /// Lines across the whole plot; no data.
  void rule_x(double x, const std::string& style);
  void rule_y(double y, const std::string& style);
  /// An area over the plot's full height that answers the pointer alone.
  void listener(double x0, double x1, const std::string& tip);

  double x(double value) const;
  double y(double value) const;

  /// The finished picture, `label` its words for who does not see it.
  std::string svg(const std::string& label, const std::string& style = "") const;
  /// The marks alone, as a sign of a legend, which a reader of words passes over.
  std::string sample() const;
  /// One of several pictures that make one together, which is told as a whole.
  std::string strip(const std::string& style, const std::string& attributes = "") const;

 private:
  double inner_width() const { return size_.width - size_.left - size_.right; }
  double inner_height() const { return size_.height - size_.top - size_.bottom; }
  double character() const;
  std::vector<double> x_ticks() const;
  std::string view_box() const;
  std::string marks() const;
  void add(std::string& layer, const std::string& element, const std::string& geometry, const Mark& mark);

  Size size_;
  Range x_, y_;
  std::string axes_;  ///< under the marks
  std::string cut_;   ///< marks cut at the frame
  std::string free_;  ///< marks that may reach over it
};

/// A coordinate as an SVG writes it: at most two decimals, no exponent.
std::string coordinate(double value);

}  // namespace bdglm::report
