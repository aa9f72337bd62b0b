// The completions of zsh and fish: a line for each option, with what it is for.
#include <map>

#include "cli/completion.hpp"

namespace bdglm::cli {
namespace {

std::string replaced(const std::string& text, const std::map<char, std::string>& by) {
  std::string out;
  for (const char c : text) {
    const auto found = by.find(c);
    out += found == by.end() ? std::string(1, c) : found->second;
  }
  return out;
}

/// Within quotes of zsh, in the brackets or between the colons of a specification.
std::string zsh_text(const std::string& text) {
  return replaced(text, {{'\'', "'\\''"}, {'[', "\\["}, {']', "\\]"}, {':', "\\:"}, {'\\', "\\\\"}});
}

std::string fish_text(const std::string& text) { return replaced(text, {{'\'', "\\'"}, {'\\', "\\\\"}}); }

std::string separated(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string zsh_files(Files files) {
  if (files == Files::folders) return "_files -/";
  const std::vector<std::string> wanted = endings(files);
  if (wanted.empty()) return "_files";
  // One ending alone in brackets would be what zsh takes for properties of files.
  const std::string names =
      "_files -g \"*" + (wanted.size() == 1 ? wanted[0] : "(" + separated(wanted, "|") + ")") + "\"";
  // The file follows a name and a sign.
  return files == Files::matrices ? "{compset -P \"*=\"; " + names + "}" : names;
}

std::string zsh_option(const OptionWords& option) {
  const std::string about = "[" + zsh_text(option.about) + "]";
  const std::string& name = option.names.back();
  if (option.flag() && option.names.size() > 1)
    return "'(" + separated(option.names, " ") + ")'{" + separated(option.names, ",") + "}'" + about + "'";
  if (option.flag()) return "'" + name + about + "'";
  std::string value = ":value:";
  if (!option.values.empty())
    value += "(" + separated(option.values, " ") + ")";
  else if (option.files != Files::none)
    value += zsh_files(option.files);
  else
    value += " ";
  // Several values go on up to the next option.
  const bool list = option.wanted.several && option.files != Files::none && option.files != Files::matrices;
  return std::string("'") + (option.wanted.several ? "*" : "") + name + (list ? "" : "=") + about +
         (list ? ":*-*" : "") + value + "'";
}

std::string fish_files(Files files) {
  if (files == Files::folders) return " -a '(__fish_complete_directories)'";
  const std::vector<std::string> wanted = endings(files);
  return wanted.empty() || files == Files::matrices ? " -F"
                                                    : " -k -a '(__fish_complete_suffix " + wanted.front() + ")'";
}

}  // namespace

std::string zsh_completion(const std::vector<VerbWords>& verbs) {
  std::string text = R"sh(#compdef bdglm
# zsh completion of bdglm; written by 'bdglm completion zsh'

_bdglm() {
  local curcontext=$curcontext state line
  local -a verbs
  typeset -A opt_args
  verbs=(
)sh";
  for (const VerbWords& verb : verbs) text += "    '" + verb.name + ":" + zsh_text(verb.about) + "'\n";
  text += R"sh(  )
  _arguments -C '(- *)--help[Print the help and exit]' '(- *)--version[Print the version and exit]' \
    '1:verb:->verb' '*::argument:->argument'
  case $state in
    verb) _describe -t commands verb verbs ;;
    argument)
      case $words[1] in
        help) _describe -t commands verb verbs ;;
)sh";
  for (const VerbWords& verb : verbs) {
    text += "        " + verb.name + ")\n          _arguments";
    for (const OptionWords& option : verb.options) text += " \\\n            " + zsh_option(option);
    for (const OptionWords& positional : verb.positionals)
      text +=
          std::string(" \\\n            '") + (positional.wanted.several ? "*" : "1") + ":" +
          zsh_text(positional.about) + ":" +
          (positional.values.empty() ? zsh_files(positional.files) : "(" + separated(positional.values, " ") + ")") +
          "'";
    text += " ;;\n";
  }
  return text + R"sh(      esac ;;
  esac
}

if [[ $funcstack[1] == _bdglm ]]; then _bdglm "$@"; else compdef _bdglm bdglm; fi
)sh";
}

std::string fish_completion(const std::vector<VerbWords>& verbs) {
  std::vector<std::string> names;
  for (const VerbWords& verb : verbs) names.push_back(verb.name);
  std::string text = "# fish completion of bdglm; written by 'bdglm completion fish'\n\ncomplete -c bdglm -f\n";
  const std::string first = "complete -c bdglm -n __fish_use_subcommand ";
  text += first + "-l help -d 'Print the help and exit'\n" + first + "-l version -d 'Print the version and exit'\n";
  text += first + "-a help -d 'Print the help of a verb'\n";
  text += "complete -c bdglm -n '__fish_seen_subcommand_from help' -a '" + separated(names, " ") + "'\n";
  for (const VerbWords& verb : verbs) {
    text += "\n" + first + "-a " + verb.name + " -d '" + fish_text(verb.about) + "'\n";
    const std::string of_verb = "complete -c bdglm -n '__fish_seen_subcommand_from " + verb.name + "'";
    for (const OptionWords& option : verb.options) {
      text += of_verb;
      for (const std::string& name : option.names)
        text += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!option.flag()) text += option.files == Files::none ? " -x" : " -r";
      if (!option.values.empty())
        text += " -a '" + separated(option.values, " ") + "'";
      else if (option.files != Files::none)
        text += fish_files(option.files);
      text += " -d '" + fish_text(option.about) + "'\n";
    }
    for (const OptionWords& positional : verb.positionals)
      text += of_verb +
              (positional.values.empty() ? fish_files(positional.files)
                                         : " -a '" + separated(positional.values, " ") + "'") +
              " -d '" + fish_text(positional.about) + "'\n";
  }
  return text;
}

}  // namespace bdglm::cli
