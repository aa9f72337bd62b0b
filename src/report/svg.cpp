// Plots of the HTML report as inline SVG: ranges, ticks, axes and marks.
#include "report/svg.hpp"

#include <algorithm>
#include <cmath>

namespace bdglm::report {
namespace {

// The mean width of a character of an axis label, in units of the viewBox, as the style sheet sets it for a phone:
// there labels are larger, most of all in wide pictures.
constexpr double kCharacter = 7, kCharacterOfWide = 9.2, kWide = 450;
constexpr double kLineHeight = 13;

std::string attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + coordinate(value) + '"';
}

std::string label_at(double x, double y, const char* style, const std::string& words) {
  return "<text class=\"" + std::string(style) + "\"" + attribute("x", x) + attribute("y", y) + '>' + escape(words) +
         "</text>";
}

std::string stroke_at(double x0, double y0, double x1, double y1, const std::string& style) {
  return "<line class=\"" + style + "\"" + attribute("x1", x0) + attribute("y1", y0) + attribute("x2", x1) +
         attribute("y2", y1) + "/>";
}

std::string pair(double x, double y) { return coordinate(x) + ' ' + coordinate(y); }

bool finite(double a, double b) { return std::isfinite(a) && std::isfinite(b); }

}  // namespace

void Range::include(double value) {
  if (!std::isfinite(value)) return;
  low = empty ? value : std::min(low, value);
  high = empty ? value : std::max(high, value);
  empty = false;
}

void Range::include(const std::vector<double>& values) {
  for (const double value : values) include(value);
}

Range Range::padded(double share) const {
  const double width = high - low;
  if (empty || !std::isfinite(width)) return {0, 1};
  if (!(std::fabs(width) > 1e-12 * std::max(std::fabs(low), std::fabs(high)))) {
    const double half = low == 0 ? 0.5 : 0.1 * std::fabs(low);
    return {low - half, high + half};
  }
  return {low - share * width, high + share * width};
}

