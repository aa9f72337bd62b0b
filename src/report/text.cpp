// Text and numbers of the HTML report: escaping, figures, and the reading of JSON members that may be absent or null.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "report/svg.hpp"

namespace bdglm::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kMinus = "\xE2\x88\x92";
constexpr std::string_view kNothing = "\xE2\x80\x93";

/// Bytes of the UTF-8 sequence that begins at `at`; 0 where none does.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  const std::size_t bytes = first < 0x80                    ? 1
                            : first >= 0xC2 && first < 0xE0 ? 2
                            : first >= 0xE0 && first < 0xF0 ? 3
                            : first >= 0xF0 && first < 0xF5 ? 4
                                                            : 0;
  if (bytes == 0 || at + bytes > text.size()) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = bytes > 1 ? byte(at + 1) : 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : bytes;
}

std::string chars(double value, std::chars_format format, int precision) {
  std::array<char, 400> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision).ptr;
  return {buffer.data(), end};
}

/// A hyphen at the start as a minus; none before a zero.
std::string with_minus(const std::string& text) {
  if (text.empty() || text[0] != '-') return text;
  if (text.find_first_of("123456789") == std::string::npos) return text.substr(1);
  return std::string(kMinus) + text.substr(1);
}

}  // namespace

std::string escape(std::string_view text) {
  std::string safe;
  safe.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t bytes = sequence(text, i);
    const char c = text[i];
    const bool control = bytes == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) && c != '\n' && c != '\t';
    if (bytes == 0 || control) {
      safe += kReplacement;
    } else if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '"') {
      safe += "&quot;";
    } else if (c == '\'') {
      safe += "&#39;";
    } else {
      safe += text.substr(i, bytes);
    }
    i += std::max<std::size_t>(bytes, 1);
  }
  return safe;
}

std::size_t length(std::string_view text) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++characters) i += std::max<std::size_t>(sequence(text, i), 1);
  return characters;
}

std::string shortened(const std::string& text, std::size_t characters) {
  if (length(text) <= characters) return text;
  std::size_t end = 0;
  for (std::size_t kept = 1; kept < characters; ++kept) end += std::max<std::size_t>(sequence(text, end), 1);
  return text.substr(0, end) + "\xE2\x80\xA6";
}

std::string decimal(double value, int decimals) {
  if (!std::isfinite(value)) return std::string(kNothing);
  const double size = std::fabs(value);
  if (size >= 1e9 || (size > 0 && size < 0.5 * std::pow(10, -decimals) && size < 1e-4)) return figures(value, 3);
  return with_minus(chars(value, std::chars_format::fixed, decimals));
}

std::string figures(double value, int significant) {
  if (!std::isfinite(value)) return std::string(kNothing);
  if (value == 0) return "0";
  const double size = std::fabs(value);
  if (size >= 1e7 || size < 1e-4) return with_minus(chars(value, std::chars_format::scientific, significant - 1));
  const int magnitude = static_cast<int>(std::floor(std::log10(size)));
  std::string digits = chars(value, std::chars_format::fixed, std::max(0, significant - 1 - magnitude));
  if (digits.find('.') != std::string::npos) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return with_minus(digits);
}

int decimals_for(double spread) {
  if (!std::isfinite(spread) || spread <= 0) return 3;
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(spread))), 0, 6);
}

std::string coordinate(double value) {
  std::string digits = chars(std::clamp(value, -99999.0, 99999.0), std::chars_format::fixed, 2);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits == "-0" ? "0" : digits;
}

double number(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_number() ? member->get<double>()
                                                       : std::numeric_limits<double>::quiet_NaN();
}

std::string text(const Json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end() || member->is_null()) return "";
  if (member->is_string()) return member->get<std::string>();
  return member->is_number_integer() ? member->dump() : figures(member->get<double>(), 6);
}

std::vector<double> numbers(const Json& array) {
  std::vector<double> values;
  values.reserve(array.size());
  for (const Json& item : array) {
    values.push_back(item.is_number() ? item.get<double>() : std::numeric_limits<double>::quiet_NaN());
  }
  return values;
}

std::vector<double> numbers(const Json& object, const char* key) { return numbers(list(object, key)); }

const Json& list(const Json& object, const char* key) {
  static const Json nothing = Json::array();
  const auto member = object.find(key);
  return member != object.end() && member->is_array() ? *member : nothing;
}

}  // namespace bdglm::report
