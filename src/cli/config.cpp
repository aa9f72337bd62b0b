// A reader of TOML's keys and values, and their way into a verb's arguments.
#include "cli/config.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "cli/words.hpp"

namespace bdglm::cli {
namespace {

class ConfigParser {
 public:
  ConfigParser(const std::string& text, const std::string& source) : text_(text), source_(source) {}

  std::vector<ConfigEntry> run() {
    std::vector<ConfigEntry> entries;
    std::map<std::string, std::size_t> lines;
    std::string section;
    for (skip(true); at_ < text_.size(); skip(true)) {
      if (take('[')) {
        if (peek() == '[') fail("arrays of tables ([[...]]) hold no options; write [fit]");
        skip(false);
        section = dotted_key();
        skip(false);
        if (!take(']')) fail("a section ends with ']'");
      } else {
        ConfigEntry entry;
        entry.line = line_;
        entry.key = dotted_key();
        entry.section = section;
        const std::size_t dot = entry.key.rfind('.');
        if (dot != std::string::npos) {
          entry.section += (section.empty() ? "" : ".") + entry.key.substr(0, dot);
          entry.key = entry.key.substr(dot + 1);
        }
        skip(false);
        if (!take('=')) fail("after '" + entry.key + "' comes '=' and a value, as in 'draws = 2000'");
        skip(false);
        value(entry);
        const auto [first, inserted] = lines.emplace(entry.section + "." + entry.key, entry.line);
        if (!inserted) fail("'" + entry.key + "' stands in line " + std::to_string(first->second) + " already");
        entries.push_back(std::move(entry));
      }
      skip(false);
      if (at_ < text_.size() && peek() != '\n')
        fail("'" + rest_of_line() + "' after the end of a value; strings need quotes, several values [...]");
    }
    return entries;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw UsageError("'" + source_ + "' line " + std::to_string(line_) + ": " + what);
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  char next() {
    if (at_ >= text_.size()) fail("the file ends within a value");
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }

  /// Passes blanks and comments, and with `lines` the ends of lines.
  void skip(bool lines) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n'))
        next();
      else
        return;
    }
  }

  std::string rest_of_line() const { return text_.substr(at_, std::min(text_.find('\n', at_), text_.size()) - at_); }

  std::string dotted_key() {
    std::string key;
    do {
      if (!key.empty()) key += '.';
      const std::size_t start = key.size();
      if (peek() == '"' || peek() == '\'')
        key += string();
      else
        while (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '_' || peek() == '-') key += next();
      if (key.size() == start) fail("no key = value, section or comment of a TOML file: '" + rest_of_line() + "'");
    } while (take('.'));
    return key;
  }

  std::string string() {
    const char quote = next();
    const std::string three(3, quote);
    const bool multiline = text_.compare(at_ - 1, 3, three) == 0;
    if (multiline) {
      at_ += 2;
      take('\r');
      if (peek() == '\n') next();
    }
    std::string value;
    while (true) {
      if (multiline && text_.compare(at_, 3, three) == 0) {
        at_ += 3;
        return value;
      }
      if (at_ >= text_.size() || (!multiline && peek() == '\n'))
        fail(std::string("a string lacks its closing ") + quote);
      const char c = next();
      if (!multiline && c == quote) return value;
      value += c == '\\' && quote == '"' ? escaped() : std::string(1, c);
    }
  }

  std::string escaped() {
    const char c = next();
    switch (c) {
      case 'n':
        return "\n";
      case 't':
        return "\t";
      case '"':
      case '\\':
        return {c};
      case '\n':
        skip(true);
        return "";
      default:
        fail(std::string("\\") + c + " in a string; known are \\n \\t \\\" \\\\, and '...' takes all as it stands");
    }
  }

  /// A number, true or false, or a string, added to the entry.
  void scalar(ConfigEntry& entry) {
    ConfigEntry::Kind kind = ConfigEntry::Kind::text;
    std::string text;
    if (peek() == '"' || peek() == '\'') {
      text = string();
    } else {
      while (at_ < text_.size() && std::string(" \t\r\n,]#").find(peek()) == std::string::npos) text += next();
      kind = kind_of(text);
    }
    const bool numeric = kind == ConfigEntry::Kind::whole || kind == ConfigEntry::Kind::number;
    if (entry.values.empty() || !numeric || entry.kind == ConfigEntry::Kind::whole) entry.kind = kind;
    entry.values.push_back(text);
  }

  /// The kind of a word without quotes; takes the underscores and the plus sign off a number.
  ConfigEntry::Kind kind_of(std::string& word) const {
    if (word == "true" || word == "false") return ConfigEntry::Kind::boolean;
    std::string digits = word;
    digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
    if (digits.rfind('+', 0) == 0) digits.erase(0, 1);
    double number = NAN;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || result.ec != std::errc() || result.ptr != digits.data() + digits.size() ||
        !std::isfinite(number))
      fail("the value " + word + " is no number, true or false; text needs quotes, as in \"" + word + "\"");
    word = digits;
    return digits.find_first_of(".eE") == std::string::npos ? ConfigEntry::Kind::whole : ConfigEntry::Kind::number;
  }

  void value(ConfigEntry& entry) {
    if (!take('[')) return scalar(entry);
    entry.array = true;
    for (skip(true); !take(']'); skip(true)) {
      if (at_ >= text_.size()) fail("an array lacks its closing ]");
      if (peek() == '[' || peek() == '{') fail("arrays within arrays and tables hold no options");
      scalar(entry);
      skip(true);
      if (!take(',') && peek() != ']' && at_ < text_.size()) fail("values of an array are separated by commas");
    }
  }

  const std::string& text_;
  const std::string& source_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

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
  return ConfigParser(text, source).run();
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
  for (const ConfigEntry& entry : parse_config(read_text(path), path)) {
    const std::string place = "'" + path + "' line " + std::to_string(entry.line) + ": ";
    if (!entry.section.empty() && entry.section != verb.get_name())
      throw UsageError(place + "'" + entry.key + "' stands in the section [" + entry.section +
                       "]; options stand at the top level or under [" + verb.get_name() + "]");
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
