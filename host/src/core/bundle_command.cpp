// SPDX-License-Identifier: Apache-2.0
// `shunt schedule --bundle FILE`: makes one recorded decision again.
#include <shunt/abi/cycle.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <shunt/framework/bundle.hpp>
#include <shunt/framework/library.hpp>
#include <shunt/framework/scheduler.hpp>
#include <string_view>

#include "commands.hpp"
#include "decision_output.hpp"
#include "field_reader.hpp"
#include "json_text.hpp"
#include "schedule_inputs.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 3> kParts = {"config", "endpoints", "request"};

void bundle_error(const Document& document, Diagnostics& diagnostics, std::string message,
                  std::string_view pointer = {}) {
  diagnostics.add(document.diagnose(pointer, At::Value, "E301", std::move(message)));
}

bool check_shape(const Document& document, Diagnostics& diagnostics) {
  const json::object* root = document.root().if_object();
  if (root == nullptr) {
    bundle_error(document, diagnostics, "a bundle must be an object, found " + describe(document.root()));
    return false;
  }
  for (const std::string_view key : kParts) {
    const json::value* part = root->if_contains(key);
    if (part == nullptr) {
      bundle_error(document, diagnostics, "the bundle has no object \"" + std::string(key) + "\"");
    } else if (!part->is_object()) {
      bundle_error(document, diagnostics, in_quotes(key) + " of the bundle must be an object, found " + describe(*part),
                   child_pointer("", key));
    }
  }
  return !diagnostics.has_errors();
}

// A part of a bundle as the file that it would be alone.
NamedText part_of(const Document& document, std::string_view key) {
  return {document.file() + "#/" + std::string(key), compact_json(document.root().at(key)),
          std::filesystem::path(document.file()).parent_path()};
}

void compare_libraries(const Document& document, const Generation& generation, Diagnostics& diagnostics) {
  const json::value* recorded = document.find("/libraries");
  if (recorded == nullptr || !recorded->is_array()) return;
  const auto libraries = generation.libraries();
  for (std::size_t i = 0; i < recorded->get_array().size(); ++i) {
    const json::value& value = recorded->get_array()[i];
    const json::object* entry = value.if_object();
    const json::value* file = entry != nullptr ? entry->if_contains("file") : nullptr;
    const json::value* sha256 = entry != nullptr ? entry->if_contains("sha256") : nullptr;
    if (file == nullptr || sha256 == nullptr || !file->is_string() || !sha256->is_string()) continue;
    const bool same = std::ranges::any_of(libraries, [&](const auto& library) {
      return std::string_view(file->get_string()) == library->file_name() &&
             std::string_view(sha256->get_string()) == library->sha256();
    });
    if (same) continue;
    Diagnostic d = document.diagnose(
        child_pointer("/libraries", i), At::Value, "E302",
        "the library " + in_quotes(file->get_string()) + " is not the one that the bundle was made with", {},
        {"recorded SHA-256: " + std::string(sha256->get_string())});
    d.severity = Severity::Warning;
    diagnostics.add(std::move(d));
  }
}

// What the recorded run was asked to print, and what this one is asked to print besides.
DecisionOutputOptions form_of(const ScheduleArguments& arguments, const Document& document) {
  DecisionOutputOptions form{arguments.format, arguments.explain, arguments.timings, arguments.why_not};
  const json::value* explain = document.find("/output/explain");
  const json::value* why_not = document.find("/output/whyNot");
  if (explain != nullptr && explain->is_bool()) form.explain = form.explain || explain->get_bool();
  if (form.why_not.empty() && why_not != nullptr && why_not->is_string()) form.why_not = why_not->get_string();
  return form;
}

}  // namespace

ExitCode run_bundle(const ScheduleArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  ScheduleInputs inputs(surroundings.plugin_path);
  Diagnostics& diagnostics = inputs.diagnostics();
  const auto stop = [&] {
    console.report(diagnostics, "nothing was scheduled");
    return exit_code_of(diagnostics);
  };
  auto text = read_named(arguments.bundle, surroundings.input, diagnostics);
  if (!text) return stop();
  const auto document = Document::parse(text->name, std::move(text->text), DocumentFormat::Json, diagnostics);
  if (!document || !check_shape(*document, diagnostics)) return stop();

  inputs.load(part_of(*document, "config"), part_of(*document, "endpoints"), part_of(*document, "request"));
  if (diagnostics.has_errors()) return stop();
  if (inputs.requests().size() != 1) {
    bundle_error(*document, diagnostics, "a bundle has exactly one request", "/request");
    return stop();
  }
  const Generation& generation = *inputs.workspace().generation();
  const Snapshot& snapshot = inputs.pool().at(0);
  auto recorded = bundle_run(document->root(), snapshot);
  if (!recorded) {
    bundle_error(*document, diagnostics, recorded.error().message);
    return stop();
  }
  compare_libraries(*document, generation, diagnostics);
  console.report(diagnostics, "");

  Scheduler scheduler;
  scheduler.publish(inputs.workspace().generation());
  Scheduler::Worker worker(scheduler);
  ScheduleOptions options = recorded->options();
  options.timings = arguments.timings;
  Decision decision;
  Request& request = inputs.requests().front();
  scheduler.schedule(worker, snapshot, request, options, decision);
  decision.trace.insert(decision.trace.begin(), recorded->producers.begin(), recorded->producers.end());
  if (decision.dispatched()) inputs.pool().forget(decision.picks.front(), decision.counted_tokens);
  DecisionOutput output(console, form_of(arguments, *document));
  output.begin();
  output.add({decision, request, snapshot, generation});
  output.end();
  return ExitCode::Ok;
}

}  // namespace shunt::host
