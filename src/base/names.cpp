// Names in messages: which is near, and lists of them.
#include "base/names.hpp"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace bdglm {

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t k = 0; k < names.size() && k < kMost; ++k) text += (k == 0 ? "'" : ", '") + names[k] + "'";
  return text + (names.size() > kMost ? " and " + std::to_string(names.size() - kMost) + " more" : "");
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same =
          std::tolower(static_cast<unsigned char>(a[i - 1])) == std::tolower(static_cast<unsigned char>(b[j - 1]));
      const std::size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::vector<std::string> nearest_names(const std::string& name, const std::vector<std::string>& candidates) {
  const std::size_t most = std::max<std::size_t>(2, name.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> scored;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance <= most && distance < name.size()) scored.emplace_back(distance, candidate);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> nearest;
  for (std::size_t k = 0; k < scored.size() && k < 3; ++k) nearest.push_back(scored[k].second);
  return nearest;
}

std::string variable_name(std::string name) {
  constexpr std::size_t kLongest = 200;
  const std::string original = name;
  bool lost = false;
  for (char& c : name) {
    if (c == '/') c = '|';
    if ((c >= 0 && c < ' ') || c == 127) {
      c = '_';
      lost = true;
    }
  }
  if (name.size() > kLongest) {
    std::size_t cut = kLongest;
    while ((static_cast<unsigned char>(name[cut]) & 0xC0U) == 0x80U) --cut;  // not within a character
    name.resize(cut);
    lost = true;
  }
  if (!name.empty() && name.back() == ' ') name.back() = '_';
  // netCDF's names begin with a letter, a digit, an underscore or a character beyond ASCII.
  if (!name.empty() && static_cast<unsigned char>(name[0]) < 0x80 &&
      std::isalnum(static_cast<unsigned char>(name[0])) == 0 && name[0] != '_')
    name.insert(0, "_");
  if (!lost) return name;
  char number[16];
  const auto bytes = reinterpret_cast<const Bytef*>(original.data());
  std::snprintf(number, sizeof number, "~%08lx", crc32(0, bytes, static_cast<uInt>(original.size())));
  return name + number;
}

bool is_utf8(const std::string& text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4) return false;
    const unsigned low = first == 0xE0 ? 0xA0U : first == 0xF0 ? 0x90U : 0x80U;
    const unsigned high = first == 0xED ? 0x9FU : first == 0xF4 ? 0x8FU : 0xBFU;
    if (byte(i + 1) < low || byte(i + 1) > high) return false;
    for (std::size_t k = 2; k <= more; ++k)
      if (byte(i + k) < 0x80 || byte(i + k) > 0xBF) return false;
    i += more + 1;
  }
  return true;
}

std::string printable(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n')
      result += "\\n";
    else if (c == '\t')
      result += "\\t";
    else if ((c >= 0 && c < ' ') || c == 127)
      result += "?";
    else
      result += c;
  }
  return result;
}

}  // namespace bdglm
