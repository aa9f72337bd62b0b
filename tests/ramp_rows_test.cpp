// Ramps held as places between knots against the same columns held whole, on every instruction set of this machine.
#include <gtest/gtest.h>

#include "compute/backend.hpp"
#include "design/input_ramps.hpp"
#include "support/instruction_sets.hpp"
#include "support/pattern.hpp"

namespace bdglm::test {
namespace {

struct Case {
  std::vector<int> widths;
  int predictors;
  bool sparse;
};

/// A network on three columns, of which the first and the last have ramps, with rows outside their knots.
struct Ramped {
  std::shared_ptr<const Backend> backend = open_cpu_backend();
  Network network;
  Likelihood likelihood;
  Matrix base, theta;

  Ramped(const Case& c, Eigen::Index rows, bool places) {
    const RowMatrix dense = pattern(rows, 3, 0.7);
    std::vector<InputRamps> ramps(3);
    const RowMatrix sample = 0.9 * pattern(400, 1, 1.1);
    ramps[0] = make_ramps({sample.data(), sample.data() + sample.size()}, 5);
    ramps[2] = make_ramps({sample.data(), sample.data() + 50}, 16);
    SparseRows sparse;
    sparse.columns = c.sparse ? 40 : 0;
    for (Eigen::Index i = 0; i < rows && c.sparse; ++i) {
      sparse.indices.push_back(static_cast<std::int32_t>(7 * i % 40));
      sparse.values.push_back(1);
      sparse.starts.push_back(sparse.indices.size());
    }
    network.inputs = places ? backend->upload_columns(dense, ramps, sparse)
                            : backend->upload_columns(with_ramps(dense, ramps), {}, sparse);
    network.shape.inputs = static_cast<int>(network.inputs.cols());
    network.shape.widths = c.widths;
    network.shape.set_heads(c.predictors, 2);
    network.shape.activation = activation_named("tanh");
    network.fixed.assign(static_cast<std::size_t>(c.predictors), backend->uploaded(pattern(rows, 2, 1.9)));
    likelihood.family = c.predictors > 1 ? Family::categorical : Family::gaussian;
    RowMatrix response = pattern(rows, 1, 4.2);
    for (Eigen::Index i = 0; i < rows && c.predictors > 1; ++i)
      response(i, 0) = static_cast<double>(i % (c.predictors + 1));
    likelihood.response = backend->uploaded(response);
    likelihood.size = backend->uploaded(RowMatrix((pattern(rows, 1, 2.2).array() + 3).matrix()));
    base = backend->uploaded(pattern(c.predictors * rows, 1, 0.05));
    theta = backend->uploaded(RowMatrix(0.2 * pattern(network.shape.size(), 1, 0.5)));
  }

  RowMatrix gradient(bool rough) {
    network.rough_layers = rough;
    Matrix out = backend->allocate(network.shape.size(), 1);
    Matrix eta = backend->allocate(base.size(), 1);
    backend->gradient(network, theta, base, likelihood, out, eta);
    return backend->download(out);
  }
  RowMatrix forward() const {
    Matrix eta = backend->allocate(base.size(), 1);
    std::vector<Matrix> none;
    backend->forward(network, theta, base, none, none, eta);
    return backend->download(eta);
  }
  std::vector<FisherFactors> factors(Eigen::Index largest) const {
    const Eigen::Index rows = base.size();
    return backend->fisher_factors(
        network, theta, backend->uploaded(RowMatrix((pattern(rows, 1, 0.4).array().square() + 0.1).matrix())), largest);
  }
};

double distance(const RowMatrix& a, const RowMatrix& b) { return (a - b).norm() / b.norm(); }

const std::vector<Case> kCases = {{{1}, 1, false},  {{3}, 1, false},   {{50}, 1, false},    {{7, 5}, 3, false},
                                  {{16}, 1, false}, {{130}, 1, false}, {{33, 9}, 1, false}, {{6}, 1, true}};

TEST_P(Lanes, PlacesBetweenKnotsStandForRampsHeldWhole) {
  for (const Case& c : kCases)
    for (const Eigen::Index rows : {1, 31, 33, 300, 5000}) {
      Ramped places(c, rows, true);
      Ramped whole(c, rows, false);
      ASSERT_EQ(places.network.inputs.cols(), whole.network.inputs.cols());
      EXPECT_LT(distance(places.forward(), whole.forward()), 1e-14) << c.widths.front() << ' ' << rows;
      const RowMatrix exact = whole.gradient(false);
      EXPECT_LT(distance(places.gradient(false), exact), 1e-13) << c.widths.front() << ' ' << rows;
      const double rough = distance(places.gradient(true), exact);
      EXPECT_LT(rough, 3e-6) << c.widths.front() << ' ' << rows;
      if (!c.sparse) {
        EXPECT_GT(rough, 1e-12) << "in double precision";
      }
    }
}

TEST_P(Lanes, MomentsAreThoseOfRampsHeldWhole) {
  for (const Case& c : {kCases[3], kCases.back()})
    for (const Eigen::Index largest : {4, 1000}) {
      const std::vector<FisherFactors> places = Ramped(c, 300, true).factors(largest);
      const std::vector<FisherFactors> whole = Ramped(c, 300, false).factors(largest);
      ASSERT_EQ(places.size(), whole.size());
      for (std::size_t k = 0; k < whole.size(); ++k) {
        EXPECT_LT(distance(places[k].inputs, whole[k].inputs), 1e-13) << k;
        EXPECT_LT(distance(places[k].derivatives, whole[k].derivatives), 1e-13) << k;
      }
    }
}

TEST(RampPlaces, AreThoseOfHeightsAlongTheRamps) {
  InputRamps ramps;
  ramps.knots = {0, 1, 3, 7};
  ramps.mean = {0.1, 0.2, 0.3};
  ramps.unit = {1, 2, 4};
  const auto expect = [&](double x, std::size_t ramp, double height) {
    EXPECT_EQ(ramps.place(x).ramp, ramp) << x;
    EXPECT_DOUBLE_EQ(ramps.place(x).height, height) << x;
  };
  expect(-5, 0, 0);
  expect(0, 0, 0);
  expect(0.5, 0, 0.5);
  expect(1, 1, 0);
  expect(4, 2, 0.25);
  expect(7, 2, 1);
  expect(1e300, 2, 1);
  std::vector<double> at(3);
  ramps.write(ramps.place(2), at.data());
  EXPECT_DOUBLE_EQ(at[0], 0.9);
  EXPECT_DOUBLE_EQ(at[1], 0.15);
  EXPECT_DOUBLE_EQ(at[2], -0.075);
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, Lanes, testing::ValuesIn(instruction_sets()), instruction_set_name);

}  // namespace
}  // namespace bdglm::test
