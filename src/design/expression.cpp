// The parser of R's formula grammar, by precedence climbing.
#include "design/expression.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "bdglm/error.hpp"
#include "data/table.hpp"

namespace bdglm {
namespace {

constexpr int kMaximumDepth = 200;

bool is_name_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) { return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Parser {
 public:
  explicit Parser(const std::string& source) : source_(source) {}

  Expression parse() {
    Expression whole = binary(0);
    skip_space();
    if (at_ < source_.size()) fail(std::string("unexpected '") + source_[at_] + "'");
    return whole;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw_at(source_, at_, what); }

  void skip_space() {
    while (at_ < source_.size() && std::isspace(static_cast<unsigned char>(source_[at_])) != 0) ++at_;
  }

  /// The operator that stands here and its precedence, or an empty string.
  std::string peek_operator(int& precedence) {
    skip_space();
    if (source_.compare(at_, 2, "||") == 0) {
      precedence = 2;
      return "||";
    }
    if (at_ >= source_.size()) return "";
    switch (source_[at_]) {
      case '~':
        precedence = 1;
        return "~";
      case '|':
        precedence = 2;
        return "|";
      case '+':
        precedence = 3;
        return "+";
      case '-':
        precedence = 3;
        return "-";
      case '*':
        precedence = 4;
        return "*";
      case '/':
        precedence = 4;
        return "/";
      case ':':
        precedence = 5;
        return ":";
      case '^':
        precedence = 7;
        return "^";
      default:
        return "";
    }
  }

  Expression binary(int minimum) {
    Expression left = unary();
    while (true) {
      int precedence = 0;
      const std::string sign = peek_operator(precedence);
      if (sign.empty() || precedence < minimum || precedence == 0) return left;
      const std::size_t position = at_;
      at_ += sign.size();
      Expression node;
      node.kind = Expression::Kind::binary;
      node.text = sign;
      node.position = position;
      node.children.push_back(std::move(left));
      // '^' binds to the right, the others to the left.
      node.children.push_back(binary(sign == "^" ? precedence : precedence + 1));
      left = std::move(node);
    }
  }

  Expression unary() {
    skip_space();
    if (at_ < source_.size() && (source_[at_] == '-' || source_[at_] == '+' || source_[at_] == '~')) {
      if (++depth_ > kMaximumDepth) fail("the formula is nested too deeply");
      Expression node;
      node.kind = Expression::Kind::unary;
      node.position = at_;
      node.text = source_[at_++];
      node.children.push_back(binary(node.text == "~" ? 2 : 5));
      --depth_;
      return node;
    }
    return primary();
  }

  Expression primary() {
    if (++depth_ > kMaximumDepth) fail("the formula is nested too deeply");
    skip_space();
    if (at_ >= source_.size()) fail("the formula ends too early");
    Expression node;
    node.position = at_;
    const char c = source_[at_];
    if (c == '(') {
      ++at_;
      node.kind = Expression::Kind::parenthesis;
      node.children.push_back(binary(0));
      expect(')');
    } else if (c == '`' || c == '"' || c == '\'') {
      const std::size_t end = source_.find(c, at_ + 1);
      if (end == std::string::npos) fail(std::string("no closing ") + c);
      node.kind = c == '`' ? Expression::Kind::name : Expression::Kind::string;
      node.text = source_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 ||
               (c == '.' && at_ + 1 < source_.size() &&
                std::isdigit(static_cast<unsigned char>(source_[at_ + 1])) != 0)) {
      const auto result = std::from_chars(source_.data() + at_, source_.data() + source_.size(), node.value);
      if (result.ec != std::errc()) fail("this number cannot be read");
      node.kind = Expression::Kind::number;
      node.text = source_.substr(at_, static_cast<std::size_t>(result.ptr - source_.data()) - at_);
      at_ = static_cast<std::size_t>(result.ptr - source_.data());
    } else if (is_name_start(c)) {
      std::size_t end = at_;
      while (end < source_.size() && is_name_part(source_[end])) ++end;
      node.kind = Expression::Kind::name;
      node.text = source_.substr(at_, end - at_);
      at_ = end;
      skip_space();
      if (at_ < source_.size() && source_[at_] == '(') {
        ++at_;
        node.kind = Expression::Kind::call;
        arguments(node);
        node.closing = at_ - 1;
      }
    } else {
      fail(std::string("unexpected '") + c + "'");
    }
    --depth_;
    return node;
  }

  void arguments(Expression& call) {
    skip_space();
    if (at_ < source_.size() && source_[at_] == ')') {
      ++at_;
      return;
    }
    while (true) {
      Expression argument = binary(0);
      skip_space();
      if (at_ < source_.size() && source_[at_] == '=') {
        if (argument.kind != Expression::Kind::name) fail("'=' must follow the name of an option");
        ++at_;
        Expression named;
        named.kind = Expression::Kind::argument;
        named.text = argument.text;
        named.position = argument.position;
        named.children.push_back(binary(0));
        argument = std::move(named);
      }
      call.children.push_back(std::move(argument));
      skip_space();
      if (at_ < source_.size() && source_[at_] == ',') {
        ++at_;
        continue;
      }
      expect(')');
      return;
    }
  }

  void expect(char c) {
    skip_space();
    if (at_ >= source_.size()) fail(std::string("the formula ends where '") + c + "' is missing");
    if (source_[at_] != c) fail(std::string("expected '") + c + "' here");
    ++at_;
  }

  const std::string& source_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

void throw_at(const std::string& source, std::size_t position, const std::string& what) {
  // The caret counts characters, not bytes, so that it stands right under UTF-8 names.
  std::string shown = source;
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  position = std::min(position, source.size());
  const auto column =
      static_cast<std::size_t>(std::count_if(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(position),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  throw ModelError("formula: " + what + "\n    " + shown + "\n    " + std::string(column, ' ') + "^");
}

Expression parse_expression(const std::string& source) { return Parser(source).parse(); }

}  // namespace bdglm
