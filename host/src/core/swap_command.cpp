// SPDX-License-Identifier: Apache-2.0
// `shunt swap plan`: who would have to go if a model were to be loaded now.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <shunt/framework/suggest.hpp>
#include <shunt/framework/swap_planner.hpp>
#include <utility>

#include "commands.hpp"
#include "field_reader.hpp"
#include "json_text.hpp"
#include "schedule_inputs.hpp"

namespace shunt::host {

namespace {

// A model by its name or by an alias; null, after a complaint, where there is none.
const ModelConfig* find_model(const Config& config, const std::string& word, std::string_view flag,
                              Diagnostics& diagnostics) {
  if (const ModelConfig* model = config.find_model(word)) return model;
  std::vector<std::string> names;
  for (const ModelConfig& model : config.models) {
    if (std::ranges::find(model.aliases, word) != model.aliases.end()) return &model;
    names.push_back(model.id);
    names.insert(names.end(), model.aliases.begin(), model.aliases.end());
  }
  const auto close = suggest(word, names);
  std::string all;
  for (const ModelConfig& model : config.models) all.append(all.empty() ? "" : ", ").append(model.id);
  Diagnostic d = config.diagnose(
      "/models", At::Key, "E313", "there is no model " + in_quotes(word) + ", which " + std::string(flag) + " names",
      close ? did_you_mean(*close) : "", {all.empty() ? "the config has no models" : "models: " + all});
  diagnostics.add(std::move(d));
  return nullptr;
}

ModelState state_of(const ModelConfig& model, std::uint32_t state) {
  ModelState out;
  out.id = model.id;
  out.state = state;
  out.pinned = model.pinned;
  out.priority = model.priority;
  if (model.bytes != 0) out.bytes = model.bytes;
  if (model.load_cost_ms > 0) out.load_cost_ns = to_nanoseconds(model.load_cost_ms);
  return out;
}

std::string plan_text(const std::string& target, const SwapPlan& plan) {
  std::string out = target + ": ";
  switch (plan.status) {
    case SwapPlan::Status::Evict: {
      out += "evict ";
      for (std::size_t i = 0; i < plan.evict.size(); ++i) out.append(i == 0 ? "" : ", ").append(plan.evict[i]);
      break;
    }
    case SwapPlan::Status::None: out += "nothing has to go"; break;
    case SwapPlan::Status::Blocked: out += "not now"; break;
    case SwapPlan::Status::Impossible: out += "impossible"; break;
  }
  return out + (plan.reason.empty() ? "" : ": " + plan.reason);
}

}  // namespace

ExitCode run_swap_plan(const SwapPlanArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  Workspace workspace(surroundings.plugin_path);
  Diagnostics diagnostics;
  auto text = read_named_config(arguments.config, surroundings.input, diagnostics);
  if (text) {
    workspace.open(text->name, std::move(text->text), text->folder);
    workspace.build();
    diagnostics.merge(std::exchange(workspace.diagnostics(), {}));
  }
  SwapQuestion question;
  if (workspace.config()) {
    const Config& config = *workspace.config();
    if (const ModelConfig* target = find_model(config, arguments.target, "--target", diagnostics)) {
      question.target = state_of(*target, SHUNT_MODEL_STOPPED);
    }
    for (const std::string& word : arguments.running) {
      if (const ModelConfig* model = find_model(config, word, "--running", diagnostics)) {
        question.running.push_back(state_of(*model, SHUNT_MODEL_READY));
      }
    }
  }
  diagnostics.sort();
  console.report(diagnostics, diagnostics.has_errors() ? "nothing was planned" : "");
  if (diagnostics.has_errors()) return exit_code_of(diagnostics);

  const SwapPlan plan = plan_swap(*workspace.generation(), question);
  if (arguments.format == OutputFormat::Text) {
    console.line(plan_text(question.target.id, plan));
    return ExitCode::Ok;
  }
  console.line(compact_json(boost::json::object{{"schema", 1},
                                                {"target", question.target.id},
                                                {"status", to_string(plan.status)},
                                                {"evict", boost::json::array(plan.evict.begin(), plan.evict.end())},
                                                {"reason", plan.reason}}));
  return ExitCode::Ok;
}

}  // namespace shunt::host
