// SPDX-License-Identifier: Apache-2.0
#include "data/fetch_schedule.hpp"

#include <algorithm>

namespace shunt::host {
namespace {

// The finaliser of SplitMix64: neighbouring numbers become unrelated ones.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::int64_t below(std::uint64_t number, std::int64_t limit) {
  return limit <= 0 ? 0 : static_cast<std::int64_t>(number % static_cast<std::uint64_t>(limit));
}

}  // namespace

std::uint64_t fetch_seed(std::uint64_t endpoint_key, std::string_view what) noexcept {
  std::uint64_t hash = endpoint_key;
  for (const char c : what) hash = mixed(hash ^ static_cast<unsigned char>(c));
  return mixed(hash);
}

std::int64_t FetchSchedule::first_ns(std::int64_t now_ns) const noexcept {
  return now_ns + below(seed_, std::min(interval_ns_, kFirstWithinNs));
}

std::int64_t FetchSchedule::after_success(std::int64_t now_ns) noexcept {
  failures_ = 0;
  const std::int64_t phase = below(seed_, interval_ns_);
  std::int64_t due = now_ns - (now_ns - phase) % interval_ns_ + interval_ns_;
  // The beat that the fetch itself belonged to may lie just ahead, for the first one and for one that was late.
  if (due - now_ns < interval_ns_ / 2) due += interval_ns_;
  return due;
}

std::int64_t FetchSchedule::after_failure(std::int64_t now_ns) noexcept {
  failures_ = std::min(failures_ + 1, 62u);
  const std::int64_t most = std::max(back_off_max_ns_, interval_ns_);
  std::int64_t pause = interval_ns_;
  for (std::uint32_t i = 0; i < failures_ && pause < most; ++i) pause *= 2;
  pause = std::min(pause, most);
  const std::int64_t half = pause / 2;
  return now_ns + std::max(interval_ns_, half + below(mixed(seed_ + failures_), pause - half + 1));
}

}  // namespace shunt::host
