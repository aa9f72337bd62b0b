// The completion of bash: one function, with a case for each option that takes a value.
#include "cli/completion.hpp"

namespace bdglm::cli {
namespace {

/// The words with spaces between, with a space at either end where there are some.
std::string in_one_line(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> option_names(const VerbWords& verb) {
  std::vector<std::string> names;
  for (const OptionWords& option : verb.options) names.push_back(option.names.back());
  return names;
}

std::string offer_words(const std::vector<std::string>& words) {
  return "mapfile -t COMPREPLY < <(compgen -W '" + in_one_line(words) + "' -- \"$word\")";
}

std::string offer_files(const std::vector<std::string>& wanted) {
  std::string text = "_bdglm_files \"$word\"";
  if (wanted.empty()) return text + " '*'";
  for (const std::string& ending : wanted) text += " '*" + ending + "'";
  return text;
}

/// What is offered as the value of an option; its last values may be followed by the verb's fit.
std::string offer(const OptionWords& option, const VerbWords& verb) {
  if (!option.values.empty()) return offer_words(option.values);
  if (option.files == Files::none) return ":";
  if (option.files == Files::folders) return "mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
  std::vector<std::string> wanted = endings(option.files);
  if (!option.positional && option.wanted.several && !verb.positionals.empty() && !wanted.empty())
    for (const std::string& ending : endings(verb.positionals.front().files)) wanted.push_back(ending);
  return offer_files(wanted);
}

}  // namespace

std::string bash_completion(const std::vector<VerbWords>& verbs) {
  std::vector<std::string> names;
  for (const VerbWords& verb : verbs) names.push_back(verb.name);
  std::vector<std::string> first = names;
  first.insert(first.end(), {"help", "--help", "--version"});
  std::string text = R"sh(# bash completion of bdglm; written by 'bdglm completion bash'

# Files whose names match one of the patterns, and folders.
_bdglm_files() {
  local word=$1 pattern
  shift
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$word"; for pattern; do compgen -f -X "!$pattern" -- "$word"; done | sort -u)
}

_bdglm() {
  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} option= i last
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    )sh" + offer_words(first) +
                     R"sh(
    return
  fi
  # The option before the word, and how many values stand between; 'bash' takes '--a=b' for three words.
  [[ $word == = ]] && word=
  last=$((COMP_CWORD - 1))
  [[ ${COMP_WORDS[last]} == = ]] && last=$((last - 1))
  for ((i = last; i > 1; i--)); do
    if [[ ${COMP_WORDS[i]} == -* ]]; then option=${COMP_WORDS[i]}; break; fi
  done
  if [[ -n $option && $word != -* ]]; then
    case "$verb $option $((last - i))" in
)sh";
  for (const VerbWords& verb : verbs)
    for (const OptionWords& option : verb.options) {
      if (option.flag()) continue;
      text += "      '" + verb.name + " " + option.names.back() + (option.wanted.several ? " '*" : " 0'") + ") " +
              offer(option, verb) + "; return ;;\n";
    }
  text += "    esac\n  fi\n  case $verb in\n    help) " + offer_words(names) + " ;;\n";
  for (const VerbWords& verb : verbs) {
    text += "    " + verb.name + ")\n";
    const std::string options = offer_words(option_names(verb));
    if (verb.positionals.empty())
      text += "      " + options + " ;;\n";
    else
      text += "      if [[ $word == -* ]]; then " + options + "; else " + offer(verb.positionals.front(), verb) +
              "; fi ;;\n";
  }
  return text + "  esac\n}\n\ncomplete -F _bdglm bdglm\n";
}

}  // namespace bdglm::cli
