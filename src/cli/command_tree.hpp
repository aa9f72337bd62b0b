// The program's verbs and options as plain data, for whoever writes of them: shells' completions and manual pages.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/words.hpp"

namespace bdglm::cli {

/// What files a value names.
enum class Files { none, any, fits, tables, matrices, settings, folders };

struct OptionWords {
  std::vector<std::string> names;  ///< "-h", "--help"; of what has no dashes the name alone
  std::string about;
  Wanted wanted;
  std::vector<std::string> values;  ///< that may be offered, of which `wanted.members` are all there are
  Files files = Files::none;
  std::string standard;  ///< the default, or empty
  bool positional = false, required = false;

  bool flag() const { return wanted.kind == Wanted::Kind::flag; }
  /// "FILE", "NUMBER", "a|b", as synopses show it; empty of a flag.
  std::string placeholder() const;
};

struct VerbWords {
  std::string name, about, footer;
  std::vector<OptionWords> options;  ///< those with dashes, in the order of the help
  std::vector<OptionWords> positionals;
};

/// All verbs.
std::vector<VerbWords> command_tree(const CLI::App& app);

/// The files' names by their endings, ".csv", most usual first; none for all files.
std::vector<std::string> endings(Files files);

}  // namespace bdglm::cli
