// SPDX-License-Identifier: Apache-2.0
// fetch_schedule.hpp: when something is fetched: spread evenly over the endpoints, and less often while it fails. Everything
// follows from the numbers given, so that two runs do the same.
#pragma once

#include <cstdint>
#include <string_view>

namespace shunt::host {

// What one endpoint's fetches of one page are told apart by.
std::uint64_t fetch_seed(std::uint64_t endpoint_key, std::string_view what) noexcept;

class FetchSchedule {
 public:
  // A newcomer is asked soon, however long its interval is, but not all newcomers at once.
  static constexpr std::int64_t kFirstWithinNs = 250'000'000;

  FetchSchedule(std::uint64_t seed, std::int64_t interval_ns, std::int64_t back_off_max_ns)
      : seed_(seed), interval_ns_(interval_ns), back_off_max_ns_(back_off_max_ns) {}

  std::int64_t interval_ns() const noexcept { return interval_ns_; }
  std::uint32_t failures() const noexcept { return failures_; }

  std::int64_t first_ns(std::int64_t now_ns) const noexcept;
  // On a grid of its own with the interval as its width: a fetch that took long costs no more than the beats it missed.
  std::int64_t after_success(std::int64_t now_ns) noexcept;
  // Twice as long with every failure in a row, up to the limit, and differently long for everybody.
  std::int64_t after_failure(std::int64_t now_ns) noexcept;

 private:
  std::uint64_t seed_;
  std::int64_t interval_ns_;
  std::int64_t back_off_max_ns_;
  std::uint32_t failures_ = 0;
};

}  // namespace shunt::host
