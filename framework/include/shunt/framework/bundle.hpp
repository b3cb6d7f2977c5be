// SPDX-License-Identifier: Apache-2.0
// bundle.hpp: one decision with all that it depended on, as a JSON document that reproduces it: config, endpoints, request,
// seed, time, queue, library hashes, and what producers wrote.
//
//   boost::json::object bundle = make_bundle(decision, request, *snapshot, *generation, options);
//
// The members `config`, `endpoints` and `request` have the formats of the files that `shunt schedule` reads.
#pragma once

#include <shunt/abi/cycle.h>
#include <shunt/framework/decision.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>
#include <shunt/framework/scheduler.hpp>
#include <shunt/framework/snapshot.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace shunt {

// Everything of a snapshot in the form of the endpoints file; live counters as given by row, or as they are now. A measured
// value keeps its time, under `asOfNs`.
boost::json::object snapshot_to_json(const Snapshot& snapshot, std::span<const LiveCount> live = {});

// A request in the form of a line of the requests file; the prompt is under "prompt". Excluded endpoints are named, which
// takes the snapshot that knows them.
boost::json::object request_to_json(const Request& request, const Snapshot& snapshot);

// `decision` has to be made with ScheduleOptions::trace, and `options` are those it was made with. Where they do not give the
// live counters, those of the snapshot must not have moved since. Prompts are part of a bundle: it is as confidential as the
// traffic.
boost::json::object make_bundle(const Decision& decision, const Request& request, const Snapshot& snapshot,
                                const Generation& generation, const ScheduleOptions& options);

// The recorded outputs of a bundle, for ScheduleOptions::replay.
Result<std::vector<RecordedOutput>> recorded_outputs(const boost::json::value& bundle, const Snapshot& snapshot);

// What else ScheduleOptions needs to run a bundle again. Owns what the options point to, and may be moved.
struct BundleRun {
  std::int64_t now_ns = 0;
  std::uint64_t seed = 0;
  std::uint32_t fallbacks = 0;
  std::vector<RecordedOutput> recorded;
  std::vector<Annotation> notes;      // that the producers had left
  std::vector<TraceStage> producers;  // their part of the trace: they are not called again
  bool has_queue = false;
  shunt_queue_stats queue{};
  std::vector<shunt_queue_band> bands;
  bool has_subset = false;
  std::vector<std::uint64_t> subset;

  // Options that make the same decision. Valid while this object is neither moved nor destroyed.
  ScheduleOptions options();
};

Result<BundleRun> bundle_run(const boost::json::value& bundle, const Snapshot& snapshot);

}  // namespace shunt
