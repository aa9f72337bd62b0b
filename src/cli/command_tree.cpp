// Reads verbs, options and what they take off CLI11's own tree.
#include "cli/command_tree.hpp"

#include <map>

#include "bdglm/model.hpp"

namespace bdglm::cli {
namespace {

Files files_of(const std::string& name) {
  static const std::map<std::string, Files> files = {{"file", Files::fits},     {"folder", Files::folders},
                                                     {"--data", Files::tables}, {"--matrix", Files::matrices},
                                                     {"--out", Files::any},     {"--config", Files::settings}};
  const auto found = files.find(name);
  return found == files.end() ? Files::none : found->second;
}

/// Words of options that take others besides, or that check their words by themselves.
std::vector<std::string> usual_values(const std::string& name) {
  if (name == "--family") return families();
  if (name == "--save-effects") return {"all", "moments", "none"};
  if (name == "--layer-noise") return {"0", "learned"};
  return {};
}

OptionWords words_of(const CLI::Option& option) {
  OptionWords words;
  for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
  words.positional = option.get_positional();
  if (words.positional) words.names = {option.get_name()};
  words.about = option.get_description();
  words.wanted = wanted(option);
  words.values = words.wanted.members.empty() ? usual_values(words.names.back()) : words.wanted.members;
  words.files = files_of(words.names.back());
  words.standard = option.get_default_str();
  words.required = option.get_required();
  return words;
}

}  // namespace

std::string OptionWords::placeholder() const {
  if (flag()) return "";
  std::string text = "VALUE";
  if (files == Files::fits)
    text = "FIT";
  else if (files == Files::tables)
    text = "TABLE";
  else if (files == Files::folders)
    text = "FOLDER";
  else if (files == Files::matrices)
    text = "NAME=FILE";
  else if (files != Files::none)
    text = "FILE";
  else if (wanted.kind != Wanted::Kind::text)
    text = "NUMBER";
  else if (!wanted.members.empty()) {
    text.clear();
    for (const std::string& member : wanted.members) text += (text.empty() ? "" : "|") + member;
  }
  return text;
}

std::vector<VerbWords> command_tree(const CLI::App& app) {
  std::vector<VerbWords> verbs;
  for (const CLI::App* verb : app.get_subcommands({})) {
    VerbWords words{verb->get_name(), verb->get_description(), verb->get_footer(), {}, {}};
    for (const CLI::Option* option : verb->get_options())
      (option->get_positional() ? words.positionals : words.options).push_back(words_of(*option));
    verbs.push_back(std::move(words));
  }
  return verbs;
}

std::vector<std::string> endings(Files files) {
  if (files == Files::fits) return {".nc"};
  if (files == Files::tables)
    return {".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".svm", ".svm.gz", ".libsvm", ".libsvm.gz"};
  if (files == Files::matrices)
    return {".npy", ".npy.gz", "-ubyte", "-ubyte.gz", ".idx", ".idx.gz", ".svm", ".svm.gz", ".libsvm", ".libsvm.gz"};
  if (files == Files::settings) return {".toml"};
  return {};
}

}  // namespace bdglm::cli