std::vector<double> ticks(const Range& range, int count) {
  const double width = range.high - range.low;
  std::vector<double> at;
  if (!(width > 0) || !std::isfinite(width)) return at;
  const double rough = width / std::max(count, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double share = rough / power;
  const double step = power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
  const double first = std::ceil(range.low / step - 1e-9);
  for (double i = first; i * step <= range.high + 1e-9 * step; ++i) at.push_back(i * step);
  return at;
}

std::vector<std::string> tick_labels(const std::vector<double>& at) {
  const double step = at.size() > 1 ? at[1] - at[0] : 1;
  double largest = 0;
  for (const double value : at) largest = std::max(largest, std::fabs(value));
  const bool powers = largest >= 1e7 || step < 1e-5;
  const int decimals = std::clamp(-static_cast<int>(std::floor(std::log10(step) + 1e-9)), 0, 6);
  std::vector<std::string> labels;
  for (const double value : at) labels.push_back(powers ? figures(value, 3) : decimal(value, decimals));
  return labels;
}

Plot::Plot(Size size, Range x, Range y) : size_(size), x_(x.padded(0)), y_(y.padded(0)) {}

double Plot::character() const { return size_.width > kWide ? kCharacterOfWide : kCharacter; }

double Plot::x(double value) const { return size_.left + inner_width() * (value - x_.low) / (x_.high - x_.low); }

double Plot::y(double value) const { return size_.top + inner_height() * (y_.high - value) / (y_.high - y_.low); }

std::vector<double> Plot::x_ticks() const {
  std::vector<double> at;
  for (int count = 6; count > 0; --count) {
    at = ticks(x_, count);
    std::size_t widest = 0;
    for (const std::string& words : tick_labels(at)) widest = std::max(widest, length(words));
    if ((static_cast<double>(widest) + 1.5) * character() * static_cast<double>(at.size()) <= inner_width()) break;
  }
  return at;
}

void Plot::x_axis(const std::string& title, bool grid) {
  const std::vector<double> at = x_ticks();
  const std::vector<std::string> labels = tick_labels(at);
  const double foot = size_.height - size_.bottom;
  for (std::size_t i = 0; i < at.size(); ++i) {
    axes_ += stroke_at(x(at[i]), grid ? size_.top : foot, x(at[i]), foot + 4, grid ? "grid" : "axis");
    // A label at the end keeps within the picture.
    const double half = character() * static_cast<double>(length(labels[i])) / 2 + 1;
    axes_ += label_at(std::clamp(x(at[i]), half, size_.width - half), foot + 15, "mid", labels[i]);
  }
  axes_ += stroke_at(size_.left, foot, size_.width - size_.right, foot, "axis");
  if (title.empty()) return;
  const auto room = static_cast<std::size_t>((size_.width - 8) / character());
  axes_ += label_at(size_.left + inner_width() / 2, foot + 31, "mid title", shortened(title, room));
}

void Plot::x_grid() {
  for (const double at : x_ticks()) axes_ += stroke_at(x(at), 0, x(at), size_.height, "grid");
}

void Plot::y_axis(const std::string& title, bool grid) {
  const std::vector<double> at = ticks(y_, std::max(2, static_cast<int>(inner_height() / 38)));
  const std::vector<std::string> labels = tick_labels(at);
  for (std::size_t i = 0; i < at.size(); ++i) {
    axes_ += stroke_at(size_.left - (grid ? 0 : 4), y(at[i]), grid ? size_.width - size_.right : size_.left, y(at[i]),
                       grid ? "grid" : "axis");
    axes_ += label_at(size_.left - 6, y(at[i]) + 4, "end", labels[i]);
  }
  if (title.empty()) return;
  const auto room = static_cast<std::size_t>((size_.width - 8) / character());
  axes_ += label_at(4, size_.top - 9, "title", shortened(title, room));
}

void Plot::x_names(const std::string& title, const std::vector<double>& at, const std::vector<std::string>& names) {
  const double foot = size_.height - size_.bottom;
  std::size_t longest = 1;
  for (const std::string& name : names) longest = std::max(longest, length(name));
  const double slot = at.size() > 1 ? std::fabs(x(at[1]) - x(at[0])) : inner_width();
  const double wanted = (static_cast<double>(std::min<std::size_t>(longest, 8)) + 1) * character();
  const auto every = static_cast<std::size_t>(std::max(1.0, std::ceil(wanted / slot)));
  const auto room = static_cast<std::size_t>(std::max(2.0, static_cast<double>(every) * slot / character() - 1));
  for (std::size_t i = 0; i < at.size(); i += every) {
    axes_ += label_at(x(at[i]), foot + 15, "mid", shortened(names[i], room));
  }
  axes_ += stroke_at(size_.left, foot, size_.width - size_.right, foot, "axis");
  axes_ += label_at(size_.left + inner_width() / 2, foot + 31, "mid title", title);
}

void Plot::y_names(const std::vector<double>& at, const std::vector<std::string>& names) {
  const auto room = static_cast<std::size_t>(std::max(3.0, (size_.left - 8) / character()));
  const double slot = at.size() > 1 ? std::fabs(y(at[1]) - y(at[0])) : kLineHeight;
  const auto every = static_cast<std::size_t>(std::max(1.0, std::ceil(0.8 * kLineHeight / slot)));
  for (std::size_t i = 0; i < at.size(); i += every) {
    axes_ += label_at(size_.left - 6, y(at[i]) + 4, "end", shortened(names[i], room));
  }
}

void Plot::add(std::string& layer, const std::string& element, const std::string& geometry, const Mark& mark) {
  layer += '<' + element + " class=\"" + (mark.datum ? "mark " : "") + mark.style + '"' + geometry;
  if (!mark.tip.empty()) layer += " data-tip=\"" + escape(mark.tip) + '"';
  layer += mark.attributes + "/>";
}

void Plot::line(const std::vector<double>& xs, const std::vector<double>& ys, const Mark& mark) {
  std::string path;
  bool drawing = false;
  for (std::size_t i = 0; i < std::min(xs.size(), ys.size()); ++i) {
    if (!finite(xs[i], ys[i])) {
      drawing = false;
      continue;
    }
    const bool alone = !drawing && (i + 1 >= std::min(xs.size(), ys.size()) || !finite(xs[i + 1], ys[i + 1]));
    path += (drawing ? 'L' : 'M') + pair(x(xs[i]), y(ys[i]));
    if (alone) path += "h.01";
    drawing = true;
  }
  if (!path.empty()) add(cut_, "path", " d=\"" + path + '"', mark);
}

void Plot::band(const std::vector<double>& xs, const std::vector<double>& low, const std::vector<double>& high,
                const Mark& mark) {
  const std::size_t count = std::min({xs.size(), low.size(), high.size()});
  std::string path;
  for (std::size_t from = 0; from < count;) {
    const auto drawn = [&](std::size_t i) { return finite(low[i], high[i]) && std::isfinite(xs[i]); };
    if (!drawn(from)) {
      ++from;
      continue;
    }
    std::size_t to = from;
    while (to < count && drawn(to)) ++to;
    for (std::size_t i = from; i < to; ++i) path += (i == from ? 'M' : 'L') + pair(x(xs[i]), y(high[i]));
    for (std::size_t i = to; i-- > from;) path += 'L' + pair(x(xs[i]), y(low[i]));
    path += 'z';
    from = to;
  }
  if (!path.empty()) add(cut_, "path", " d=\"" + path + '"', mark);
}

void Plot::box(double x0, double x1, double y0, double y1, const Mark& mark) {
  if (!finite(x0, x1) || !finite(y0, y1)) return;
  const double left = std::min(x(x0), x(x1)), top = std::min(y(y0), y(y1));
  add(cut_, "rect",
      attribute("x", left) + attribute("y", top) + attribute("width", std::fabs(x(x1) - x(x0))) +
          attribute("height", std::fabs(y(y1) - y(y0))),
      mark);
}

void Plot::segment(double x0, double y0, double x1, double y1, const Mark& mark) {
  if (!finite(x0, x1) || !finite(y0, y1)) return;
  add(cut_, "path", " d=\"M" + pair(x(x0), y(y0)) + 'L' + pair(x(x1), y(y1)) + '"', mark);
}

void Plot::point(double px, double py, Shape shape, double r, const Mark& mark) {
  if (!finite(px, py)) return;
  const double cx = x(px), cy = y(py);
  if (shape == Shape::circle) {
    add(free_, "circle", attribute("cx", cx) + attribute("cy", cy) + attribute("r", r), mark);
    return;
  }
  std::string path = "M" + pair(cx, cy - r);
  if (shape == Shape::diamond) path += 'L' + pair(cx + r, cy) + 'L' + pair(cx, cy + r) + 'L' + pair(cx - r, cy) + 'z';
  if (shape == Shape::triangle) path += 'L' + pair(cx + r, cy + 0.8 * r) + 'L' + pair(cx - r, cy + 0.8 * r) + 'z';
  if (shape == Shape::square) {
    const double h = 0.85 * r;
    path = 'M' + pair(cx - h, cy - h) + 'H' + coordinate(cx + h) + 'V' + coordinate(cy + h) + 'H' + coordinate(cx - h) +
           'z';
  }
  if (shape == Shape::cross) path += 'V' + coordinate(cy + r) + 'M' + pair(cx - r, cy) + 'H' + coordinate(cx + r);
  add(free_, "path", " d=\"" + path + '"', mark);
}

void Plot::rug(double value, const Mark& mark) {
  if (!std::isfinite(value)) return;
  const double foot = size_.height - size_.bottom;
  add(cut_, "path", " d=\"M" + pair(x(value), foot) + "v-7\"", mark);
}

void Plot::rule_x(double value, const std::string& style) {
  if (!(value >= x_.low && value <= x_.high)) return;
  cut_ += stroke_at(x(value), size_.top, x(value), size_.height - size_.bottom, style);
}

void Plot::rule_y(double value, const std::string& style) {
  if (!(value >= y_.low && value <= y_.high)) return;
  cut_ += stroke_at(size_.left, y(value), size_.width - size_.right, y(value), style);
}

void Plot::listener(double x0, double x1, const std::string& tip) {
  if (!finite(x0, x1)) return;
  add(free_, "rect",
      attribute("x", x(x0)) + attribute("y", size_.top) + attribute("width", x(x1) - x(x0)) +
          attribute("height", inner_height()),
      {"listener", tip, "", false});
}

std::string Plot::view_box() const { return " viewBox=\"0 0 " + pair(size_.width, size_.height) + '"'; }

std::string Plot::marks() const {
  if (cut_.empty()) return free_;
  const std::string frame = pair(size_.left, size_.top) + ' ' + pair(inner_width(), inner_height());
  return "<svg" + attribute("x", size_.left) + attribute("y", size_.top) + attribute("width", inner_width()) +
         attribute("height", inner_height()) + " viewBox=\"" + frame + "\">" + cut_ + "</svg>" + free_;
}

std::string Plot::svg(const std::string& label, const std::string& style) const {
  const std::string name = escape(label);
  return "<svg role=\"img\" class=\"plot" + (style.empty() ? "" : ' ' + style) + '"' + view_box() + " aria-label=\"" +
         name + "\"><title>" + name + "</title>" + axes_ + marks() + "</svg>\n";
}

std::string Plot::sample() const {
  return "<svg class=\"key\" aria-hidden=\"true\"" + view_box() + '>' + marks() + "</svg>";
}

std::string Plot::strip(const std::string& style, const std::string& attributes) const {
  return "<svg class=\"" + style + '"' + view_box() + attributes + '>' + axes_ + marks() + "</svg>\n";
}

}  // namespace bdglm::report
