// SPDX-License-Identifier: Apache-2.0
#include "live/log_limit.hpp"

namespace shunt::host {

namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::string_view kShared = "";

}  // namespace

std::optional<LogLimit::Pass> LogLimit::pass(std::string_view key, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  auto place = windows_.find(key);
  if (place == windows_.end()) {
    const std::string_view name = windows_.size() < kMostKeys ? key : kShared;
    place = windows_.try_emplace(std::string(name), Window{now_ns, 0, 0}).first;
  }
  Window& window = place->second;
  if (now_ns - window.begin_ns >= kMinuteNs) {
    window.begin_ns = now_ns;
    window.passed = 0;
  }
  if (window.passed >= per_minute_) {
    ++window.suppressed;
    return std::nullopt;
  }
  ++window.passed;
  const Pass pass{window.suppressed};
  window.suppressed = 0;
  return pass;
}

}  // namespace shunt::host
