// SPDX-License-Identifier: Apache-2.0
// The words of `shunt plugin`.
#include "bench_words.hpp"
#include "command_tree.hpp"
#include "plugin_scaffold.hpp"
#include "validate_words.hpp"

namespace shunt::host {

namespace {

// list, inspect, audit: what can be told without running any code of a library.
void add_looking(CommandTree& tree, CLI::App& plugin) {
  PluginArguments& to = tree.target<PluginArguments>();
  const auto add = [&](const std::string& name, const std::string& description, const std::string& examples,
                       PluginArguments::Action action) -> CLI::App& {
    CLI::App& command = tree.add_command(plugin, name, description, examples);
    command.add_option("files", to.files, "Libraries; a bare name is looked for on the plugin path too")
        ->type_name("FILE");
    tree.add_config_file(command, to.config, "Config whose pluginDirs count as well");
    tree.add_format(command, "text", {"text", "json", "jsonl"});
    tree.finish(command, [&tree, &to, action]() -> Finished {
      to.action = action;
      to.format = tree.format(OutputFormat::Text);
      if (action == PluginArguments::Action::Inspect) {
        if (auto wrong = missing("plugin inspect", {{"the name of a library", !to.files.empty()}})) return *wrong;
      }
      return to;
    });
    return command;
  };
  add("list", "List plugin types: of the files, else of the plugin path",
      "shunt plugin list\nshunt plugin list -o json", PluginArguments::Action::List);
  add("inspect", "Show manifest, interfaces, parameters, symbols and hashes", "shunt plugin inspect queue_scorer.so",
      PluginArguments::Action::Inspect);
  CLI::App& audit = add("audit", "Judge how libraries were built", "shunt plugin audit ./my_scorer.so --strict",
                        PluginArguments::Action::Audit);
  tree.add_switch(audit, "--strict", to.strict, "Exit with 5 for warnings too");
}

void add_new(CommandTree& tree, CLI::App& plugin) {
  PluginNewArguments& to = tree.target<PluginNewArguments>();
  CLI::App& app = tree.add_command(plugin, "new", "Write a plugin that builds, passes its test and decides as it is",
                                   "shunt plugin new scorer kv-headroom\n"
                                   "shunt plugin new filter gold-only --lang c --dir plugins/gold_only");
  tree.add_positional_choice(app, "kind", to.kind, "KIND", "What it decides (required)", scaffold_kinds());
  app.add_option("name", to.name, "Type of the plugin, words joined by hyphens (required)")->type_name("NAME");
  tree.add_choice(app, "--lang", to.language, "Language of its source; default: cpp", scaffold_languages());
  tree.add_text(app, "--dir", to.folder, "DIR", "Folder to write; default: the name, joined by underscores");
  tree.add_text(app, "--crate", to.crate, "DIR", "Rust: folder of the crate shunt-sdk; default: the installed one");
  tree.add_format(app, "text", {"text", "json", "jsonl"});
  tree.finish(app, [&]() -> Finished {
    to.format = tree.format(OutputFormat::Text);
    if (auto wrong = missing("plugin new", {{"a kind", !to.kind.empty()}, {"a name", !to.name.empty()}})) return *wrong;
    if (!to.crate.empty() && to.language != "rust") {
      return UsageError{"--crate is for plugins in Rust: it stands beside --lang rust", "", "shunt plugin new --help"};
    }
    return to;
  });
}

void add_dev(CommandTree& tree, CLI::App& plugin) {
  PluginDevArguments& to = tree.target<PluginDevArguments>();
  CLI::App& app = tree.add_command(plugin, "dev", "After every save: build, validate, show decisions on sample data",
                                   "shunt plugin dev kv_headroom\n"
                                   "shunt plugin dev . --build make --output out");
  app.add_option("folder", to.folder, "Folder with the sources; default: the working directory")->type_name("DIR");
  tree.add_text(app, "--build", to.build, "COMMAND",
                "Shell command that builds; default: CMake or cargo, as the folder has it");
  tree.add_text(app, "--output", to.output, "DIR", "Where --build leaves the library; default: build");
  tree.add_number(app, "--level", to.level, "Validate with the cases of levels 1 to N; default: 3");
  tree.add_config_file(app, to.config, "Config that uses the plugin; default: sample/shunt.jsonc");
  tree.add_text(app, "--endpoints", to.endpoints, "FILE", "Endpoints; default: sample/pool.jsonc");
  tree.add_text(app, "--requests", to.requests, "FILE", "Requests; default: sample/requests.jsonl");
  tree.add_switch(app, "--once", to.once, "Do it once and exit with what came of it");
  tree.finish(app, [&]() -> Finished {
    if (!to.output.empty() && to.build.empty()) {
      return UsageError{"--output says where --build leaves the library, and stands with it only", "",
                        "shunt plugin dev --help"};
    }
    return to;
  });
}

}  // namespace

void add_plugin_commands(CommandTree& tree) {
  CLI::App& app = tree.add_command(tree.root(), "plugin",
                                   "Write, look at and test plugins; only validate, bench and dev run their code",
                                   "shunt plugin new scorer kv-headroom\nshunt plugin list\n"
                                   "shunt plugin inspect queue_scorer.so\n"
                                   "shunt plugin audit ./my_scorer.so --strict\n"
                                   "shunt plugin validate ./my_scorer.so\nshunt plugin bench ./my_scorer.so");
  app.require_subcommand(0, 1);
  add_looking(tree, app);
  add_new(tree, app);
  add_validate_command(tree, app);
  add_bench_command(tree, app);
  add_dev(tree, app);
}

}  // namespace shunt::host
