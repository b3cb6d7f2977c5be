// SPDX-License-Identifier: Apache-2.0
// canary_out.hpp: what deciding threads have to know of the canary that is out.
#pragma once

#include <shunt/framework/generation.hpp>

#include <memory>

#include "live/canary/canary_share.hpp"
#include "live/canary/canary_tally.hpp"
#include "live/shared_slot.hpp"

namespace shunt::host {

struct CanaryOut {
  std::shared_ptr<const Generation> generation;
  CanaryShare share;
  std::shared_ptr<CanaryTally> tally;
};

// Empty while no canary is out.
using CanarySlot = SharedSlot<CanaryOut>;

}  // namespace shunt::host
