// SPDX-License-Identifier: Apache-2.0
// arguments.hpp: what the command line asks for, as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "console.hpp"

namespace shunt::host {

enum class OutputFormat { Text, Json, Jsonl };

struct ScheduleArguments {
  std::string config;  // empty: the default config
  std::string endpoints;
  std::string requests;  // "-": standard input
  std::uint64_t seed = 0;
  std::optional<double> now_ms;
  std::uint32_t fallbacks = 0;
  bool assume = false;
  bool batch = false;
  bool explain = false;
  bool timings = false;
  std::string why_not;     // name of an endpoint; empty: not asked
  std::string bundle_out;  // folder; empty: none
  std::string bundle;      // file; empty: none
  OutputFormat format = OutputFormat::Jsonl;
};

struct ConfigArguments {
  enum class Action { Check, Print, Migrate, Schema };
  Action action = Action::Check;
  std::string config;
  bool origin = false;
  OutputFormat format = OutputFormat::Text;
};

struct PluginArguments {
  enum class Action { List, Inspect, Audit };
  Action action = Action::List;
  std::string config;
  std::vector<std::string> files;
  bool strict = false;
  OutputFormat format = OutputFormat::Text;
};

struct PluginNewArguments {
  std::string kind;
  std::string name;
  std::string language = "cpp";
  std::string folder;  // empty: the name of the library
  std::string crate;   // folder of the SDK's crate; empty: the one that is installed
  OutputFormat format = OutputFormat::Text;
};

// Plugins whose code is to be run, with what their instances need.
struct SubjectArguments {
  std::vector<std::string> files;
  std::string type;        // of the plugins to look at; empty: all
  std::string parameters;  // JSON; empty: derived from the schema
  std::string parameters_file;
  std::vector<std::string> profiles;
  std::uint64_t seed = 1;
};

struct ValidateArguments : SubjectArguments {
  enum class Form { Text, Json, Junit };
  std::vector<std::string> only;  // names of cases; empty: all
  bool only_failed = false;
  bool list = false;
  bool in_process = false;
  std::uint32_t level = 5;
  std::uint32_t time_limit_ms = 10'000;
  std::string repeated_words;  // what a command that reproduces has to repeat
  std::string state;           // file that remembers what failed; empty: the usual one
  Form form = Form::Text;
};

struct BenchArguments : SubjectArguments {
  std::vector<std::uint32_t> endpoints;  // sizes
  std::vector<std::string> without;      // columns and values that nobody produces
  std::uint32_t budget_us = 1000;        // of one call; what a config allows by default
  std::uint32_t time_limit_ms = 60'000;  // for one plugin type
  OutputFormat format = OutputFormat::Text;
};

struct PluginDevArguments {
  std::string folder;  // empty: the working directory
  std::string build;   // shell command; empty: found out
  std::string output;  // where `build` leaves the library; empty: "build" in the folder
  std::uint32_t level = 3;
  std::string config;
  std::string endpoints;
  std::string requests;
  bool once = false;
};

struct SwapPlanArguments {
  std::string config;
  std::string target;
  std::vector<std::string> running;
  OutputFormat format = OutputFormat::Json;
};

struct ServeArguments {
  std::string config;     // empty: the default config
  std::string endpoints;  // file to discover endpoints from, besides the config's; empty: none
  std::string listen;     // of the HTTP door; empty: as the config says
  std::string admin;      // likewise of the admin listener
  std::string state;      // folder; empty: the usual one
  bool no_supervisor = false;
  OutputFormat format = OutputFormat::Text;
};

struct QuarantineArguments {
  enum class Action { List, Lift };
  Action action = Action::List;
  std::string library;  // to lift: first digits of its hash, or "all"
  std::string state;    // folder; empty: the usual one
  OutputFormat format = OutputFormat::Text;
};

struct ReloadArguments {
  enum class Action { Reload, Rollback, Promote };
  Action action = Action::Reload;
  std::optional<double> canary_share;  // 0 to 1; nullopt: as the config says
  bool fresh_worker = false;           // takes over when the config is in force
  bool canary_only = false;            // of a rollback: it ends the canary or does nothing
  std::string admin;                   // of the running host
  std::string token_file;              // empty: none is shown
  bool dry_run = false;
  bool wait = false;
  OutputFormat format = OutputFormat::Text;
};

struct VersionArguments {
  OutputFormat format = OutputFormat::Text;
};

struct CompletionArguments {
  std::string shell;
};

struct HelpArguments {
  std::vector<std::string> words;  // a topic, an error code, or a command
};

using Command = std::variant<HelpArguments, ScheduleArguments, ConfigArguments, PluginArguments, PluginNewArguments,
                             ValidateArguments, BenchArguments, PluginDevArguments, SwapPlanArguments, ServeArguments,
                             ReloadArguments, QuarantineArguments, VersionArguments, CompletionArguments>;

struct Arguments {
  Command command;
  ColorMode color = ColorMode::Auto;
  bool json_errors = false;
};

}  // namespace shunt::host
