// SPDX-License-Identifier: Apache-2.0
#include "live/request_counts.hpp"

#include <algorithm>
#include <array>

namespace shunt::host {

namespace {

// From a microsecond, which a decision takes, to the minutes of a long answer.
constexpr std::array<double, 20> kBoundSeconds = {1e-6,   2.5e-6, 5e-6, 1e-5, 2.5e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2,
                                                  2.5e-2, 5e-2,   0.1,  0.25, 0.5,    1.0,  2.5,  10.0, 60.0, 300.0};

// In whole numbers, so that what is exactly on a bound belongs to it.
constexpr auto kBoundNanoseconds = [] {
  std::array<std::int64_t, kBoundSeconds.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<std::int64_t>(kBoundSeconds[i] * 1e9 + 0.5);
  return bounds;
}();

// The last one takes what a plugin or an endpoint called otherwise.
constexpr auto kCodes = std::to_array<std::string_view>({"",
                                                         "rejected-saturated",
                                                         "rejected-no-endpoints",
                                                         "no-generation",
                                                         "internal-error",
                                                         "draining",
                                                         "unauthorized",
                                                         "invalid-request",
                                                         "malformed-request",
                                                         "method-not-allowed",
                                                         "expectation-failed",
                                                         "header-too-large",
                                                         "body-too-large",
                                                         "too-many-connections",
                                                         "request-timeout",
                                                         "upstream-refused",
                                                         "upstream-tls",
                                                         "upstream-connect-timeout",
                                                         "upstream-timeout",
                                                         "upstream-reset",
                                                         "upstream-malformed",
                                                         "upstream-unavailable",
                                                         "upstream-aborted",
                                                         "upstream-stalled",
                                                         "stopped",
                                                         "client-gone",
                                                         "other"});

std::size_t place_of(std::string_view code) {
  const auto found = std::ranges::find(kCodes, code);
  return found == kCodes.end() ? kCodes.size() - 1 : static_cast<std::size_t>(found - kCodes.begin());
}

}  // namespace

std::span<const double> LatencyHistogram::bounds() {
  static_assert(kBoundSeconds.size() == kBounds);
  return kBoundSeconds;
}

void LatencyHistogram::add(std::int64_t nanoseconds) noexcept {
  const std::int64_t duration = std::max<std::int64_t>(nanoseconds, 0);
  const auto bucket = std::ranges::lower_bound(kBoundNanoseconds, duration) - kBoundNanoseconds.begin();
  raise_own(buckets_[bucket]);
  nanoseconds_.store(nanoseconds_.load(std::memory_order_relaxed) + duration, std::memory_order_relaxed);
}

void LatencyHistogram::Sum::merge(const LatencyHistogram& other) {
  buckets.resize(kBounds + 1);
  for (std::size_t i = 0; i <= kBounds; ++i) {
    const std::uint64_t number = other.buckets_[i].load(std::memory_order_relaxed);
    buckets[i] += number;
    count += number;
  }
  seconds += static_cast<double>(other.nanoseconds_.load(std::memory_order_relaxed)) * 1e-9;
}

std::span<const std::string_view> outcome_codes() { return kCodes; }

RequestCounts::Cell::Cell(std::string name) : door(std::move(name)), outcomes_(kEndings * kCodes.size()) {}

void RequestCounts::Cell::count(Ending ending, std::string_view code) noexcept {
  raise_own(outcomes_[static_cast<std::size_t>(ending) * kCodes.size() + place_of(code)]);
  ended.store(ended.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

RequestCounts::Cell& RequestCounts::add_cell(std::string_view door) {
  const std::lock_guard lock(mutex_);
  return cells_.emplace_back(std::string(door));
}

std::vector<OutcomeCount> RequestCounts::outcomes() const {
  std::vector<OutcomeCount> out;
  const std::lock_guard lock(mutex_);
  for (const Cell& cell : cells_) {
    for (std::size_t i = 0; i < cell.outcomes_.size(); ++i) {
      const std::uint64_t number = cell.outcomes_[i].load(std::memory_order_relaxed);
      if (number == 0) continue;
      const auto ending = static_cast<Ending>(i / kCodes.size());
      const std::string_view code = kCodes[i % kCodes.size()];
      const auto same = std::ranges::find_if(out, [&](const OutcomeCount& other) {
        return other.door == cell.door && other.ending == ending && other.code == code;
      });
      if (same == out.end()) {
        out.push_back({cell.door, ending, code, number});
      } else {
        same->count += number;
      }
    }
  }
  return out;
}

std::vector<RequestTotals> RequestCounts::totals() const {
  std::vector<RequestTotals> out;
  const std::lock_guard lock(mutex_);
  for (const Cell& cell : cells_) {
    auto at = std::ranges::find(out, cell.door, &RequestTotals::door);
    if (at == out.end()) {
      at = out.emplace(out.end());
      at->door = cell.door;
    }
    const auto read = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
    // Ended first: nobody shall see more ends than beginnings.
    at->ended += cell.ended.load(std::memory_order_acquire);
    at->begun += read(cell.begun);
    at->decisions += read(cell.decisions);
    at->rejected_decisions += read(cell.rejected_decisions);
    at->retries += read(cell.retries);
    at->prompt_tokens += read(cell.prompt_tokens);
    at->cached_tokens += read(cell.cached_tokens);
    at->output_tokens += read(cell.output_tokens);
    at->decision.merge(cell.decision);
    at->duration.merge(cell.duration);
    at->first_token.merge(cell.first_token);
    at->output_token.merge(cell.output_token);
  }
  return out;
}

}  // namespace shunt::host
