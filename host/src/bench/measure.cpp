// SPDX-License-Identifier: Apache-2.0
#include "measure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <optional>
#include <shunt/testing/padded_array.hpp>
#include <shunt/testing/swap_builder.hpp>
#include <string>

#include "batch_timer.hpp"
#include "validate/frame.hpp"

namespace shunt::bench {

namespace {

using testing::FakeCall;
using testing::PaddedArray;
using testing::Stage;
using validate::Frame;
using validate::Run;
using validate::Subject;

// No machine runs more models than this, and a swapper may try out what goes together.
constexpr std::uint32_t kMostModels = 64;
constexpr std::uint32_t kOutputStride = sizeof(shunt_output);

// The functions of one instance at one size.
class Bench {
 public:
  Bench(Subject& subject, const validate::Scene& scene, const std::function<void(const Measurement&)>& take)
      : subject_(subject), frame_(subject, scene), take_(take) {}

  std::string run() {
    learn();
    produce();
    handle();
    filter();
    score();
    pick();
    picked();
    return failure_;
  }

 private:
  // `make_call` answers with a function that calls the plugin with a cycle.
  template <class Call>
  void time(const char* function, Stage stage, bool in_profile, std::span<const Run> runs, Call call) {
    if (!failure_.empty()) return;
    Measurement out;
    out.function = function;
    out.candidates = in_profile ? frame_.candidates().count : frame_.base().count;
    std::optional<FakeCall> made;
    const shunt_cycle* cycle = nullptr;
    std::int32_t status = SHUNT_OK;
    const auto prepare = [&] {
      made.emplace(subject_.instance(), stage);
      cycle = &frame_.prepare(*made, in_profile, 0, runs);
    };
    if (time_calls(
            prepare, [&] { return status = call(*cycle); }, out)) {
      take_(out);
    } else {
      failure_ = std::string(function) + " failed with status " + std::to_string(status) + ": " + made->error;
    }
  }

  // One decision that is not measured: from then on the sender of the requests is known.
  void learn() {
    const auto* table = subject_.table<shunt_observer_table>(SHUNT_OBSERVER_ID);
    if (table == nullptr || table->picked == nullptr) return;
    FakeCall made(subject_.instance(), Stage::Picked);
    tell_picked(*table, frame_.prepare(made, false, 0, kOneRun));
  }

  void produce() {
    const auto* table = subject_.table<shunt_producer_table>(SHUNT_PRODUCER_ID);
    if (table == nullptr) return;
    const shunt_view& view = frame_.base();
    std::deque<PaddedArray<double>> data;
    std::deque<PaddedArray<std::uint8_t>> valid;
    std::vector<shunt_output> outputs;
    for (const testing::DeclaredOutput& declared : subject_.declared().outputs) {
      if (declared.scope != SHUNT_SCOPE_REQUEST) continue;
      // Eight bytes a row do for numbers and for flags.
      data.emplace_back(view.count, 0.0);
      valid.emplace_back(view.count, std::uint8_t{0});
      outputs.push_back({sizeof(shunt_output), declared.type, SHUNT_OUTPUT_ABSENT, view.count, data.back().data(),
                         valid.back().data()});
    }
    const auto n = static_cast<std::uint32_t>(outputs.size());
    time("produce()", Stage::Produce, false, {}, [&](const shunt_cycle& cycle) {
      return table->produce(subject_.self(), &cycle, &view, outputs.data(), n, kOutputStride);
    });
  }

  void handle() {
    const auto* table = subject_.table<shunt_profile_handler_table>(SHUNT_PROFILE_HANDLER_ID);
    if (table == nullptr) return;
    const std::uint32_t capacity = std::max(subject_.profiles(), 1u);
    PaddedArray<std::uint32_t> next(capacity, SHUNT_NONE);
    std::uint32_t n = 0;
    time("pick_profiles()", Stage::PickProfiles, false, {}, [&](const shunt_cycle& cycle) {
      return table->pick_profiles(subject_.self(), &cycle, &frame_.base(), next.data(), capacity, &n);
    });
    // The runs of the first round. Where it named none there are no results to process.
    std::vector<Run> runs;
    for (std::uint32_t i = 0; i < std::min(n, capacity); ++i) {
      if (next.data()[i] < subject_.profiles()) runs.push_back({next.data()[i], SHUNT_OK});
    }
    if (runs.empty()) return;
    shunt_outcome outcome{};
    outcome.size = sizeof outcome;
    time("process_results()", Stage::ProcessResults, false, runs, [&](const shunt_cycle& cycle) {
      return table->process_results(subject_.self(), &cycle, &frame_.base(), &outcome);
    });
  }

