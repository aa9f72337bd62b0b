// Algebra of a formula's terms: equality up to the order of atoms, sums and products without repetition.
#pragma once

#include <vector>

#include "design/formula.hpp"

namespace bdglm {

/// Whether both are products of the same atoms.
bool same_term(const FormulaTerm& a, const FormulaTerm& b);

/// Appends a term that is not there yet.
void add_term(std::vector<FormulaTerm>& terms, const FormulaTerm& term);
/// Appends those that are not there yet, which may be thousands ('.').
void add_terms(std::vector<FormulaTerm>& terms, const std::vector<FormulaTerm>& more);

/// a:b.
FormulaTerm product(const FormulaTerm& a, const FormulaTerm& b);

/// Each term of a by each of b, after those of a and b themselves with `main_effects` (a * b).
std::vector<FormulaTerm> crossed(const std::vector<FormulaTerm>& a, const std::vector<FormulaTerm>& b,
                                 bool main_effects);

}  // namespace bdglm
