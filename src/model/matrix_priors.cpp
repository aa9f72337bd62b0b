// From a matrix's name to the names of its columns' coefficients.
#include "model/matrix_priors.hpp"

#include <set>

namespace bdglm {
namespace {

/// "b_x" of "b[x]", as the summary has it of many coefficients.
std::string plain_name(const std::string& name) {
  return name.rfind("b[", 0) == 0 && name.back() == ']' ? "b_" + name.substr(2, name.size() - 3) : name;
}

}  // namespace

std::vector<PriorStatement> with_matrix_columns(const std::vector<PriorStatement>& statements, const Frame& frame,
                                                const Model& model) {
  const std::set<std::string> coefficients(model.fixed_names.begin(), model.fixed_names.end());
  std::set<std::string> given;
  for (const PriorStatement& s : statements) given.insert(plain_name(s.name));
  std::vector<std::string> predictors = model.predictors;
  predictors.emplace_back();
  std::vector<PriorStatement> result;
  for (const PriorStatement& s : statements) {
    const std::size_t before = result.size();
    for (const auto& [matrix, block] : frame.blocks)
      for (const std::string& predictor : predictors) {
        const std::string name = plain_name(s.name);
        if (result.size() > before || name != "b_" + name_in_predictor(predictor, matrix)) continue;
        for (const std::string& column : frame.with_block_columns({matrix})) {
          bool known = false;
          for (const std::string& own : predictor.empty() ? predictors : std::vector<std::string>{predictor})
            known = known || coefficients.count(name_in_predictor(own, column)) > 0;
          PriorStatement one = s;
          one.name = "b_" + name_in_predictor(predictor, column);
          if (known && given.count(one.name) == 0) result.push_back(std::move(one));
        }
      }
    if (result.size() == before) result.push_back(s);
  }
  return result;
}

}  // namespace bdglm
