// The program bdglm within the Python module.
#include "cli/program.hpp"

#include "bindings.hpp"

namespace bdglm::python {
namespace {

/// Bytes, since names of files need not be UTF-8.
int run_program(const std::vector<nb::bytes>& arguments) {
  std::vector<std::string> texts;
  texts.reserve(arguments.size());
  for (const nb::bytes& argument : arguments) texts.emplace_back(argument.c_str(), argument.size());
  std::vector<char*> words;
  words.reserve(texts.size() + 1);
  for (std::string& text : texts) words.push_back(text.data());
  words.push_back(nullptr);
  const nb::gil_scoped_release unlocked;
  return cli::run_program(static_cast<int>(arguments.size()), words.data());
}

}  // namespace

void bind_program(nb::module_& module) {
  module.def(
      "run_program", &run_program, nb::arg("arguments"),
      "Runs the program with a command line of bytes, its name first; gives the exit status, or ends the process.");
}

}  // namespace bdglm::python
