// Options that several verbs share.
#include "cli/verbs.hpp"

#include <utility>

namespace bdglm::cli {

void fit_may_follow_tables(CLI::App& verb, const CLI::Option* file, const CLI::Option* data,
                           std::vector<std::string>& tables, std::function<void(std::string fit)> take) {
  verb.parse_complete_callback([file, data, &tables, take = std::move(take)] {
    if (file->count() > 0) return;
    if (data->count() < 2) throw CLI::RequiredError("file");
    take(std::move(tables.back()));
    tables.pop_back();
  });
}

CLI::Option* add_group_levels(CLI::App& verb, std::string& groups) {
  return verb
      .add_option("--groups", groups,
                  "Group levels: known (unseen ones are an error), new (unseen ones are drawn), none (no effects)")
      ->check(CLI::IsMember({"known", "new", "none"}))
      ->capture_default_str();
}

}  // namespace bdglm::cli
