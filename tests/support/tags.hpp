// A small reader of HTML for tests: are tags closed in their order, and how many elements of a class has a section?
#pragma once

#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace bdglm::test {

/// What is wrong with a page's tags; "" where each is closed in its order, attributes are quoted and text has no lone
/// '&', '<'.
inline std::string wrong_tags(const std::string& page) {
  static const std::set<std::string> without_end{"meta", "link", "br"};
  static const std::set<std::string> raw{"style", "script"};
  std::vector<std::string> open;
  const auto around = [&](std::size_t at) { return page.substr(at > 60 ? at - 60 : 0, 120); };
  const auto entity = [&](std::size_t at) {
    const std::size_t end = page.find(';', at);
    if (end == std::string::npos || end - at > 8) return false;
    for (std::size_t i = at + 1; i < end; ++i) {
      if (!std::isalnum(static_cast<unsigned char>(page[i])) && page[i] != '#') return false;
    }
    return end > at + 1;
  };
  std::size_t at = std::string("<!DOCTYPE html>").size();
  if (page.compare(0, at, "<!DOCTYPE html>") != 0) return "no doctype";
  while (at < page.size()) {
    if (page[at] == '&' && !entity(at)) return "a lone '&': " + around(at);
    if (page[at] != '<') {
      ++at;
      continue;
    }
    const bool closing = page[at + 1] == '/';
    std::size_t i = at + (closing ? 2 : 1);
    std::string name;
    while (i < page.size() && std::isalnum(static_cast<unsigned char>(page[i]))) name += page[i++];
    if (name.empty()) return "a lone '<': " + around(at);
    std::set<std::string> attributes;
    while (i < page.size() && page[i] != '>' && page[i] != '/') {
      if (page[i] == ' ') {
        ++i;
        continue;
      }
      std::string attribute;
      while (i < page.size() && (std::isalnum(static_cast<unsigned char>(page[i])) || page[i] == '-'))
        attribute += page[i++];
      if (attribute.empty() || !attributes.insert(attribute).second) return "a wrong attribute: " + around(at);
      if (page[i] != '=') continue;
      if (page[i + 1] != '"') return "an attribute without quotes: " + around(at);
      for (i += 2; i < page.size() && page[i] != '"'; ++i) {
        if (page[i] == '<' || (page[i] == '&' && !entity(i))) return "an attribute not escaped: " + around(i);
      }
      ++i;
    }
    const bool empty = page[i] == '/';
    if (empty) ++i;
    if (page[i] != '>') return "a tag without end: " + around(at);
    at = i + 1;
    if (closing) {
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing: " + around(at);
      open.pop_back();
    } else if (!empty && without_end.count(name) == 0) {
      open.push_back(name);
      if (raw.count(name) > 0) at = page.find("</" + name, at);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

/// A section of the report, "" where it is absent.
inline std::string section_of(const std::string& page, const std::string& id) {
  const std::size_t from = page.find("<section id=\"" + id + "\"");
  return from == std::string::npos ? "" : page.substr(from, page.find("</section>", from) - from);
}

/// Elements that carry a class.
inline int count_of(const std::string& html, const std::string& wanted) {
  int count = 0;
  for (std::size_t at = html.find(" class=\""); at != std::string::npos; at = html.find(" class=\"", at + 1)) {
    const std::size_t from = at + 8;
    std::istringstream words(html.substr(from, html.find('"', from) - from));
    for (std::string word; words >> word;) count += word == wanted ? 1 : 0;
  }
  return count;
}

}  // namespace bdglm::test
