// SPDX-License-Identifier: Apache-2.0
// explained_decision.hpp: a decision that was made with its explanation, on its way from the deciding thread to the decision ring:
// putting it into words is not the request's business.
#pragma once

#include <shunt/framework/decision.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>
#include <shunt/framework/scheduler.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "live/decision_ring.hpp"
#include "live/pool_picture.hpp"

namespace shunt::host {

struct ExplainedDecision {
  Decision decision;
  Request request;  // what the ring says of it; the whole of it where a bundle is wanted
  std::shared_ptr<const PoolPicture> picture;
  std::shared_ptr<const Generation> generation;
  DecisionRecord record;  // without explanation and bundle

  bool wants_bundle = false;
  std::int64_t now_ns = 0;
  std::uint64_t seed = 0;
  std::uint32_t fallbacks = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>>
      live;  // requests and tokens under way as the decision saw them, by row
};

// Everything that ends up in the ring.
DecisionRecord to_record(ExplainedDecision&& explained);

}  // namespace shunt::host
