// Latent variables on the CPU: the families say of which law, the lanes draw.
#include "backend/cpu_storage.hpp"
#include "backend/lanes/lanes.hpp"

namespace bdglm::cpu {
namespace {

/// Rows whose laws are written down before they are drawn.
constexpr Eigen::Index kRows = 4096;

template <class Text>
void draw_polya_gamma_latents(const Likelihood& likelihood, const Matrix& eta, const Address& address, Matrix& omega,
                              Matrix& kappa) {
  const double* response = array(likelihood.response).data();
  const double* size = array(likelihood.size).data();
  const double* predictor = array(eta).data();
  double* precision = array(omega).data();
  double* linear = array(kappa).data();
  Eigen::ArrayXd shape(std::min(kRows, eta.size()));
  Eigen::ArrayXd tilt(shape.size());
  Eigen::ArrayXd shift(shape.size());
  for (Eigen::Index at = 0; at < eta.size(); at += kRows) {
    const Eigen::Index count = std::min(kRows, eta.size() - at);
    for (Eigen::Index i = 0; i < count; ++i) {
      const auto latent = Text::latent(Row(response[at + i], size[at + i], predictor + at + i), 0);
      shape[i] = latent.shape;
      tilt[i] = latent.tilt;
      linear[at + i] = latent.linear;
      shift[i] = latent.shift;
    }
    lanes::draw_polya_gamma(address, static_cast<std::uint32_t>(at), shape.data(), tilt.data(),
                            static_cast<std::size_t>(count), precision + at);
    Eigen::Map<Eigen::ArrayXd>(linear + at, count) +=
        Eigen::Map<const Eigen::ArrayXd>(precision + at, count) * shift.head(count);
  }
}

}  // namespace

void draw_latents(const Likelihood& likelihood, const Matrix& eta, const Address& address, Matrix& omega,
                  Matrix& kappa) {
  with_family(likelihood.family, [&](auto family) {
    using Text = decltype(family);
    if constexpr (Text::kDescription.augmentation == Augmentation::polya_gamma) {
      draw_polya_gamma_latents<Text>(likelihood, eta, address, omega, kappa);
    } else if constexpr (Text::kDescription.augmentation == Augmentation::exact) {
      const double* response = array(likelihood.response).data();
      const double* size = array(likelihood.size).data();
      const double* predictor = array(eta).data();
      double* precision = array(omega).data();
      double* linear = array(kappa).data();
      for (Eigen::Index i = 0; i < eta.size(); ++i) {
        const auto factor = Text::gaussian_factor(Row(response[i], size[i], predictor + i));
        precision[i] = factor.omega;
        linear[i] = factor.kappa;
      }
    }
  });
}

}  // namespace bdglm::cpu
