// Manual pages from the program's own help.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/command_tree.hpp"

namespace bdglm::cli {

/// The pages as (file name, text in the man macros): bdglm.1 and bdglm-VERB.1 of each verb.
std::vector<std::pair<std::string, std::string>> manual_pages(const std::vector<VerbWords>& verbs,
                                                              const std::string& about);

}  // namespace bdglm::cli
