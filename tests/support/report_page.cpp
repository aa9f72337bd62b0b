// Draws the report whose data come as JSON on standard input, for the check in a browser.
#include <iostream>
#include <nlohmann/json.hpp>

#include "report/html.hpp"

int main() {
  std::cout << bdglm::report_html(nlohmann::json::parse(std::cin));
  return std::cout.flush() ? 0 : 1;
}
