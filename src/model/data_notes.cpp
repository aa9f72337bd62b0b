// Responses that say little, columns that others span, and columns that are empty.
#include "model/data_notes.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "family/response.hpp"

namespace bdglm {

void note_response(Family family, const Frame& frame, Design& design) {
  const std::string response = deparse(frame.formula().response);
  const bool constant = (design.response.array() == design.response[0]).all();
  if (constant && describe(family).response != ResponseKind::successes)
    design.notes.push_back("the response '" + response + "' is " + number_text(design.response[0]) +
                           " in every row: what explains it cannot be learned");
  const bool named = std::any_of(
      frame.response_levels.begin(), frame.response_levels.end(),
      [](const std::string& level) { return level.find_first_not_of("0123456789.-+eE") != std::string::npos; });
  if (has_cutpoints(family) && named && frame.formula().response.kind == Expression::Kind::name)
    design.notes.push_back("the levels of '" + response + "' are taken in the order " + listed(frame.response_levels) +
                           "; write factor(" + response + ", levels = c(...)) for another");
  const bool two_levels = describe(family).response == ResponseKind::two_levels;
  if (!describe(family).residual_scale && !two_levels) return;
  // The first right side is that of the mean.
  for (const TermDesign& group : design.sides.front().groups)
    if (frame.group_levels.at(group.group).size() == design.rows.size())
      design.notes.push_back("each row has a level of '" + group.group + "' of its own: only the priors tell " +
                             (two_levels ? "how large its effects are" : "its effects from the residuals"));
}

void note_collinear(const SideDesign& side, std::vector<std::string>& notes) {
  const Eigen::Index p = side.fixed.cols();
  if (p < 2 || p > 2000) return;
  Eigen::MatrixXd gram = side.fixed.transpose() * side.fixed;
  const Eigen::VectorXd norm = gram.diagonal().cwiseSqrt();
  std::vector<std::string> spanned;
  for (Eigen::Index j = 0; j < p; ++j) {
    if (!(norm[j] > 0)) continue;
    // Modified Cholesky by columns: a pivot that vanishes means that earlier columns span this one.
    const double pivot = gram(j, j) / (norm[j] * norm[j]);
    if (pivot < 1e-10) {
      spanned.push_back(side.fixed_names[static_cast<std::size_t>(j)]);
      gram.row(j).tail(p - j).setZero();
      gram.col(j).tail(p - j).setZero();
      continue;
    }
    const Eigen::VectorXd column = gram.col(j).tail(p - j - 1) / gram(j, j);
    gram.bottomRightCorner(p - j - 1, p - j - 1) -= column * gram.col(j).tail(p - j - 1).transpose();
  }
  const auto add_once = [&](const std::string& note) {
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
  };
  constexpr std::size_t kFew = 5;
  if (spanned.size() > kFew)
    add_once(std::to_string(spanned.size()) + " columns, " + listed(spanned) +
             ", are combinations of the columns before them (collinear): only the prior separates their coefficients");
  else
    for (const std::string& name : spanned)
      add_once("column '" + name +
               "' is a combination of the columns before it (collinear): only the prior separates their coefficients");
}

void note_empty_columns(Design& design) {
  std::size_t empty = 0;
  for (const SideDesign& side : design.sides) {
    std::vector<char> there(side.sparse.columns, 0);
    for (const std::int32_t column : side.sparse.indices) there[static_cast<std::size_t>(column)] = 1;
    empty += static_cast<std::size_t>(std::count(there.begin(), there.end(), 0));
  }
  if (empty > 0)
    design.notes.push_back(
        std::to_string(empty) + (empty == 1 ? " column" : " columns") +
        " of sparse matrices are zero in all rows of weight: their coefficients are as their priors");
}

}  // namespace bdglm
