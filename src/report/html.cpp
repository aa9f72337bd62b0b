// The HTML report's page: its head, the links to its sections and the sections in their order.
#include "report/html.hpp"

#include "report/sections.hpp"

namespace bdglm {
namespace {

constexpr const char* kStyle =
#include "report/style.inl"
    ;
constexpr const char* kScript =
#include "report/script.inl"
    ;

struct Part {
  const char* id;
  const char* link;
  std::string (*draw)(const report::Json& data);
};

constexpr Part kParts[] = {{"asked", "Question", report::asked_section},
                           {"verdict", "Verdict", report::verdict_section},
                           {"parameters", "Parameters", report::parameters_section},
                           {"densities", "Posterior", report::densities_section},
                           {"chains", "Chains", report::chains_section},
                           {"effects", "Groups", report::effects_section},
                           {"checks", "Checks", report::checks_section},
                           {"scores", "Scores", report::scores_section},
                           {"calibration", "Calibration", report::calibration_section},
                           {"curves", "Curves", report::curves_section},
                           {"boundary", "Boundary", report::boundary_section},
                           {"relevance", "Relevance", report::relevance_section},
                           {"loo", "Leave-one-out", report::loo_section},
                           {"run", "Run", report::run_section},
                           {"left_out", "Left out", report::left_out_section}};

constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

}  // namespace

std::string report_html(const nlohmann::json& data) {
  using report::escape;
  const std::string title = report::text(data, "title"), file = report::text(data, "file");
  std::string links, sections;
  for (const Part& part : kParts) {
    const std::string section = part.draw(data);
    if (section.empty()) continue;
    links += "<a href=\"#" + std::string(part.id) + "\">" + part.link + "</a>\n";
    sections += section;
  }
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += "<meta http-equiv=\"Content-Security-Policy\" content=\"" + std::string(kPolicy) + "\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  page += "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n";
  page += "<title>" + escape(title.empty() ? "Report of a fit" : title) + "</title>\n";
  page += "<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n";
  page += "<header><p class=\"kind\">Report of a Bayesian fit" +
          (file.empty() ? "" : " \xC2\xB7 <span>" + escape(file) + "</span>") + "</p>\n<h1>" + escape(title) +
          "</h1></header>\n";
  page += "<nav aria-label=\"Sections\">" + links + "</nav>\n<main>\n" + sections + "</main>\n";
  return page + "<script>" + kScript + "</script>\n</body>\n</html>\n";
}

}  // namespace bdglm
