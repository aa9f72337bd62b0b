// Small problems for tests: a table in memory to a context ready for updates.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/matrix.hpp"
#include "engines/gibbs/sweep.hpp"
#include "family/response.hpp"

namespace bdglm::test {

inline Column numbers(const std::string& name, std::vector<double> values) {
  Column column;
  column.name = name;
  column.numbers = std::move(values);
  return column;
}

inline Column labels(const std::string& name, const std::vector<std::string>& values) {
  Column column;
  column.name = name;
  column.numeric = false;
  for (const std::string& v : values) {
    auto found = std::find(column.labels.begin(), column.labels.end(), v);
    if (found == column.labels.end()) {
      column.labels.push_back(v);
      found = column.labels.end() - 1;
    }
    column.codes.push_back(static_cast<std::int32_t>(found - column.labels.begin()));
  }
  return column;
}

/// The formulas of a text that separates them by "; ".
inline std::vector<std::string> formulas_of(const std::string& text) {
  std::vector<std::string> formulas;
  for (std::size_t from = 0, to = 0; to != std::string::npos; from = to + 2) {
    to = text.find("; ", from);
    formulas.push_back(text.substr(from, to - from));
  }
  return formulas;
}

/// Everything an update needs, held together; a network's moves are short, since laws that they keep do not depend on
/// their length.
struct Problem {
  Frame frame;
  Design design;
  Model model;
  std::shared_ptr<const Backend> backend;
  ResidentData data;
  std::unique_ptr<Context> context;

  Problem(const Table& table, const std::string& formula, Family family, const ModelOptions& options,
          const std::string& sigma = "", std::shared_ptr<const Backend> machine = open_cpu_backend())
      : frame(frame_of(table, formula, family, options, sigma)),
        design(make_design(frame, table, {})),
        model(make_model(frame, design, family, options)),
        backend(std::move(machine)),
        data(make_resident(model, design, *backend)),
        context(std::make_unique<Context>(Context{model, data, *backend, {.path = 16}})) {}

 private:
  static Frame frame_of(const Table& table, const std::string& formula, Family family, const ModelOptions& options,
                        const std::string& sigma) {
    Frame frame = make_frame(formulas_of(formula), sigma, table, {}, has_levels(family));
    if (options.layer_noise.kind != LayerNoise::Kind::zero) frame.activation = name_of(kUsualActivationWithNoise);
    return frame;
  }
};

/// A table with columns y (0 .. y_levels - 1), x, w (numbers), n (trials), v (whole weights), o (offsets), g and h
/// (groups, of `g_levels` and `h_levels`), for joint distribution tests.
inline Table small_table(int rows, int g_levels = 3, int h_levels = 4, int y_levels = 2) {
  std::vector<double> y, x, w, n, v, o;
  std::vector<std::string> g, h;
  for (int i = 0; i < rows; ++i) {
    y.push_back(i % y_levels);
    x.push_back(std::sin(1.7 * i));
    w.push_back(std::cos(2.3 * i * i));
    n.push_back(1 + i % 4);
    v.push_back(1 + i % 3);
    o.push_back(0.5 * std::cos(1.1 * i));
    g.push_back("g" + std::to_string(i % g_levels));
    h.push_back("h" + std::to_string(i / 2 % h_levels));
  }
  Table table;
  table.add(numbers("y", y));
  table.add(numbers("x", x));
  table.add(numbers("w", w));
  table.add(numbers("n", n));
  table.add(numbers("v", v));
  table.add(numbers("o", o));
  table.add(labels("g", g));
  table.add(labels("h", h));
  return table;
}

/// Rows of 260 columns, of each of which some eleventh is not zero but a few units.
inline SparseRows sparse_words(std::size_t rows, double unit = 0.5) {
  SparseRows words;
  words.columns = 260;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < words.columns; ++k) {
      if ((7 * i + k * k + k / 5) % 11 != 0) continue;
      words.indices.push_back(static_cast<std::int32_t>(k));
      words.values.push_back(unit * static_cast<double>(1 + (i + k) % 3));
    }
    words.starts.push_back(words.indices.size());
  }
  return words;
}

}  // namespace bdglm::test
