// SPDX-License-Identifier: Apache-2.0
// Questions of the swap line.
#include <algorithm>
#include <new>
#include <optional>
#include <shunt/sdk/text.hpp>

#include "case_catalog.hpp"

namespace shunt::validate {

namespace {

using testing::FakeCall;
using testing::Stage;

constexpr std::string_view kHeader = "shunt/abi/swapper.h";
constexpr std::size_t kModelStride = sizeof(shunt_model) + 64;
constexpr std::size_t kDeviceStride = sizeof(shunt_device) + 64;
constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;

struct Question {
  std::uint32_t running = 2;
  std::uint32_t devices = 2;
  bool with_flags = false;  // pinned, loading, leaving, and states that a newer host may have
  bool all_pinned = false;
  bool bare = false;         // no optional number, no device
  bool target_runs = false;  // the target is one of the running ones
  std::uint64_t seed = 1;

  std::string describe() const {
    return std::to_string(running) + (running == 1 ? " running model" : " running models") +
           (all_pinned   ? ", all pinned"
            : with_flags ? ", pinned, loading and leaving ones"
                         : "") +
           (bare ? ", without optional numbers" : "") + (target_runs ? ", the target among them" : "");
  }
};

struct Plan {
  std::int32_t status = SHUNT_OK;
  std::vector<std::uint32_t> victims;
  std::vector<std::uint32_t> placement;
  std::string reason;
  std::int64_t retry_after_ns = 0;
  friend bool operator==(const Plan&, const Plan&) = default;
};

std::string model_id(std::uint32_t number) {
  const std::string digits = std::to_string(number);
  return "model-" + std::string(5 - std::min<std::size_t>(digits.size(), 5), '0') + digits;
}

// The question in guarded memory.
class Asked {
 public:
  explicit Asked(const Question& question)
      : running_(memory_.input<std::byte>("query->running", question.running * kModelStride)),
        devices_(memory_.input<std::byte>("query->devices", question.devices * kDeviceStride)),
        places_(memory_.input<std::uint32_t>("model->devices", std::max(question.devices, 1u))) {
    std::ranges::fill(running_, std::byte{0xc5});
    std::ranges::fill(devices_, std::byte{0xc5});
    for (std::uint32_t i = 0; i < places_.size(); ++i) places_[i] = i;
    for (std::uint32_t i = 0; i < question.devices; ++i) {
      new (devices_.data() + i * kDeviceStride) shunt_device{
          sizeof(shunt_device), 0, {memory_.text("device->name", "gpu"), 3}, 80 * kGibibyte, 60 * kGibibyte};
    }
    for (std::uint32_t i = 0; i < question.running; ++i) {
      fill(*new (running_.data() + i * kModelStride) shunt_model{}, question, i, model_id(i));
      model(i).state = SHUNT_MODEL_READY;
      if (question.all_pinned) model(i).flags = SHUNT_MODEL_PINNED;
      if (!question.with_flags || question.all_pinned) continue;
      constexpr std::uint32_t kFlags[]{SHUNT_MODEL_PINNED, 0, SHUNT_MODEL_LOADING, SHUNT_MODEL_LEAVING, 0, 1u << 9};
      model(i).flags = kFlags[i % 6];
      if (i % 6 == 4) model(i).state = 77;  // open: resident and not a victim
    }
    const std::string target = question.target_runs && question.running > 0 ? model_id(0) : "model-target";
    auto& wanted = memory_.structure<shunt_model>("query->target");
    wanted = {};
    fill(wanted, question, 3, target);
    wanted.state = SHUNT_MODEL_STOPPED;
    wanted.in_flight = 0;
    query_ = &memory_.structure<shunt_swap_query>("shunt_swap_query");
    *query_ = {sizeof(shunt_swap_query),
               question.running,
               &wanted,
               reinterpret_cast<const shunt_model*>(running_.data()),
               kModelStride,
               reinterpret_cast<const shunt_device*>(devices_.data()),
               kDeviceStride,
               question.devices,
               0,
               1'700'000'000'000'000'000};
    victims_ = memory_.output<std::uint32_t>("plan->victims", question.running);
    placement_ = memory_.output<std::uint32_t>("plan->placement", question.devices);
    plan_ = memory_.output<shunt_swap_plan>("plan", 1).data();
    memory_.protect(true);
  }

  const shunt_swap_query& query() const { return *query_; }
  const shunt_model& running(std::uint32_t i) { return model(i); }
  const char* damaged() const { return memory_.damaged(); }
  shunt_swap_plan& fresh_plan() {
    std::ranges::fill(victims_, SHUNT_NONE);
    std::ranges::fill(placement_, SHUNT_NONE);
    *plan_ = {};
    plan_->size = sizeof(shunt_swap_plan);
    plan_->victims = victims_.data();
    plan_->victims_capacity = static_cast<std::uint32_t>(victims_.size());
    plan_->placement = placement_.data();
    plan_->placement_capacity = static_cast<std::uint32_t>(placement_.size());
    return *plan_;
  }

