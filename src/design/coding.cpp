// Reading factor() and relevel() out of the syntax tree.
#include "design/coding.hpp"

#include <algorithm>

#include "data/table.hpp"

namespace bdglm {
namespace {

/// A level as written: a string, or a number in the form that a column of numbers shows.
std::string level_text(const Expression& e, const std::string& source) {
  if (e.kind == Expression::Kind::string) return e.text;
  if (e.kind == Expression::Kind::number) return number_text(e.value);
  if (e.kind == Expression::Kind::unary && e.text == "-" && e.children[0].kind == Expression::Kind::number)
    return number_text(-e.children[0].value);
  throw_at(source, e.position, "a level is a text in quotes or a number");
}

/// The value of the second argument, which may be given by its name.
const Expression& second_argument(const Expression& call, const std::string& name, const std::string& source) {
  if (call.children.size() > 2)
    throw_at(source, call.children[2].position, call.text + "() takes a column and " + name + ", no more");
  const Expression& argument = call.children[1];
  if (argument.kind != Expression::Kind::argument) return argument;
  if (argument.text != name)
    throw_at(source, argument.position, call.text + "() has the option " + name + ", not '" + argument.text + "'");
  return argument.children[0];
}

void read_levels(const Expression& list, const std::string& source, FactorCoding& coding) {
  if (!list.is_call("c"))
    throw_at(source, list.position, "levels are written as levels = c(\"low\", \"medium\", \"high\")");
  for (const Expression& level : list.children) {
    const std::string text = level_text(level, source);
    if (std::find(coding.levels.begin(), coding.levels.end(), text) != coding.levels.end())
      throw_at(source, level.position, "the level '" + text + "' stands here twice");
    coding.levels.push_back(text);
  }
  if (coding.levels.size() < 2) throw_at(source, list.position, "a factor needs at least two levels");
}

}  // namespace

bool is_factor_call(const Expression& atom) { return atom.is_call("factor") || atom.is_call("relevel"); }

FactorCoding factor_coding(const Expression& atom, const std::string& source) {
  FactorCoding coding;
  if (atom.kind == Expression::Kind::name) {
    coding.column = coding.prefix = atom.text;
    return coding;
  }
  const bool relevel = atom.is_call("relevel");
  if (relevel && atom.children.size() >= 2 && atom.children[0].is_call("factor")) {
    coding = factor_coding(atom.children[0], source);
  } else {
    if (atom.children.empty() || atom.children[0].kind != Expression::Kind::name || atom.children[0].text == ".")
      throw_at(source, atom.position, atom.text + "() takes the name of one column");
    coding.column = atom.children[0].text;
  }
  coding.prefix = coding.column;
  if (relevel) {
    if (atom.children.size() < 2)
      throw_at(source, atom.position, "relevel() takes a column and its reference, as in relevel(x, \"ref\")");
    const Expression& reference = second_argument(atom, "ref", source);
    coding.reference = level_text(reference, source);
    coding.reference_position = reference.position;
    coding.releveled = true;
    if (!coding.levels.empty()) coding.levels = coding.order({}, source);
  } else if (atom.children.size() > 1) {
    read_levels(second_argument(atom, "levels", source), source, coding);
  } else {
    coding.prefix = deparse(atom);
  }
  return coding;
}

std::vector<std::string> FactorCoding::order(const std::vector<std::string>& of_data, const std::string& source) const {
  std::vector<std::string> result = levels.empty() ? of_data : levels;
  if (!releveled) return result;
  const auto found = std::find(result.begin(), result.end(), reference);
  if (found == result.end()) {
    std::string known;
    for (std::size_t k = 0; k < result.size() && k < 8; ++k) known += (k == 0 ? "'" : ", '") + result[k] + "'";
    throw_at(source, reference_position,
             "'" + reference + "' is no level of '" + column + "'; its levels are " + known +
                 (result.size() > 8 ? ", ..." : ""));
  }
  std::rotate(result.begin(), found, found + 1);
  return result;
}

}  // namespace bdglm
