// Likelihoods whose terms of numbers and responses alone are summed by distinct responses, against sums over all rows.
#include "engines/gibbs/parameter_terms.hpp"

#include <gtest/gtest.h>

#include "support/problem.hpp"
#include "target/family_coordinates.hpp"

namespace bdglm::test {
namespace {

/// The table with other responses.
Table with_responses(const Table& table, const std::vector<double>& y) {
  Table changed;
  for (const Column& column : table.columns()) changed.add(column.name == "y" ? numbers("y", y) : column);
  return changed;
}

/// Responses that the family has, of few values.
Table few_values(Family family, int rows) {
  const Table table = small_table(rows, 5, 4, 6);
  std::vector<double> y = table.column("y").numbers;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (describe(family).response == ResponseKind::successes) y[i] = std::min(y[i], table.column("n").numbers[i]);
    if (family == Family::beta) y[i] = 0.1 + 0.15 * y[i];
    if (describe(family).response == ResponseKind::number && family != Family::beta) y[i] += 0.3;
  }
  return with_responses(table, y);
}

class ParameterTermsOf : public testing::TestWithParam<Family> {};

TEST_P(ParameterTermsOf, DistinctResponsesMakeTheSumOverRows) {
  const Family family = GetParam();
  const bool trials = describe(family).response == ResponseKind::successes;
  const Problem problem(few_values(family, 2000), trials ? "y | trials(n) ~ x + (1 | g)" : "y ~ x + (1 | g)", family,
                        {});
  State state = make_state(*problem.context);
  problem.backend->draw_normal({3, 0, 0, Site::initial_state, 0}, state.theta);
  refresh(state, *problem.context);
  const FamilyCoordinates coordinates(problem.model);
  ASSERT_GT(coordinates.parameters(), 0);
  ParameterTerms terms;
  for (const double shift : {-2.0, -0.3, 0.0, 1.5}) {
    Eigen::VectorXd x = coordinates.of(state, *problem.context);
    x.array() += shift;
    coordinates.put(x, state, *problem.context);
    const double whole = problem.backend->log_likelihood(state.likelihood, state.eta);
    ASSERT_TRUE(std::isfinite(whole));
    EXPECT_NEAR(terms.log_likelihood(state, state.eta, *problem.context), whole, 1e-11 * std::fabs(whole)) << shift;
  }
  EXPECT_GT(terms.distinct(), 5U);
  EXPECT_LT(terms.distinct(), 30U);
}

std::vector<Family> with_numbers() {
  std::vector<Family> families;
  for (const Family family : kFamilies)
    if (describe(family).augmentation == Augmentation::none && !parameters_of(family).empty())
      families.push_back(family);
  return families;
}

INSTANTIATE_TEST_SUITE_P(Families, ParameterTermsOf, testing::ValuesIn(with_numbers()),
                         [](const auto& instance) { return std::string(describe(instance.param).name); });

/// Responses in units that make them huge: beside their terms the likelihood is small at the response's own mean alone.
TEST(ParameterTerms, LargeResponsesLoseNoDigits) {
  std::vector<double> y;
  for (int i = 0; i < 3000; ++i) y.push_back(1e14 * (1 + i % 13));
  const Problem problem(with_responses(small_table(3000), y), "y ~ 1", Family::gamma, {});
  State state = make_state(*problem.context);
  problem.backend->upload(RowMatrix::Constant(1, 1, std::log(7e14)), state.theta);
  refresh(state, *problem.context);
  const FamilyCoordinates coordinates(problem.model);
  ParameterTerms terms;
  for (double shape = 0.5; shape < 4; shape += 0.3) {
    coordinates.put(Eigen::VectorXd::Constant(1, std::log(shape)), state, *problem.context);
    EXPECT_NEAR(terms.log_likelihood(state, state.eta, *problem.context),
                problem.backend->log_likelihood(state.likelihood, state.eta), 1e-7)
        << shape;
  }
  EXPECT_EQ(terms.distinct(), 13U);
}

/// Of many distinct responses all is summed over the rows.
TEST(ParameterTerms, ManyValuesAreSummedByRows) {
  std::vector<double> y;
  for (int i = 0; i < 2000; ++i) y.push_back(0.5 + i % 700);
  const Problem problem(with_responses(small_table(2000), y), "y ~ x", Family::gamma, {});
  const State state = make_state(*problem.context);
  ParameterTerms terms;
  EXPECT_EQ(terms.log_likelihood(state, state.eta, *problem.context),
            problem.backend->log_likelihood(state.likelihood, state.eta));
  EXPECT_EQ(terms.distinct(), 0U);
}

/// A family without numbers of its own, and one whose number has a formula, leave nothing out.
TEST(ParameterTerms, NumbersWithAFormulaAreSummedByRows) {
  for (const auto& [formula, family] :
       {std::pair{"y ~ x", Family::poisson}, {"y ~ x; shape ~ w", Family::negative_binomial}}) {
    const Problem problem(few_values(family, 400), formula, family, {});
    const State state = make_state(*problem.context);
    ParameterTerms terms;
    EXPECT_EQ(terms.log_likelihood(state, state.eta, *problem.context),
              problem.backend->log_likelihood(state.likelihood, state.eta));
    EXPECT_EQ(terms.of_responses(state, *problem.context), 0);
  }
}

}  // namespace
}  // namespace bdglm::test
