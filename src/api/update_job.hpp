// The run that updates a fit by further rows.
#pragma once

#include <string>

#include "fitfile/draw_store.hpp"
#include "run/job.hpp"

namespace bdglm {

/// A run of the model of the fit in `source` on the rows of `table`, whose prior is the fit's posterior. Throws
/// DataError for fits that cannot be updated, columns that are missing or do not fit, levels of factors that the fit
/// has not seen and groups that it has; ModelError for settings.
FitJob make_update_job(const DrawSource& source, const Table& table, const RunOptions& run);

/// Throws DataError where the file to write is the one that is read, by whatever name.
void check_other_file(const std::string& read, const std::string& write);

}  // namespace bdglm
