// Wrong usage in words: the wrong word, what is wanted in its place, and the nearest right one.
#pragma once

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace bdglm::cli {

/// Wrong usage; the program says it and ends with status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What values an option takes, read off its type and check.
struct Wanted {
  enum class Kind { flag, text, whole, number };
  Kind kind = Kind::text;
  bool several = false;              ///< the option may be given more than once
  std::vector<std::string> members;  ///< the only values allowed; empty: any
  std::string low, high;             ///< bounds of a number; empty: none

  /// "a whole number from 1 to 4096", "one of auto, cpu, cuda".
  std::string text() const;
  bool allows(const std::string& value) const;
};

Wanted wanted(const CLI::Option& option);

/// "; did you mean 'draws'?" with the candidate nearest to `word`; empty where there is none.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates,
                         const std::string& quote = "'");

/// The long options of a verb, with "--", help left out.
std::vector<std::string> long_options(const CLI::App& verb);

/// The names of the verbs.
std::vector<std::string> verb_names(const CLI::App& app);

/// The message about a first word that is no verb.
std::string unknown_verb(const CLI::App& app, const std::string& word);

/// CLI11's error about the command line, as a message that names the wrong word.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error);

/// Throws UsageError for a value that CLI11 lets pass but its option does not want, such as a negative seed, which
/// CLI11 wraps around.
void check_values(const CLI::App& app);

}  // namespace bdglm::cli
