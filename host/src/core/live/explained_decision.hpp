// SPDX-License-Identifier: Apache-2.0
// explained_decision.hpp: a decision on its way from the deciding thread to the decision ring: putting it into words is not the
// request's business.
#pragma once

#include <shunt/framework/decision.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>
#include <shunt/framework/scheduler.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "live/decision_ring.hpp"
#include "live/pool_picture.hpp"

namespace shunt::host {

struct ExplainedDecision {
  DecisionRecord record;  // without explanation and bundle

  // The rest is filled where the decision is to be explained.
  std::shared_ptr<const PoolPicture> picture;  // nullptr: it is not
  std::shared_ptr<const Generation> generation;
  Decision decision;
  Request request;  // what the ring says of it; the whole of it where a bundle is wanted
  bool wants_bundle = false;
  std::int64_t now_ns = 0;
  std::uint64_t seed = 0;
  std::uint32_t fallbacks = 0;
  std::vector<LiveCount> live;  // what is under way, by row, as the decision saw it

  // What the decision is made with. Valid as long as this object.
  ScheduleOptions options() const;
};

// Everything that ends up in the ring.
DecisionRecord to_record(ExplainedDecision&& explained);

}  // namespace shunt::host
