// SPDX-License-Identifier: Apache-2.0
// health_counter.hpp: from single checks to a verdict about an endpoint.
#pragma once

#include <cstdint>
#include <optional>

#include "live/pool_picture.hpp"
#include "settings/data_layer_settings.hpp"

namespace shunt::host {

class HealthCounter {
 public:
  explicit HealthCounter(const HealthCheckSettings& settings)
      : unhealthy_after_(settings.unhealthy_after), healthy_after_(settings.healthy_after) {}

  Health health() const noexcept { return health_; }

  // The new verdict, where this check changes it.
  std::optional<Health> succeeded() noexcept { return count(true, healthy_after_, Health::Healthy); }
  std::optional<Health> failed() noexcept { return count(false, unhealthy_after_, Health::Unhealthy); }

 private:
  std::optional<Health> count(bool good, std::uint32_t enough, Health verdict) noexcept {
    in_a_row_ = good == last_good_ ? in_a_row_ + 1 : 1;
    last_good_ = good;
    if (health_ == verdict || in_a_row_ < enough) return std::nullopt;
    health_ = verdict;
    return verdict;
  }

  std::uint32_t unhealthy_after_;
  std::uint32_t healthy_after_;
  std::uint32_t in_a_row_ = 0;
  bool last_good_ = true;
  Health health_ = Health::Unknown;
};

}  // namespace shunt::host
