// Small problems for tests: a table in memory to a context ready for updates.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bdglm/inference/sweep.hpp"

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

/// Everything an update needs, held together.
struct Problem {
  Frame frame;
  Design design;
  Model model;
  std::shared_ptr<const Backend> backend;
  ResidentData data;
  std::unique_ptr<Context> context;

  Problem(const Table& table, const std::string& formula, Family family, const ModelOptions& options,
          const std::string& sigma = "", std::shared_ptr<const Backend> machine = open_cpu_backend())
      : frame(make_frame(formula, sigma, table)),
        design(make_design(frame, table, {})),
        model(make_model(frame, design, family, options)),
        backend(std::move(machine)),
        data(make_resident(model, design, *backend)),
        context(std::make_unique<Context>(Context{model, data, *backend})) {}
};

/// A table with columns y, x, w (numbers), g and h (groups), for joint distribution tests.
inline Table small_table(int rows) {
  std::vector<double> y, x, w, n;
  std::vector<std::string> g, h;
  for (int i = 0; i < rows; ++i) {
    y.push_back(i % 2);
    x.push_back(std::sin(1.7 * i));
    w.push_back(std::cos(2.3 * i * i));
    n.push_back(1 + i % 4);
    g.push_back(std::string(1, static_cast<char>('a' + i % 3)));
    h.push_back(std::string(1, static_cast<char>('p' + i / 2 % 4)));
  }
  Table table;
  table.add(numbers("y", y));
  table.add(numbers("x", x));
  table.add(numbers("w", w));
  table.add(numbers("n", n));
  table.add(labels("g", g));
  table.add(labels("h", h));
  return table;
}

}  // namespace bdglm::test
