// The response families, and the one switch from a family to its text.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "bdglm/error.hpp"
#include "family/binomial_cdf.hpp"
#include "family/continuous_cdf.hpp"
#include "family/description.hpp"
#include "family/row.hpp"
#include "random/stream.hpp"
#include "sampling/gamma.hpp"
#include "sampling/gamma_function.hpp"
#include "sampling/normal_function.hpp"
#include "sampling/number.hpp"
#include "sampling/polya_gamma.hpp"
#include "sampling/standard.hpp"

namespace bdglm {

#include "family/list.inl"

enum class Family {
#define BDGLM_FAMILY(name, type) name,
  BDGLM_FAMILIES(BDGLM_FAMILY)
#undef BDGLM_FAMILY
};

inline constexpr Family kFamilies[] = {
#define BDGLM_FAMILY(name, type) Family::name,
    BDGLM_FAMILIES(BDGLM_FAMILY)
#undef BDGLM_FAMILY
};

/// Calls `f` with the family's text, as in f(GaussianFamily{}).
template <class F>
decltype(auto) with_family(Family family, F&& f) {
  switch (family) {
#define BDGLM_FAMILY(name, type) \
  case Family::name:             \
    return std::forward<F>(f)(std::type_identity_t<type>{});
    BDGLM_FAMILIES(BDGLM_FAMILY)
#undef BDGLM_FAMILY
  }
  throw ModelError("a family that is none");
}

inline const FamilyDescription& describe(Family family) {
  return with_family(family, [](auto text) -> const FamilyDescription& { return decltype(text)::kDescription; });
}

inline std::string family_name(Family family) { return describe(family).name; }

/// "bernoulli_probit": what tells families of one name apart.
constexpr const char* family_label(Family family) {
  switch (family) {
#define BDGLM_FAMILY(name, type) \
  case Family::name:             \
    return #name;
    BDGLM_FAMILIES(BDGLM_FAMILY)
#undef BDGLM_FAMILY
  }
  return "";
}

/// All families' names, each once, in order.
std::vector<std::string> family_names();

/// The family of a name and a link (empty: the usual one) that has parameters of such names; where none has, another of
/// that name and link. Throws ModelError for a name that is none, and for a link that the family does not have.
Family family_from_name(std::string_view name, std::string_view link = "",
                        const std::vector<std::string>& parameters = {});

/// The first family in the list for such responses, taken where none is named; throws ModelError where there is none.
Family family_for(ResponseKind kind);

}  // namespace bdglm
