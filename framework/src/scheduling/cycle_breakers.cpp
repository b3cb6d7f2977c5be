// SPDX-License-Identifier: Apache-2.0
// Circuit breakers, off the way that a good call takes.
#include "scheduling/cycle_calls.hpp"

#include <utility>

namespace shunt {

bool Cycle::ask_breaker(std::uint32_t index) {
  Instance& instance = *plan_->instances[index].instance;
  if (breakers_ == BreakerUse::Take) {
    const Breaker::Admission admission = instance.breaker.admit(plan_->breaker, options_->now_ns);
    if (admission.calls) {
      probe_ = admission.phase;
      probed_ = index;
      return true;
    }
    raise(times_[index].skipped, 1);
  }
  call_ticks_ = 0;
  // Where the config wants an error, this is its text; in a trace it says why there is no answer.
  ctx_.begin(instance, 0);
  ctx_.set_error(SHUNT_ERROR, "its circuit breaker is open");
  return false;
}

void Cycle::tell_breaker(std::uint32_t index, bool useless) {
  const std::uint64_t calls = times_[index].calls;
  const bool counts = breakers_ == BreakerUse::Take && probe_ == 0;
  tell_breaker(index, useless, counts ? calls - std::exchange(told_calls_[index], calls) : 0);
}

// `calls`: since it was told last, this one included; of no meaning for a probe.
void Cycle::tell_breaker(std::uint32_t index, bool useless, std::uint64_t calls) {
  const bool slow = call_ticks_ > budget_ticks_;
  const std::uint32_t probe = std::exchange(probe_, 0);
  if (breakers_ != BreakerUse::Take) return;
  CallCounts& time = times_[index];
  Breaker& breaker = plan_->instances[index].instance->breaker;
  Breaker::Change change = Breaker::Change::None;
  if (probe != 0) {
    change = breaker.probed(plan_->breaker, probe, !useless && !slow, options_->now_ns);
  } else {
    change = breaker.count(plan_->breaker, calls, useless, slow, options_->now_ns);
  }
  if (change == Breaker::Change::Opened) raise(time.opened, 1);
}

void Cycle::settle_handler() {
  probe_ = std::exchange(handler_probe_, 0);
  call_ticks_ = handler_ticks_;
  if (handler_useless_ || call_ticks_ > budget_ticks_ || probe_ != 0) [[unlikely]]
    tell_breaker(plan_->handler, handler_useless_, probe_ != 0 ? 0 : std::exchange(handler_runs_, 0));
}

// An exception has come between: nobody knows how the call went, and a breaker that waited for it would stay half-open.
void Cycle::lose_probes() noexcept {
  const auto lose = [this](std::uint32_t probe, std::uint32_t index) {
    Breaker& breaker = plan_->instances[index].instance->breaker;
    if (breaker.probed(plan_->breaker, probe, false, options_->now_ns) == Breaker::Change::Opened) {
      raise(times_[index].opened, 1);
    }
  };
  if (probe_ != 0) lose(std::exchange(probe_, 0), probed_);
  if (handler_probe_ != 0) lose(std::exchange(handler_probe_, 0), plan_->handler);
}

}  // namespace shunt
