// How much of the expected response's variance each variable moves.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "posterior/predict.hpp"

namespace bdglm {

/// Importances over the table's rows, as `Posterior::importance` promises.
Importances importance_of(const DrawSource& fit, const Table& table, const ImportanceOptions& options);

/// Which row's values each row gets in an exchange: all rows in one cycle, so that none keeps its own.
std::vector<std::size_t> exchanged_rows(std::size_t rows, std::uint64_t seed, std::uint32_t exchange);

void to_json(nlohmann::json& json, const Importances& importances);

}  // namespace bdglm
