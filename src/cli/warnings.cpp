// Warnings of a fit in words on standard error.
#include "report/warnings.hpp"

#include <algorithm>

#include "cli/console.hpp"
#include "cli/options.hpp"
#include "report/summary.hpp"

namespace bdglm::cli {
namespace {

std::string words_of(const Warning& warning) {
  std::string text = warning.message;
  std::string options;
  for (const auto& [name, value] : warning.settings) options += " `" + name + "` " + std::to_string(value);
  if (!options.empty()) text += "; run" + options;
  if (!warning.advice.empty()) text += (options.empty() ? "; " : ", ") + warning.advice;
  return with_options(text);
}

}  // namespace

void print_warnings(const DrawSource& file, const std::vector<ParameterSummary>& parameters) {
  for (const Warning& warning : warnings_of(file, parameters)) warn(words_of(warning));
}

void warn_of_convergence(const std::vector<Warning>& warnings, const std::string& fit) {
  const auto apart = std::find_if(warnings.begin(), warnings.end(),
                                  [](const Warning& w) { return w.kind == Warning::Kind::chains_apart; });
  if (apart != warnings.end()) warn((fit.empty() ? "" : "'" + fit + "': ") + words_of(*apart));
}

void warn_of_convergence(const DrawSource& file) { warn_of_convergence(warnings_of(file, summarise_fit(file, false))); }

}  // namespace bdglm::cli