  void filter() {
    const auto* table = subject_.table<shunt_filter_table>(SHUNT_FILTER_ID);
    if (table == nullptr) return;
    const shunt_view& view = frame_.candidates();
    PaddedArray<std::uint8_t> keep(view.count, std::uint8_t{1});
    time("filter()", Stage::Hot, true, {},
         [&](const shunt_cycle& cycle) { return table->filter(subject_.self(), &cycle, &view, keep.data()); });
  }

  void score() {
    const auto* table = subject_.table<shunt_scorer_table>(SHUNT_SCORER_ID);
    if (table == nullptr) return;
    const shunt_view& view = frame_.candidates();
    PaddedArray<double> score(view.count, std::numeric_limits<double>::quiet_NaN());
    time("score()", Stage::Hot, true, {},
         [&](const shunt_cycle& cycle) { return table->score(subject_.self(), &cycle, &view, score.data()); });
  }

  void pick() {
    const auto* table = subject_.table<shunt_picker_table>(SHUNT_PICKER_ID);
    if (table == nullptr) return;
    const shunt_view& view = frame_.candidates();
    PaddedArray<double> total(view.count, 0.0);
    for (std::uint32_t i = 0; i < view.count; ++i)
      total.data()[i] = std::ldexp(static_cast<double>(view.key[i] >> 11), -53);
    PaddedArray<std::uint32_t> rows(view.count, SHUNT_NONE);
    std::uint32_t n = 0;
    time("pick()", Stage::Hot, true, {}, [&](const shunt_cycle& cycle) {
      return table->pick(subject_.self(), &cycle, &view, total.data(), rows.data(), view.count, &n);
    });
  }

  void picked() {
    const auto* table = subject_.table<shunt_observer_table>(SHUNT_OBSERVER_ID);
    if (table == nullptr || table->picked == nullptr) return;
    time("picked()", Stage::Picked, false, kOneRun, [&](const shunt_cycle& cycle) {
      tell_picked(*table, cycle);
      return SHUNT_OK;
    });
  }
  void tell_picked(const shunt_observer_table& table, const shunt_cycle& cycle) {
    shunt_decision decision{};
    decision.size = sizeof decision;
    decision.outcome = SHUNT_OUTCOME_DISPATCHED;
    decision.n_results = cycle.n_done;
    decision.results = cycle.done;
    decision.result_stride = cycle.done_stride;
    table.picked(subject_.self(), &cycle, &frame_.base(), &decision);
  }

  static constexpr std::array<Run, 1> kOneRun{{{0, SHUNT_OK}}};

  Subject& subject_;
  Frame frame_;
  const std::function<void(const Measurement&)>& take_;
  std::string failure_;
};

std::string swap(Subject& subject, std::uint32_t models, const std::function<void(const Measurement&)>& take) {
  const auto* table = subject.table<shunt_swapper_table>(SHUNT_SWAPPER_ID);
  if (table == nullptr) return {};
  constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
  testing::SwapBuilder builder("model-target");
  builder.target().bytes(20 * kGibibyte);
  builder.device("gpu-0", 80 * kGibibyte, 70 * kGibibyte);
  for (std::uint32_t i = 0; i < models; ++i) {
    builder.running("model-" + std::to_string(i))
        .bytes(kGibibyte)
        .last_used_ns(static_cast<std::int64_t>(i))
        .priority(static_cast<std::int32_t>(i % 5));
  }
  testing::BuiltSwap built(builder);
  Measurement out;
  out.function = "eviction_for()";
  out.candidates = models;
  std::optional<FakeCall> made;
  std::int32_t status = SHUNT_OK;
  const auto prepare = [&] { made.emplace(subject.instance(), Stage::EvictionFor); };
  const auto call = [&] {
    built.plan().n_victims = 0;
    return status = table->eviction_for(subject.self(), made->handle(), &built.query(), &built.plan());
  };
  if (!time_calls(prepare, call, out)) {
    return "eviction_for() failed with status " + std::to_string(status) + ": " + made->error;
  }
  take(out);
  return {};
}

}  // namespace

std::string measure(validate::CaseRun& run, std::span<const std::uint32_t> sizes,
                    const std::vector<std::string>& without, const std::function<void(const Measurement&)>& take) {
  for (const std::uint32_t size : sizes) {
    // A new instance each time: what one has learnt from 8 endpoints says nothing about 4,096.
    const auto subject = run.create();
    if (subject == nullptr) return "create() failed";
    // Memory of call_alloc() lives until a batch ends: each of its calls has as much as a host gives.
    subject->host().fake().set_arena_bytes(std::uint64_t{kLargestBatch} * 65536);
    if (size <= kMostModels) {
      if (std::string failure = swap(*subject, size, take); !failure.empty()) return failure;
    }
    validate::Scene scene = run.scene(size);
    scene.request = validate::RequestForm::Known;
    scene.without = without;
    if (std::string failure = Bench(*subject, scene, take).run(); !failure.empty()) {
      return failure + " (" + std::to_string(size) + " endpoints)";
    }
  }
  return {};
}

}  // namespace shunt::bench
