// The manual's pages: synopsis, options with their values and defaults, exit status, where to read on.
#include "cli/manual.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>

#include "bdglm/version.hpp"

namespace bdglm::cli {
namespace {

/// Text as roff prints it: its own signs escaped, and lines that begin with one of its commands.
std::string roff(const std::string& text) {
  static const std::map<char, std::string> signs = {{'\\', "\\e"},  {'-', "\\-"},   {'~', "\\(ti"},
                                                    {'^', "\\(ha"}, {'`', "\\(ga"}, {'\'', "\\(aq"}};
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && c == '.') out += "\\&";
    const auto found = signs.find(c);
    out += found == signs.end() ? std::string(1, c) : found->second;
    begins = c == '\n';
  }
  return out;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

/// Breaks lines at the ends of sentences, which roff then spaces, and after 60 characters.
std::string filled(const std::string& text) {
  std::string out;
  std::size_t width = 0;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n';
    if (space && (width > 60 || (!out.empty() && out.back() == '.'))) {
      out += '\n';
      width = 0;
    } else {
      out += space ? ' ' : c;
      ++width;
    }
  }
  return out;
}

/// Paragraphs filled, but lines that begin with spaces as they stand.
std::string prose(const std::string& text) {
  std::string out, paragraph;
  bool verbatim = false;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) out += ".PP\n" + roff(filled(paragraph)) + "\n";
    paragraph.clear();
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const bool indented = line.rfind(' ', 0) == 0;
    if (indented && !verbatim) {
      end_paragraph();
      out += ".PP\n.nf\n";
    }
    if (!indented && verbatim) out += ".fi\n";
    verbatim = indented;
    if (indented)
      out += roff(line) + "\n";
    else if (line.empty())
      end_paragraph();
    else
      paragraph += (paragraph.empty() ? "" : " ") + line;
  }
  end_paragraph();
  return out + (verbatim ? ".fi\n" : "");
}

/// The day of the sources where whoever packages the program tells it (https://reproducible-builds.org), else nothing,
/// so that pages are the same whenever they are made.
std::string day_of_sources() {
  const char* const text = std::getenv("SOURCE_DATE_EPOCH");
  std::time_t seconds = 0;
  if (text == nullptr) return "";
  const char* const end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, seconds);
  std::tm day{};
  if (read.ec != std::errc() || read.ptr != end || gmtime_r(&seconds, &day) == nullptr) return "";
  char written[32];
  return {written, std::strftime(written, sizeof written, "%Y-%m-%d", &day)};
}

std::string heading(const std::string& name, const std::string& about) {
  std::string title;
  for (const char c : name) title += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return ".TH " + roff(title) + " 1 \"" + day_of_sources() + "\" \"bdglm " + kVersion +
         "\" \"User commands\"\n.ad l\n.SH NAME\n" + roff(name) + " \\- " + roff(about) + "\n";
}

std::string sentence(const std::string& text) { return text.empty() || text.back() == '.' ? text : text + "."; }

std::string option_entry(const OptionWords& option) {
  std::string names;
  for (const std::string& name : option.names)
    names += (names.empty() ? "" : ", ") + (option.positional ? italic(option.placeholder()) : bold(name));
  if (!option.flag() && !option.positional) names += " " + italic(option.placeholder());
  if (option.wanted.several) names += " ...";
  std::string about = sentence(option.about);
  const bool number = option.wanted.kind == Wanted::Kind::whole || option.wanted.kind == Wanted::Kind::number;
  if (number && !(option.wanted.low.empty() && option.wanted.high.empty())) {
    std::string wanted = option.wanted.text();
    wanted[0] = 'A';
    about += " " + wanted + ".";
  }
  if (!option.flag() && !option.standard.empty()) about += " The default is " + option.standard + ".";
  return ".TP\n" + names + "\n" + roff(filled(about)) + "\n";
}

std::string synopsis(const VerbWords& verb) {
  std::string text = ".SH SYNOPSIS\n" + bold("bdglm " + verb.name);
  for (const OptionWords& positional : verb.positionals)
    text += " " + italic(positional.placeholder()) + (positional.wanted.several ? " ..." : "");
  for (const OptionWords& option : verb.options)
    if (option.required) text += " " + bold(option.names.back()) + " " + italic(option.placeholder());
  return text + " [" + italic("options") + "]\n";
}

std::string see_also(const std::vector<VerbWords>& verbs, const std::string& own) {
  std::vector<std::string> names = {"bdglm"};
  for (const VerbWords& verb : verbs) names.push_back("bdglm-" + verb.name);
  std::string text;
  for (const std::string& name : names)
    if (name != own) text += (text.empty() ? ".BR " : " ,\n.BR ") + roff(name) + " (1)";
  return ".SH SEE ALSO\n" + text + "\n";
}

constexpr const char* kExitStatus =
    ".SH EXIT STATUS\n"
    ".TP\n0\nAll went well.\n"
    ".TP\n1\nData, model or machine do not allow it; standard error says why.\n"
    ".TP\n2\nThe command line is wrong.\n"
    ".TP\n130\nA run was interrupted or reached its time; its state is saved, and\n.B bdglm resume\ngoes on.\n";

}  // namespace

std::vector<std::pair<std::string, std::string>> manual_pages(const std::vector<VerbWords>& verbs,
                                                              const std::string& about) {
  std::string page = heading("bdglm", about) + ".SH SYNOPSIS\n" + bold("bdglm") + " " + italic("verb") + " [" +
                     italic("options") + "]\n.PP\n" + bold("bdglm help") + " " + italic("verb") +
                     "\n.SH DESCRIPTION\nA table, a formula and a family go in; a fit file (netCDF\\-4) with the "
                     "posterior comes out, which the other verbs read.\nEach verb has a page of its own.\n.SH VERBS\n";
  for (const VerbWords& verb : verbs) page += ".TP\n" + bold(verb.name) + "\n" + roff(sentence(verb.about)) + "\n";
  page += ".SH OPTIONS\n.TP\n" + bold("-h") + ", " + bold("--help") + "\nPrint the help and exit.\n.TP\n" +
          bold("--version") + "\nPrint the version and exit.\n" + kExitStatus + ".SH EXAMPLES\n.nf\n" +
          roff(
              "bdglm fit --data women.csv --formula 'use ~ age + urban + (1 + urban | district)' --out fit.nc\n"
              "bdglm summary fit.nc\n"
              "bdglm predict fit.nc --data new.csv --out predictions.csv\n") +
          ".fi\n" + see_also(verbs, "bdglm");
  std::vector<std::pair<std::string, std::string>> pages = {{"bdglm.1", page}};
  for (const VerbWords& verb : verbs) {
    const std::string name = "bdglm-" + verb.name;
    page = heading(name, verb.about) + synopsis(verb) + ".SH DESCRIPTION\n" + roff(sentence(verb.about)) + "\n" +
           prose(verb.footer) + ".SH OPTIONS\n";
    for (const OptionWords& positional : verb.positionals) page += option_entry(positional);
    for (const OptionWords& option : verb.options) page += option_entry(option);
    pages.emplace_back(name + ".1", page + kExitStatus + see_also(verbs, name));
  }
  return pages;
}

}  // namespace bdglm::cli
