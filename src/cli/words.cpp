// What an option wants, and messages about a wrong command line from what CLI11 could not place.
#include "cli/words.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>

#include "base/names.hpp"
#include "data/table.hpp"

namespace bdglm::cli {
namespace {

std::string joined(const std::vector<std::string>& words, const std::string& last_separator) {
  std::string text;
  for (std::size_t k = 0; k < words.size(); ++k)
    text += (k == 0 ? "" : k + 1 == words.size() ? last_separator : ", ") + words[k];
  return text;
}

template <class Number>
bool reads_as(const std::string& text, Number& value) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

/// True for a number between the bounds, compared in the type that reads both exactly.
template <class Number>
bool lies_between(const std::string& text, const std::string& low, const std::string& high) {
  Number value{};
  Number bound{};
  if (!reads_as(text, value)) return false;
  if (reads_as(low, bound) && value < bound) return false;
  return !reads_as(high, bound) || value <= bound;
}

/// A call of the verb with all that it needs.
std::string example(const CLI::App& verb) {
  static const std::map<std::string, std::string> values = {
      {"--data", "table.csv"}, {"--formula", "'y ~ x + (1 | g)'"}, {"fit --out", "fit.nc"},       {"file", "fit.nc"},
      {"--out", "out.csv"},    {"report --out", "report.html"},    {"compare file", "a.nc b.nc"}, {"shell", "bash"},
      {"folder", "man1"},
  };
  std::string text = "bdglm " + verb.get_name();
  for (const CLI::Option* option : verb.get_options()) {
    if (!option->get_required() && !option->get_positional()) continue;
    const std::string name = option->get_name();
    auto found = values.find(verb.get_name() + " " + name);
    if (found == values.end()) found = values.find(name);
    if (!option->get_positional()) text += " " + name;
    text += " " + (found == values.end() ? std::string("VALUE") : found->second);
  }
  return text;
}

/// The message about the first word that no option or verb takes.
std::string unknown_word(const CLI::App& app, const CLI::App* verb) {
  if (!app.remaining().empty()) {
    const std::string word = app.remaining().front();
    if (word.rfind('-', 0) != 0) return unknown_verb(app, word);
    return "option " + word.substr(0, word.find('=')) +
           " stands before the verb, which comes first: " + joined(verb_names(app), " or ");
  }
  if (verb == nullptr || verb->remaining().empty()) return "";
  const std::string word = verb->remaining().front();
  const std::string name = word.substr(0, word.find('='));
  const std::set<std::string> of_network = {"--layers", "--activation", "--knots"};
  if (of_network.count(name) > 0 && verb->get_option_no_throw("--formula") != nullptr)
    return "unknown option " + name +
           "; the network's options stand in the formula, as 'y ~ deep(x, layers = c(32, 16), " +
           "activation = tanh, knots = 8)'";
  if (word.rfind('-', 0) == 0 && word != "-")
    return "unknown option " + name + did_you_mean(name, long_options(*verb), "");
  const CLI::Option* formula = verb->get_option_no_throw("--formula");
  if (word.find('~') != std::string::npos && formula != nullptr && formula->count() == 0)
    return "the formula has an option of its own: --formula '" + word + "'";
  return "unexpected argument '" + word + "' after 'bdglm " + verb->get_name() +
         "'; values that hold spaces or * need quotes";
}

/// The message about the first option whose value is not what it wants.
std::string wrong_value(const CLI::App& verb) {
  for (const CLI::Option* option : verb.get_options()) {
    const Wanted want = wanted(*option);
    for (const std::string& value : option->results())
      if (!want.allows(value))
        return option->get_name() + ": '" + value + "' is not " + want.text() + did_you_mean(value, want.members);
    if (!want.several && want.kind != Wanted::Kind::flag && option->results().size() > 1)
      return option->get_name() + " is given " + std::to_string(option->results().size()) +
             " times; it takes one value";
  }
  return "";
}

std::string missing_options(const CLI::App& verb) {
  std::vector<std::string> missing;
  for (const CLI::Option* option : verb.get_options())
    if ((option->get_required() || option->get_positional()) && option->count() == 0)
      missing.push_back(option->get_name() == "file"     ? "a fit file"
                        : option->get_positional()       ? "a " + option->get_name()
                        : option->get_name() == "--data" ? "--data (or --matrix)"
                                                         : option->get_name());
  if (missing.empty()) return "";
  return "'bdglm " + verb.get_name() + "' needs " + joined(missing, " and ") + "; for example: " + example(verb);
}

/// The message about an option at the end of the line, whose value is missing.
std::string missing_value(const CLI::App& verb, const std::string& error) {
  const CLI::Option* option = verb.get_option_no_throw(error.substr(0, error.find(':')));
  if (option == nullptr || !option->results().empty()) return "";
  const Wanted want = wanted(*option);
  const bool any = want.kind == Wanted::Kind::text && want.members.empty();
  return option->get_name() + " needs a value" + (any ? "" : ": " + want.text());
}

/// CLI11's message "--name: what is wrong", without its beginning where what is wrong names the option itself.
std::string named_once(const std::string& message) {
  const std::size_t colon = message.find(": ");
  const bool twice =
      colon != std::string::npos && message.compare(colon + 2, colon + 1, message.substr(0, colon) + " ") == 0;
  return twice ? message.substr(colon + 2) : message;
}

}  // namespace

std::string Wanted::text() const {
  if (!members.empty()) return "one of " + joined(members, ", ");
  if (kind == Kind::flag) return "true or false";
  if (kind == Kind::text) return "text in quotes or a number";
  std::string words = kind == Kind::whole ? "a whole number" : "a number";
  if (!low.empty()) words += high.empty() ? " of " + low + " or more" : " from " + low + " to " + high;
  return words;
}

bool Wanted::allows(const std::string& value) const {
  if (!members.empty()) return std::find(members.begin(), members.end(), value) != members.end();
  if (kind == Kind::whole)
    return value.rfind('-', 0) == 0 || low.rfind('-', 0) == 0 ? lies_between<std::int64_t>(value, low, high)
                                                              : lies_between<std::uint64_t>(value, low, high);
  return kind != Kind::number || lies_between<double>(value, low, high);
}

Wanted wanted(const CLI::Option& option) {
  Wanted want;
  // CLI11 keeps types and checks as the text of its help: "INT:INT in [1 - 4096]", "TEXT:{auto,cpu,cuda}".
  const std::string type = option.get_type_name();
  want.several =
      option.get_items_expected_max() > 1 || option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  if (option.get_items_expected_max() == 0)
    want.kind = Wanted::Kind::flag;
  else if (type.rfind("INT", 0) == 0 || type.rfind("UINT", 0) == 0)
    want.kind = Wanted::Kind::whole;
  else if (type.rfind("FLOAT", 0) == 0)
    want.kind = Wanted::Kind::number;
  if (type.rfind("UINT", 0) == 0) want.low = "0";
  const std::size_t range = type.find(" in [");
  const std::size_t dash = type.find(" - ", range);
  const std::size_t end = type.find(']', range);
  if (range != std::string::npos && dash != std::string::npos && end != std::string::npos && dash < end) {
    want.low = type.substr(range + 5, dash - range - 5);
    want.high = type.substr(dash + 3, end - dash - 3);
  }
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open);
  if (open != std::string::npos && close != std::string::npos)
    want.members = CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
  return want;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates,
                         const std::string& quote) {
  // What has another name here, whatever may look more alike.
  static const std::map<std::string, std::string> other_names = {{"gpu", "cuda"}};
  for (const auto& [other, name] : other_names)
    if (edit_distance(word, other) == 0 && std::find(candidates.begin(), candidates.end(), name) != candidates.end())
      return "; did you mean " + quote + name + quote + "?";
  const std::vector<std::string> near = nearest_names(word, candidates);
  return near.empty() ? "" : "; did you mean " + quote + near.front() + quote + "?";
}

std::vector<std::string> long_options(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    for (const std::string& name : option->get_lnames())
      if (name != "help") names.push_back("--" + name);
  return names;
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  return names;
}

std::string unknown_verb(const CLI::App& app, const std::string& word) {
  const std::vector<std::string> verbs = verb_names(app);
  return "unknown verb '" + word + "'" + did_you_mean(word, verbs) + (nearest_names(word, verbs).empty() ? ". " : " ") +
         "The verbs are " + joined(verbs, " and ") + ".";
}

void check_values(const CLI::App& app) {
  for (const CLI::App* verb : app.get_subcommands()) {
    const std::string message = wrong_value(*verb);
    if (!message.empty()) throw UsageError(message);
  }
}

std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  const CLI::App* verb = parsed.empty() ? nullptr : parsed.front();
  std::string message = unknown_word(app, verb);
  if (message.empty() && verb == nullptr) message = "no verb is given";
  if (message.empty()) message = wrong_value(*verb);
  if (message.empty()) message = missing_value(*verb, error.what());
  if (message.empty()) message = missing_options(*verb);
  return message.empty() ? named_once(error.what()) : message;
}

}  // namespace bdglm::cli
