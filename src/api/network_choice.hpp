// The network of a formula that leaves its layers, its activation or its knots to the program.
#pragma once

#include <vector>

#include "run/run.hpp"

namespace bdglm {

/// The job of `make_job`, with the network that predicts held-out rows best in short fits where the formula says
/// `layers`, `activation` or `knots = auto`; the job's notes then tell the scores. First activations are tried, the
/// best of which is taken, then layers, then knots, by the mean log score of rows that the short fits have not seen; of
/// those within a standard error of the best the smallest is taken. Where the formula says nothing of knots and the
/// table is large enough for some, they are tried beside none, and taken where they are better; where short fits of
/// part of the rows are refused, none are. Where `run.max_seconds` is set no trial begins after a quarter of it, and
/// the job has what is left. Throws as `make_job` and `run_fit` do, and Stopped where the watch ends it.
FitJob make_chosen_job(const ModelSpec& model, const RunOptions& run, const Watch& watch);

/// Of the rows' weighted log scores under several models, the first model whose sum is within a standard error of the
/// best one's, by the rows' differences (Breiman, Friedman, Olshen and Stone 1984, section 3.4.3), or within 0.002 of
/// the rows' `weight`.
std::size_t smallest_within_error(const std::vector<std::vector<double>>& scores, double weight);

}  // namespace bdglm
