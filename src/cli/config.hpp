// Configuration files: the options of a verb in TOML, each key with its line for messages.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace bdglm::cli {

/// One `key = value` of a configuration file.
struct ConfigEntry {
  enum class Kind { text, whole, number, boolean };
  std::string section;  ///< empty at the top level
  std::string key;
  std::vector<std::string> values;  ///< one, or those of an array
  Kind kind = Kind::text;           ///< of the values; of the first that is not a number where they differ
  bool array = false;
  std::size_t line = 0;  ///< from 1
};

/// Reads TOML, sections flattened; entries come in the order of their lines. Throws UsageError naming `source` and the
/// line.
std::vector<ConfigEntry> parse_config(const std::string& text, const std::string& source);

/// The arguments with those of `--config FILE` added for the options that they do not have. Keys are the verb's long
/// options without "--", at the top level or under [VERB]; sections of other verbs are left alone. Throws UsageError
/// for a file that cannot be read, and for unknown keys and values of a wrong type with line and key.
std::vector<std::string> with_config(const CLI::App& verb, std::vector<std::string> arguments);

}  // namespace bdglm::cli
