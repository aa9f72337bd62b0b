// The program bdglm within the Python module.
#include "cli/program.hpp"

#include "bindings.hpp"

namespace bdglm::python {
namespace {

int run_program(std::vector<std::string> arguments) {
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (std::string& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  return cli::run_program(static_cast<int>(arguments.size()), words.data());
}

}  // namespace

void bind_program(nb::module_& module) {
  module.def("run_program", &run_program, nb::call_guard<nb::gil_scoped_release>(), nb::arg("arguments"),
             "Runs the program with a command line, its name first; gives the exit status, or ends the process.");
}

}  // namespace bdglm::python
