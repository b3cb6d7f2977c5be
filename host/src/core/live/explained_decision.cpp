// SPDX-License-Identifier: Apache-2.0
#include "live/explained_decision.hpp"

#include <shunt/framework/bundle.hpp>
#include <shunt/framework/decision_json.hpp>

#include <boost/json/serialize.hpp>

namespace shunt::host {

ScheduleOptions ExplainedDecision::options() const {
  ScheduleOptions options;
  options.now_ns = now_ns;
  options.seed = seed;
  options.fallbacks = fallbacks;
  options.scores = options.trace = options.timings = true;
  options.live = live;
  if (picture->routable) options.subset = *picture->routable;
  return options;
}

DecisionRecord to_record(ExplainedDecision&& explained) {
  DecisionRecord record = std::move(explained.record);
  if (explained.picture == nullptr) return record;
  const Snapshot& snapshot = *explained.picture->snapshot;
  record.explanation = decision_to_json(explained.decision, explained.request, snapshot, *explained.generation,
                                        {.trace = true, .timings = true});
  if (explained.wants_bundle) {
    record.bundle = boost::json::serialize(
        make_bundle(explained.decision, explained.request, snapshot, *explained.generation, explained.options()));
  }
  return record;
}

}  // namespace shunt::host
