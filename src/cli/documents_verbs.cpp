// bdglm completion and manual: what shells and man know of the program.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "bdglm/error.hpp"
#include "cli/completion.hpp"
#include "cli/manual.hpp"
#include "cli/verbs.hpp"

namespace bdglm::cli {
namespace {

int write_manual(const CLI::App& app, const std::string& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw DataError("cannot make the folder '" + folder + "': " + failed.message());
  for (const auto& [name, text] : manual_pages(command_tree(app), app.get_description())) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    errno = 0;
    std::ofstream page(path, std::ios::binary);
    page << text << std::flush;
    if (!page) throw DataError("cannot write '" + path.string() + "': " + std::strerror(errno));
  }
  return 0;
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("completion", "Print the script by which a shell completes the program's words");
  auto shell = std::make_shared<std::string>();
  verb->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->callback([&app, shell, &action] {
    action = [&app, shell] {
      const std::vector<VerbWords> verbs = command_tree(app);
      std::cout << (*shell == "bash"  ? bash_completion(verbs)
                    : *shell == "zsh" ? zsh_completion(verbs)
                                      : fish_completion(verbs));
      return 0;
    };
  });
}

void add_manual(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("manual", "Write the manual's pages");
  auto folder = std::make_shared<std::string>();
  verb->add_option("folder", *folder, "Folder for bdglm.1 and bdglm-VERB.1")->required();
  verb->callback([&app, folder, &action] { action = [&app, folder] { return write_manual(app, *folder); }; });
}

}  // namespace bdglm::cli
