// Configuration files by toml++, and their way into a verb's arguments.
#include "cli/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/words.hpp"
#include "data/table.hpp"

namespace bdglm::cli {
namespace {

[[noreturn]] void fail(const std::string& source, std::size_t line, const std::string& what) {
  throw UsageError("'" + source + "' line " + std::to_string(line) + ": " + what);
}

/// Adds a string, number or truth value to an entry.
void add_scalar(const toml::node& node, const std::string& source, ConfigEntry& entry) {
  ConfigEntry::Kind kind = ConfigEntry::Kind::text;
  std::string text;
  if (const auto* word = node.as_string()) {
    text = word->get();
  } else if (const auto* whole = node.as_integer()) {
    kind = ConfigEntry::Kind::whole;
    text = std::to_string(whole->get());
  } else if (const auto* number = node.as_floating_point()) {
    kind = ConfigEntry::Kind::number;
    text = number_text(number->get());
  } else if (const auto* truth = node.as_boolean()) {
    kind = ConfigEntry::Kind::boolean;
    text = truth->get() ? "true" : "false";
  } else {
    fail(source, entry.line, "'" + entry.key + "' is neither text, a number, true or false, nor a list of these");
  }
  const auto is_text = [](ConfigEntry::Kind k) { return k == ConfigEntry::Kind::text; };
  if (!entry.values.empty() && is_text(kind) != is_text(entry.kind))
    fail(source, entry.line,
         "the list '" + entry.key + "' holds " + (is_text(kind) ? text + " in quotes" : text + " without quotes") +
             " beside other kinds of values; write all of them in quotes, or none");
  const bool numeric = kind == ConfigEntry::Kind::whole || kind == ConfigEntry::Kind::number;
  if (entry.values.empty() || !numeric || entry.kind == ConfigEntry::Kind::whole) entry.kind = kind;
  entry.values.push_back(text);
}

void add_entries(const toml::table& table, const std::string& section, const std::string& source,
                 std::vector<ConfigEntry>& entries) {
  for (const auto& [key, node] : table) {
    if (const auto* inner = node.as_table()) {
      add_entries(*inner, section + (section.empty() ? "" : ".") + std::string(key.str()), source, entries);
      continue;
    }
    ConfigEntry entry;
    entry.section = section;
    entry.key = std::string(key.str());
    entry.line = key.source().begin.line;
    if (const auto* list = node.as_array()) {
      entry.array = true;
      for (const toml::node& value : *list) add_scalar(value, source, entry);
    } else {
      add_scalar(node, source, entry);
    }
    entries.push_back(std::move(entry));
  }
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path))
    throw UsageError("cannot open the configuration file '" + path + "' (--config)");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The value of an entry as it stands in the file.
std::string written(const ConfigEntry& entry) {
  std::string text;
  for (const std::string& value : entry.values)
    text += (text.empty() ? "" : ", ") + (entry.kind == ConfigEntry::Kind::text ? '"' + value + '"' : value);
  return entry.array ? "[" + text + "]" : text;
}

bool right_type(const ConfigEntry& entry, const Wanted& want) {
  using Kind = ConfigEntry::Kind;
  if (entry.array && !want.several) return false;
  if ((want.kind == Wanted::Kind::flag) != (entry.kind == Kind::boolean)) return false;
  if (want.kind == Wanted::Kind::whole && entry.kind != Kind::whole) return false;
  if (want.kind == Wanted::Kind::number && entry.kind == Kind::text) return false;
  return std::all_of(entry.values.begin(), entry.values.end(), [&](const std::string& v) { return want.allows(v); });
}

}  // namespace

std::vector<ConfigEntry> parse_config(const std::string& text, const std::string& source) {
  std::vector<ConfigEntry> entries;
  try {
    add_entries(toml::parse(text, source), "", source, entries);
  } catch (const toml::parse_error& error) {
    fail(
        source, error.source().begin.line,
        std::string(error.description()) + "; options are written as draws = 2000, text in quotes as device = \"cpu\"");
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const ConfigEntry& a, const ConfigEntry& b) { return a.line < b.line; });
  return entries;
}

std::vector<std::string> with_config(const CLI::App& verb, std::vector<std::string> arguments) {
  if (verb.get_option_no_throw("--config") == nullptr) return arguments;
  std::string path;
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    if (arguments[k].rfind("--config=", 0) == 0)
      path = arguments[k].substr(9);
    else if (arguments[k] == "--config" && k + 1 < arguments.size())
      path = arguments[k + 1];
  }
  if (path.empty()) return arguments;
  const std::vector<std::string> given = arguments;
  std::vector<std::string> keys;
  for (const std::string& option : long_options(verb))
    if (option != "--config") keys.push_back(option.substr(2));
  const std::vector<std::string> verbs = verb_names(*verb.get_parent());
  for (const ConfigEntry& entry : parse_config(read_text(path), path)) {
    const std::string place = "'" + path + "' line " + std::to_string(entry.line) + ": ";
    if (!entry.section.empty() && entry.section != verb.get_name()) {
      if (std::find(verbs.begin(), verbs.end(), entry.section) != verbs.end()) continue;
      throw UsageError(place + "'" + entry.key + "' stands in the section [" + entry.section +
                       "]; options stand at the top level or under [" + verb.get_name() + "], those of another verb " +
                       "under its name" + did_you_mean(entry.section, verbs));
    }
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end())
      throw UsageError(place + "unknown key '" + entry.key + "'" + did_you_mean(entry.key, keys));
    const std::string option = "--" + entry.key;
    const Wanted want = wanted(*verb.get_option(option));
    if (!right_type(entry, want))
      throw UsageError(place + entry.key + " = " + written(entry) + ", where " + want.text() + " is wanted" +
                       (entry.array && !want.several ? ", one value" : ""));
    if (std::any_of(given.begin(), given.end(),
                    [&](const std::string& a) { return a == option || a.rfind(option + "=", 0) == 0; }))
      continue;
    for (const std::string& value : entry.values) {
      if (want.kind != Wanted::Kind::flag) {
        if (!value.empty()) arguments.push_back(option + "=" + value);
      } else if (value == "true") {
        arguments.push_back(option);
      }
    }
  }
  return arguments;
}

}  // namespace bdglm::cli
