// SPDX-License-Identifier: Apache-2.0
#include "subject_words.hpp"

namespace shunt::host {

void add_subject_flags(CommandTree& tree, CLI::App& app, SubjectArguments& to, std::string& profiles) {
  app.add_option("files", to.files, "Libraries; a bare name is looked for on the plugin path too")->type_name("FILE");
  tree.add_text(app, "--plugin", to.type, "TYPE", "Look at this plugin type of the library only");
  tree.add_text(app, "--parameters", to.parameters, "JSON",
                "Parameters of the instances; default: made from the schema");
  tree.add_text(app, "--parameters-file", to.parameters_file, "FILE", "Likewise, from a file");
  tree.add_text(app, "--profiles", profiles, "NAMES",
                "Scheduling profiles that exist, separated by commas; default: what create() accepts");
  tree.add_number(app, "--seed", to.seed, "Seed of everything drawn; default: 1");
}

std::optional<UsageError> problem_of_subject(const SubjectArguments& arguments, const std::string& command,
                                             bool needs_files) {
  const std::string help = "shunt " + command + " --help";
  if (needs_files && arguments.files.empty()) {
    return UsageError{"\"shunt " + command + "\" needs the name of a library", "", help};
  }
  if (!arguments.parameters.empty() && !arguments.parameters_file.empty()) {
    return UsageError{"--parameters and --parameters-file say the same thing: give one of them", "", help};
  }
  return std::nullopt;
}

}  // namespace shunt::host
