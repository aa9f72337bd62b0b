// The report of a fit as one HTML page: pictures, tables and words that need neither a network nor other files.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace bdglm {

/// The report drawn from its data, the JSON that report/report_data.hpp makes. Members that are absent leave their
/// sections out; numbers that are null are not drawn. The page holds its own style and script, is complete without the
/// script, and a content security policy in it forbids every access elsewhere. Each mark that stands for one datum
/// carries the class "mark". Throws nlohmann::json::exception where a member is of another type than it should be.
std::string report_html(const nlohmann::json& data);

}  // namespace bdglm
