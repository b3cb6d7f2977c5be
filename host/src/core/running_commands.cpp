// SPDX-License-Identifier: Apache-2.0
// The words of `shunt serve`.
#include "address.hpp"
#include "argument_words.hpp"
#include "command_tree.hpp"

namespace shunt::host {

namespace {

// Port 0 is any that is free.
std::optional<UsageError> wrong_address(const char* flag, const std::string& address) {
  if (address.empty()) return std::nullopt;
  const std::string_view problem =
      problem_of_address(address.ends_with(":0") ? address.substr(0, address.size() - 1) + "1" : address);
  if (problem.empty()) return std::nullopt;
  return UsageError{std::string(flag) + " " + std::string(problem) + ", found " + in_quotes(address), "",
                    "shunt serve --help"};
}

Finished finish_serve(const ServeArguments& words, OutputFormat format) {
  ServeArguments to = words;
  if (auto wrong = wrong_address("--listen", to.listen)) return *std::move(wrong);
  if (auto wrong = wrong_address("--admin", to.admin)) return *std::move(wrong);
  to.format = format;
  return to;
}

}  // namespace

void add_running_commands(CommandTree& tree) {
  ServeArguments& to = tree.target<ServeArguments>();
  CLI::App& app = tree.add_command(tree.root(), "serve", "Serve requests: decide, pass on, show what happens",
                                   "shunt serve -c router.jsonc\n"
                                   "shunt serve -c router.jsonc --endpoints pool.yaml --admin 127.0.0.1:0 -o json");
  tree.add_config_file(app, to.config, "Config; without it the default config decides");
  tree.add_text(app, "--endpoints", to.endpoints, "FILE",
                "Endpoints to serve besides those of the config; read again whenever it changes");
  tree.add_text(app, "--listen", to.listen, "ADDRESS", "Where the HTTP door listens; default: as the config says");
  tree.add_text(app, "--admin", to.admin, "ADDRESS", "Where the admin listener listens; default: as the config says");
  tree.add_format(app, "text", {"text", "json"});
  tree.finish(app, [&] { return finish_serve(to, tree.format(OutputFormat::Text)); });
}

}  // namespace shunt::host
