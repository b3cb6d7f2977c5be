// SPDX-License-Identifier: Apache-2.0
#include "live/explained_decision.hpp"

#include <shunt/framework/bundle.hpp>
#include <shunt/framework/decision_json.hpp>

#include <boost/json/serialize.hpp>

namespace shunt::host {

namespace json = boost::json;

namespace {

// The counters have moved on since: the bundle gets those that the decision saw.
void restore_live(json::object& bundle, const ExplainedDecision& explained) {
  json::array& endpoints = bundle.at("endpoints").as_object().at("endpoints").as_array();
  for (std::size_t row = 0; row < endpoints.size() && row < explained.live.size(); ++row) {
    json::object& endpoint = endpoints[row].as_object();
    json::value& attributes = endpoint["attributes"];
    if (!attributes.is_object()) attributes = json::object{};
    attributes.as_object()["in_flight"] = explained.live[row].first;
    attributes.as_object()["in_flight_tokens"] = explained.live[row].second;
  }
}

}  // namespace

DecisionRecord to_record(ExplainedDecision&& explained) {
  DecisionRecord record = std::move(explained.record);
  const Snapshot& snapshot = *explained.picture->snapshot;
  record.explanation = decision_to_json(explained.decision, explained.request, snapshot, *explained.generation,
                                        {.trace = true, .timings = true});
  if (explained.wants_bundle) {
    ScheduleOptions options;
    options.now_ns = explained.now_ns;
    options.seed = explained.seed;
    options.fallbacks = explained.fallbacks;
    options.scores = options.trace = true;
    if (explained.picture->routable) options.subset = *explained.picture->routable;
    json::object bundle = make_bundle(explained.decision, explained.request, snapshot, *explained.generation, options);
    restore_live(bundle, explained);
    record.bundle = json::serialize(bundle);
  }
  return record;
}

}  // namespace shunt::host