 private:
  shunt_model& model(std::uint32_t i) { return *reinterpret_cast<shunt_model*>(running_.data() + i * kModelStride); }
  void fill(shunt_model& out, const Question& question, std::uint32_t number, const std::string& id) {
    out.size = sizeof out;
    out.id = {memory_.text("model->id", id), id.size()};
    if (question.bare) return;
    out.present = SHUNT_MODEL_LAST_USED | SHUNT_MODEL_BYTES | SHUNT_MODEL_LOAD_COST;
    out.priority = static_cast<std::int32_t>(number % 3) - 1;
    out.in_flight = number % 4;
    out.waiting = number % 2;
    out.last_used_ns = 1'699'999'000'000'000'000 + static_cast<std::int64_t>((number * 7919 + question.seed) % 1000);
    out.bytes = (10 + number % 5) * kGibibyte;
    out.load_cost_ns = 20'000'000'000;
    if (question.devices == 0) return;
    out.n_devices = 1;
    out.devices = &places_[number % question.devices];
  }

  GuardedMemory memory_;
  std::span<std::byte> running_;
  std::span<std::byte> devices_;
  std::span<std::uint32_t> places_;
  std::span<std::uint32_t> victims_;
  std::span<std::uint32_t> placement_;
  shunt_swap_query* query_ = nullptr;
  shunt_swap_plan* plan_ = nullptr;
};

void judge_victims(CaseRun& run, Asked& asked, const Plan& plan) {
  std::vector<bool> seen(asked.query().n_running);
  const std::string target(sdk::to_view(asked.query().target->id));
  for (const std::uint32_t victim : plan.victims) {
    if (victim >= asked.query().n_running) {
      run.log().fail(
          "victim " + std::to_string(victim) + " of " + std::to_string(asked.query().n_running) + " running models",
          "Victims are indices into query->running.", kHeader);
      continue;
    }
    if (seen[victim]) {
      run.log().fail("model " + std::to_string(victim) + " is a victim twice", "Victims are unique.", kHeader);
    }
    seen[victim] = true;
    const shunt_model& model = asked.running(victim);
    if ((model.flags & SHUNT_MODEL_PINNED) != 0) {
      run.log().fail("a pinned model is a victim", "A pinned model may not be a victim.", kHeader);
    }
    if (sdk::to_view(model.id) == target) {
      run.log().fail("the target is a victim", "The target is not a victim.", kHeader);
    }
  }
}

// Asks once, and judges the plan.
std::optional<Plan> ask(CaseRun& run, Subject& subject, Asked& asked, const std::string& step) {
  const auto* table = subject.table<shunt_swapper_table>(SHUNT_SWAPPER_ID);
  if (table == nullptr) return std::nullopt;
  shunt_swap_plan& raw = asked.fresh_plan();
  run.log().step("eviction_for() with " + step);
  FakeCall made(subject.instance(), Stage::EvictionFor);
  Plan plan;
  {
    const PluginCall calling;
    plan.status = table->eviction_for(subject.self(), made.handle(), &asked.query(), &raw);
  }
  if (const char* damaged = asked.damaged()) {
    run.log().fail(std::string("eviction_for() wrote outside ") + damaged,
                   "Answers are written into the arrays that the host provides, and nowhere else.", kHeader);
  }
  if (plan.status < SHUNT_OK) {
    run.log().fail("eviction_for() failed: " + (made.error.empty() ? "no text" : made.error),
                   "A question of the swap line is answered: a negative status is a fault of the plugin.", kHeader);
    return std::nullopt;
  }
  if (plan.status != SHUNT_OK && plan.status != SHUNT_BLOCKED && plan.status != SHUNT_IMPOSSIBLE) {
    run.log().fail("eviction_for() returned the status " + std::to_string(plan.status),
                   "eviction_for() returns SHUNT_OK, SHUNT_BLOCKED or SHUNT_IMPOSSIBLE.", kHeader);
  }
  if (raw.n_victims > raw.victims_capacity || raw.n_placement > raw.placement_capacity) {
    run.log().fail(std::to_string(raw.n_victims) + " victims and " + std::to_string(raw.n_placement) +
                       " places were counted with room for " + std::to_string(raw.victims_capacity) + " and " +
                       std::to_string(raw.placement_capacity),
                   "Counts stay within the capacities of the plan.", kHeader);
    return std::nullopt;
  }
  if (plan.status != SHUNT_OK && (raw.reason.data == nullptr || raw.reason.len == 0)) {
    run.log().fail(
        "the answer \"" + std::string(plan.status == SHUNT_BLOCKED ? "blocked" : "impossible") + "\" has no reason",
        "SHUNT_BLOCKED and SHUNT_IMPOSSIBLE come with a reason.", kHeader);
  }
  if (!is_literal_or_call_memory(made, raw.reason)) {
    run.log().fail(
        "the reason is neither a literal nor memory of call_alloc()",
        "Texts that a plugin stores in a struct of the host are literals or call_alloc() memory of this call.",
        kHeader);
  }
  if (raw.retry_after_ns < 0) {
    run.log().fail("retry_after_ns is " + std::to_string(raw.retry_after_ns), "retry_after_ns is 0 or a time from now.",
                   kHeader);
  }
  plan.reason = std::string(sdk::to_view(raw.reason));
  plan.retry_after_ns = raw.retry_after_ns;
  if (plan.status != SHUNT_OK) return plan;
  plan.victims.assign(raw.victims, raw.victims + raw.n_victims);
  plan.placement.assign(raw.placement, raw.placement + raw.n_placement);
  judge_victims(run, asked, plan);
  for (const std::uint32_t device : plan.placement) {
    if (device < asked.query().n_devices) continue;
    run.log().fail("the target is placed on device " + std::to_string(device),
                   "Placement names indices into query->devices.", kHeader);
  }
  return plan;
}

void start_swap(CaseRun& run, Subject& subject, Asked& asked, const Plan& plan) {
  const auto* table = subject.table<shunt_swapper_table>(SHUNT_SWAPPER_ID);
  if (table == nullptr || table->on_swap_start == nullptr || plan.status != SHUNT_OK) return;
  GuardedMemory memory;
  auto& raw = memory.structure<shunt_swap_plan>("plan");
  raw = {};
  raw.size = sizeof raw;
  const auto victims = memory.input<std::uint32_t>("plan->victims", plan.victims.size());
  std::ranges::copy(plan.victims, victims.begin());
  raw.victims = victims.data();
  raw.n_victims = raw.victims_capacity = static_cast<std::uint32_t>(victims.size());
  memory.protect(true);
  run.log().step("on_swap_start()");
  FakeCall made(subject.instance(), Stage::SwapStart);
  const PluginCall calling;
  table->on_swap_start(subject.self(), made.handle(), &asked.query(), &raw, 42);
}

void answer(CaseRun& run, Subject& subject, const Question& question) {
  Asked asked(question);
  if (const auto plan = ask(run, subject, asked, question.describe())) start_swap(run, subject, asked, *plan);
}

}  // namespace

void case_swap_answers(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (std::uint64_t k = 0; k < 4; ++k) {
    for (const std::uint32_t running : {1u, 2u, 3u, 5u}) {
      answer(run, *subject, {.running = running, .seed = derived_seed(run.job().seed, k)});
    }
  }
  answer(run, *subject, {.running = 3, .target_runs = true});
  run.judge_services(*subject);
}

void case_swap_sizes(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const std::uint32_t running : {0u, 63u, 64u, 65u, 1000u}) {
    answer(run, *subject, {.running = running, .seed = run.job().seed});
    answer(run, *subject, {.running = running, .devices = 0, .seed = run.job().seed});
  }
}

void case_swap_pinned(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const std::uint32_t running : {1u, 6u, 13u}) {
    answer(run, *subject, {.running = running, .with_flags = true});
    answer(run, *subject, {.running = running, .with_flags = true, .bare = true});
    answer(run, *subject, {.running = running, .all_pinned = true});
    answer(run, *subject, {.running = running, .devices = 0, .bare = true});
  }
}

void case_swap_pure(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  const Question question{.running = 7, .seed = run.job().seed};
  const Question other{.running = 4, .devices = 1, .with_flags = true, .seed = run.job().seed + 1};
  Asked asked(question);
  const auto first = ask(run, *subject, asked, question.describe());
  for (int i = 0; first && i < 5; ++i) {
    // From none on, so that a plugin that counts its questions does not come out even each time.
    for (int k = 0; k < i; ++k) {
      Asked between(other);
      (void)ask(run, *subject, between, other.describe());
    }
    Asked again(question);
    const auto plan = ask(run, *subject, again, question.describe() + ", asked again");
    if (!plan || *plan == *first) continue;
    run.log().fail("the same question got another plan the second time",
                   "eviction_for() is pure and speculative: it keeps no state.", kHeader);
    break;
  }
  run.judge_services(*subject);
}

}  // namespace shunt::validate
