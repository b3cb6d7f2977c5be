// SPDX-License-Identifier: Apache-2.0
// `shunt schedule`: reads everything, reports every problem at once, then decides one request after the other.
#include <shunt/abi/cycle.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/request_ordering.hpp>
#include <shunt/framework/scheduler.hpp>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "bundle_files.hpp"
#include "commands.hpp"
#include "decision_output.hpp"
#include "field_reader.hpp"
#include "schedule_inputs.hpp"
#include "waiting_queue.hpp"

namespace shunt::host {

namespace {

// An endpoint that --why-not asks about has to exist, else the answer would be about a typing error.
void check_name(const std::string& name, const Snapshot& snapshot, Diagnostics& diagnostics) {
  if (name.empty() || snapshot.find(endpoint_key(name)) != SHUNT_NONE) return;
  std::vector<std::string_view> names;
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) names.push_back(snapshot.name(row));
  const auto close = suggest(name, names);
  Diagnostic d;
  d.code = "E312";
  d.file = "--why-not";
  d.message = "there is no endpoint " + in_quotes(name);
  d.suggestion = close ? did_you_mean(*close) : "";
  diagnostics.add(std::move(d));
}

class Run {
 public:
  Run(const ScheduleArguments& arguments, ScheduleInputs& inputs, DecisionOutput& output, DecisionOutputOptions form,
      BundleWriter* bundles, Console& console)
      : arguments_(arguments),
        inputs_(inputs),
        output_(output),
        form_(std::move(form)),
        bundles_(bundles),
        console_(console) {
    scheduler_.publish(inputs_.workspace().generation());
    options_.seed = arguments.seed;
    options_.fallbacks = arguments.fallbacks;
    options_.scores = true;
    options_.trace = needs_trace(form_) || bundles_ != nullptr;
    options_.timings = arguments.timings;
  }

  Result<void> decide_all() {
    Scheduler::Worker worker(scheduler_);
    std::vector<Request>& requests = inputs_.requests();
    if (!arguments_.batch) {
      for (Request& request : requests) {
        if (auto done = decide(worker, request, arguments_.now_ms ? now() : request.arrival_ns); !done) return done;
        if (stopped_) break;
      }
      return {};
    }
    const std::int64_t moment = arguments_.now_ms ? now() : latest_arrival();
    RequestOrder order = order_requests(*inputs_.workspace().generation(), requests, moment);
    if (order.faults != 0) tell_of_faults(order);
    WaitingQueue queue(requests, std::move(order.positions), moment);
    for (std::size_t turn = 0; turn < queue.order().size() && !stopped_; ++turn) {
      options_.queue = &queue.behind(turn);
      if (auto done = decide(worker, requests[queue.order()[turn]], moment); !done) return done;
    }
    return {};
  }

 private:
  std::int64_t now() const { return to_nanoseconds(*arguments_.now_ms).value_or(0); }

  // They are no reason not to decide: the requests have an order all the same.
  void tell_of_faults(const RequestOrder& order) const {
    console_.message("warning: plugin " + in_quotes(order.policy) +
                     " failed to order the requests, or gave wrong answers, " + std::to_string(order.faults) +
                     " times; the first time: " + order.problem);
  }

  std::int64_t latest_arrival() const {
    std::int64_t latest = 0;
    for (const Request& request : inputs_.requests()) latest = std::max(latest, request.arrival_ns);
    return latest;
  }

  Result<void> decide(Scheduler::Worker& worker, Request& request, std::int64_t now_ns) {
    options_.now_ns = now_ns;
    const Snapshot& snapshot = inputs_.pool().at(now_ns);
    scheduler_.schedule(worker, snapshot, request, options_, decision_);
    // The scheduler counts its pick at once. What is written about the decision is what it saw.
    const bool counted = decision_.dispatched();
    const std::int64_t tokens = decision_.counted_tokens;
    if (counted) inputs_.pool().forget(decision_.picks.front(), tokens);
    const DecidedRequest record{decision_, request, snapshot, *inputs_.workspace().generation()};
    if (bundles_ != nullptr) {
      if (auto written = bundles_->write(record, options_, form_); !written) return written;
    }
    stopped_ = !output_.add(record);
    if (counted && arguments_.assume) inputs_.pool().assume(decision_.picks.front(), tokens);
    return {};
  }

  const ScheduleArguments& arguments_;
  ScheduleInputs& inputs_;
  DecisionOutput& output_;
  DecisionOutputOptions form_;
  BundleWriter* bundles_;
  Console& console_;
  Scheduler scheduler_;
  ScheduleOptions options_;
  Decision decision_;
  bool stopped_ = false;
};

}  // namespace

ExitCode run_schedule(const ScheduleArguments& arguments, Surroundings& surroundings) {
  if (!arguments.bundle.empty()) return run_bundle(arguments, surroundings);
  Console& console = surroundings.console;
  ScheduleInputs inputs(surroundings.plugin_path);
  Diagnostics& diagnostics = inputs.diagnostics();
  std::optional<NamedText> config = arguments.config.empty()
                                        ? std::optional(NamedText{"<default config>", "", "."})
                                        : read_named_config(arguments.config, surroundings.input, diagnostics);
  const std::filesystem::path config_folder = config ? config->folder : std::filesystem::path();
  auto endpoints = read_named(arguments.endpoints, surroundings.input, diagnostics);
  auto requests = read_named(arguments.requests, surroundings.input, diagnostics);
  inputs.load(std::move(config), std::move(endpoints), std::move(requests));
  if (!diagnostics.has_errors()) check_name(arguments.why_not, inputs.pool().at(0), diagnostics);
  console.report(diagnostics, diagnostics.has_errors() ? "nothing was scheduled" : "");
  if (diagnostics.has_errors()) return exit_code_of(diagnostics);

  std::optional<BundleWriter> bundles;
  if (!arguments.bundle_out.empty()) {
    auto opened = BundleWriter::open(arguments.bundle_out, config_folder);
    if (!opened) {
      console.error("", opened.error().message);
      return ExitCode::Failed;
    }
    bundles = std::move(*opened);
  }
  const DecisionOutputOptions form{arguments.format, arguments.explain, arguments.timings, arguments.why_not};
  DecisionOutput output(console, form);
  output.begin();
  Run run(arguments, inputs, output, form, bundles ? &*bundles : nullptr, console);
  const auto done = run.decide_all();
  output.end();
  if (done) return ExitCode::Ok;
  console.error("", done.error().message);
  return ExitCode::Failed;
}

}  // namespace shunt::host
