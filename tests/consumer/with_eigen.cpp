// A program that uses Eigen for itself and fits a model: neither takes the other's functions.
#include <bdglm/bdglm.hpp>

#include <Eigen/Dense>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return 99;
  const Eigen::MatrixXd a = Eigen::MatrixXd::Random(5, 5);
  const Eigen::MatrixXd spd = a * a.transpose() + Eigen::MatrixXd::Identity(5, 5);
  const Eigen::VectorXd x = spd.llt().solve(Eigen::VectorXd::Ones(5));
  const bdglm::Posterior fit = bdglm::fit(
      {.formula = "use ~ deep(age, livch, layers = c(8)) + (1 | district)", .data = bdglm::Data::read(argv[1])},
      {.chains = 1, .warmup = 20, .draws = 20, .seed = 7});
  const bdglm::Posterior program = bdglm::Posterior::open("deep.nc");
  if ((spd * x - Eigen::VectorXd::Ones(5)).norm() > 1e-8) return 1;
  for (const std::string& name : fit.names(true))
    if (fit.draws(name) != program.draws(name)) {
      std::cerr << "not the program's draws: " << name << '\n';
      return 2;
    }
  return 0;
}
