// Tables and matrices from the command line.
#include "cli/data_arguments.hpp"

#include <utility>

#include "bdglm/error.hpp"
#include "cli/run_arguments.hpp"
#include "data/matrix.hpp"

namespace bdglm::cli {
namespace {

/// The name and the file of "NAME=FILE"; throws ModelError.
std::pair<std::string, std::string> parse_matrix(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size())
    throw ModelError("it is NAME=FILE, as pixels=images.npy, not '" + text + "'");
  const std::string name = text.substr(0, equals);
  try {
    check_matrix_name(name);
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
  return {name, text.substr(equals + 1)};
}

}  // namespace

std::vector<std::string> DataArguments::files() const {
  std::vector<std::string> all = tables;
  for (const std::string& matrix : matrices) all.push_back(parse_matrix(matrix).second);
  return all;
}

Data DataArguments::read() const {
  Data data = tables.empty() ? Data() : Data::read(tables);
  for (const std::string& matrix : matrices) {
    const auto [name, file] = parse_matrix(matrix);
    data.attach(name, file);
  }
  return data;
}

CLI::Option* add_data(CLI::App& verb, DataArguments& arguments, const std::string& about, bool required) {
  CLI::Option* data = verb.add_option("--data", arguments.tables, about)->required(required);
  verb.add_option(
          "--matrix", arguments.matrices,
          "Matrix of the rows in a .npy, IDX or LIBSVM file, which formulas read by NAME; several times; --data "
          "may be left out then")
      ->type_name("NAME=FILE")
      // Before the check, so that a value it refuses is what the message is about.
      ->each([data](const std::string&) { data->required(false); })
      ->check(accepted(parse_matrix))
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  return data;
}

}  // namespace bdglm::cli
