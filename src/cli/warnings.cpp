// Warnings of a fit in words on standard error.
#include "report/warnings.hpp"
#include "cli/console.hpp"
#include "cli/options.hpp"

namespace bdglm::cli {

void print_warnings(const DrawSource& file, const std::vector<ParameterSummary>& parameters) {
  for (const Warning& warning : warnings_of(file, parameters)) {
    std::string text = warning.message;
    std::string options;
    for (const auto& [name, value] : warning.settings)
      options += " " + with_options("`" + name + "`") + " " + std::to_string(value);
    if (!options.empty()) text += "; run" + options;
    if (!warning.advice.empty()) text += (options.empty() ? "; " : ", ") + warning.advice;
    warn(text);
  }
}

}  // namespace bdglm::cli
