// SPDX-License-Identifier: Apache-2.0
// The words of `shunt schedule`, `shunt config` and `shunt swap`.
#include "argument_words.hpp"
#include "command_tree.hpp"

namespace shunt::host {

namespace {

struct ScheduleWords {
  ScheduleArguments to;
  double now_ms = 0.0;
  const CLI::Option* now = nullptr;
  std::vector<const CLI::Option*> beside_bundle;
};

// The given flags that say what a bundle says itself.
std::string given_beside_bundle(const ScheduleWords& words) {
  std::string flags;
  for (const CLI::Option* option : words.beside_bundle) {
    if (option->count() == 0) continue;
    flags.append(flags.empty() ? "--" : ", --").append(option->get_lnames().front());
  }
  return flags;
}

Finished finish_schedule(ScheduleWords& words, OutputFormat format) {
  ScheduleArguments& to = words.to;
  if (words.now->count() != 0) to.now_ms = words.now_ms;
  to.format = format;
  if (to.bundle.empty()) {
    if (auto wrong =
            missing("schedule", {{"--endpoints", !to.endpoints.empty()}, {"--requests", !to.requests.empty()}})) {
      return *wrong;
    }
  } else if (const std::string flags = given_beside_bundle(words); !flags.empty()) {
    return UsageError{
        "a bundle brings its own config, endpoints, request and options: --bundle stands without " + flags, "",
        "shunt schedule --help"};
  }
  if ((to.config == "-") + (to.endpoints == "-") + (to.requests == "-") > 1) {
    return UsageError{"only one file can be standard input", "", "shunt schedule --help"};
  }
  return to;
}

void add_schedule(CommandTree& tree) {
  ScheduleWords& words = tree.target<ScheduleWords>();
  ScheduleArguments& to = words.to;
  CLI::App& app =
      tree.add_command(tree.root(), "schedule", "Decide requests offline, with the same framework and plugins as live",
                       "shunt schedule --endpoints pool.jsonc --requests requests.jsonl\n"
                       "shunt schedule -c router.jsonc --endpoints pool.jsonc --requests - --explain -o text\n"
                       "shunt schedule -c router.jsonc --endpoints pool.jsonc --requests trace.jsonl --assume\n"
                       "shunt schedule --bundle r1.json");
  tree.add_config_file(app, to.config, "Config; without it the default config decides");
  tree.add_text(app, "--endpoints", to.endpoints, "FILE", "Endpoints and what is known about them (required)");
  tree.add_text(app, "--requests", to.requests, "FILE",
                "Requests, one a line, or a trace; - is standard input (required)");
  tree.add_number(app, "--seed", to.seed, "Seed of everything random; default: 0");
  words.now = tree.add_milliseconds(app, "--now-ms", words.now_ms,
                                    "Time of all decisions; default: each request's arrival, with --batch the latest");
  tree.add_number(app, "--fallbacks", to.fallbacks,
                  "How many next best endpoints to name beyond the picks; default: 0");
  tree.add_switch(app, "--assume", to.assume, "Let each decision count as load for those after it");
  tree.add_switch(app, "--batch", to.batch,
                  "Let all requests wait at once: higher priority first, then earlier arrival");
  tree.add_switch(app, "--explain", to.explain, "Add a trace: who was dropped and why, raw and weighted scores");
  tree.add_switch(app, "--timings", to.timings, "Add nanoseconds; two runs are then no longer the same bytes");
  tree.add_text(app, "--why-not", to.why_not, "NAME",
                "Add the smallest change of a weight that would have chosen this endpoint");
  tree.add_text(app, "--bundle-out", to.bundle_out, "DIR", "Write a file per request that reproduces its decision");
  tree.add_text(app, "--bundle", to.bundle, "FILE", "Make the decision of such a file again");
  for (const char* name : {"--config", "--endpoints", "--requests", "--seed", "--now-ms", "--fallbacks", "--assume",
                           "--batch", "--bundle-out"}) {
    words.beside_bundle.push_back(app.get_option(name));
  }
  tree.add_format(app, "jsonl", {"text", "json", "jsonl"});
  tree.finish(app, [&] { return finish_schedule(words, tree.format(OutputFormat::Jsonl)); });
}

void add_config(CommandTree& tree) {
  ConfigArguments& to = tree.target<ConfigArguments>();
  CLI::App& app = tree.add_command(tree.root(), "config", "Check and complete config files",
                                   "shunt config check -c router.jsonc\nshunt config print -c router.jsonc --origin\n"
                                   "shunt config schema > shunt.schema.json");
  app.require_subcommand(0, 1);
  const auto finish = [&](CLI::App& command, ConfigArguments::Action action) {
    tree.finish(command, [&tree, &to, action]() -> Finished {
      to.action = action;
      to.format = tree.format(OutputFormat::Text);
      return to;
    });
  };
  CLI::App& check =
      tree.add_command(app, "check", "Report every problem of a config", "shunt config check -c router.jsonc");
  tree.add_config_file(check, to.config, "Config; without it the default config is checked");
  tree.add_format(check, "text", {"text", "json"});
  finish(check, ConfigArguments::Action::Check);
  CLI::App& print = tree.add_command(app, "print", "Print a config with every default filled in",
                                     "shunt config print -c router.jsonc\nshunt config print --origin");
  tree.add_config_file(print, to.config, "Config; without it the default config is printed");
  tree.add_switch(print, "--origin", to.origin, "Mark what was not in the file");
  tree.add_format(print, "text", {"text", "json", "jsonl"});
  finish(print, ConfigArguments::Action::Print);
  CLI::App& migrate =
      tree.add_command(app, "migrate", "Print a config of the llm-d endpoint picker in the words of this program",
                       "shunt config migrate -c epp.yaml > router.jsonc");
  tree.add_config_file(migrate, to.config, "Config; one of this program is printed without its comments");
  tree.add_format(migrate, "text", {"text", "json"});
  finish(migrate, ConfigArguments::Action::Migrate);
  finish(tree.add_command(app, "schema", "Print the JSON Schema of config files, for editors",
                          "shunt config schema > shunt.schema.json"),
         ConfigArguments::Action::Schema);
}

struct SwapWords {
  SwapPlanArguments to;
  std::string running;
};

void add_swap(CommandTree& tree) {
  SwapWords& words = tree.target<SwapWords>();
  CLI::App& app = tree.add_command(tree.root(), "swap", "Ask who makes room for a model",
                                   "shunt swap plan -c models.jsonc --target a --running b,c");
  app.require_subcommand(0, 1);
  CLI::App& plan = tree.add_command(app, "plan", "Print who would have to go for a model",
                                    "shunt swap plan -c models.jsonc --target a --running b,c");
  tree.add_config_file(plan, words.to.config, "Config with \"models\" (required)");
  tree.add_text(plan, "--target", words.to.target, "MODEL", "Model to be loaded (required)");
  tree.add_text(plan, "--running", words.running, "MODELS", "Models that run now, separated by commas")->expected(0, 1);
  tree.add_format(plan, "json", {"text", "json", "jsonl"});
  tree.finish(plan, [&]() -> Finished {
    words.to.running = split_at_commas(words.running);
    words.to.format = tree.format(OutputFormat::Json);
    if (auto wrong = missing("swap plan", {{"-c", !words.to.config.empty()}, {"--target", !words.to.target.empty()}})) {
      return *wrong;
    }
    return words.to;
  });
}

}  // namespace

void add_deciding_commands(CommandTree& tree) {
  add_schedule(tree);
  add_config(tree);
  add_swap(tree);
}

}  // namespace shunt::host
