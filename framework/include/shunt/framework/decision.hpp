// SPDX-License-Identifier: Apache-2.0
// decision.hpp: what was decided for one request, and, when asked for, why.
//
//   Decision decision;                        // reused: keeps its memory
//   scheduler.schedule(worker, *snapshot, request, options, decision);
//   if (decision.dispatched()) send_to(snapshot->address(decision.picks.front()));
#pragma once

#include <shunt/abi/host.h>
#include <shunt/framework/plugin_description.hpp>
#include <shunt/framework/shadow.hpp>
#include <shunt/framework/snapshot.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shunt {

class Generation;

enum class Outcome : std::uint8_t { Dispatched, Rejected };

// One call of one plugin, recorded when a decision is explained.
struct TraceStage {
  enum class Stage : std::uint8_t { Producer, PickProfiles, Filter, Scorer, Picker, ProcessResults };
  Stage stage = Stage::Filter;
  std::string plugin;                  // instance name
  std::string type;                    // plugin type
  std::uint32_t profile = SHUNT_NONE;  // index of the profile; SHUNT_NONE outside a run
  std::uint32_t round = 0;
  std::uint32_t run = SHUNT_NONE;  // index into Decision::runs; SHUNT_NONE outside a run
  double weight = 0.0;             // scorers
  std::int32_t status = 0;         // what the plugin returned
  std::string error;               // its text, when it failed
  bool defaulted = false;          // the answer was replaced by the default of the kind (see `error` or `faults`)
  bool skipped = false;            // it was not called: its circuit breaker is open
  std::uint64_t faults = 0;        // rows with NaN, infinities, keep bytes other than 0 and 1, or invalid picks
  std::uint64_t clamped = 0;       // finite scores outside [0, 1]
  std::uint64_t unwritten = 0;     // score rows left as they arrived
  std::uint32_t candidates_before = 0;
  std::uint32_t candidates_after = 0;
  std::uint64_t duration_ns = 0;
  std::vector<std::uint32_t> rows;      // snapshot rows that the following two are parallel to
  std::vector<double> raw;              // scorers: as the plugin wrote them (NaN where unwritten or faulty)
  std::vector<double> weighted;         // scorers: what was added to the totals
  std::vector<std::uint32_t> dropped;   // filters: snapshot rows removed
  std::vector<std::uint32_t> picks;     // pickers: snapshot rows, best first
  std::vector<std::uint32_t> profiles;  // PickProfiles: what it named
  std::vector<std::pair<std::uint32_t, std::string>> reasons;  // snapshot row -> reason (explain extension)
};

// A request-scoped column or value as a producer wrote it, recorded so that a decision can be replayed without the
// producer's state.
struct RecordedOutput {
  std::string name;
  bool is_value = false;
  std::uint32_t type = 0;           // SHUNT_COLUMN_* or SHUNT_VALUE_*
  std::vector<std::uint32_t> rows;  // snapshot rows with a value (columns)
  std::vector<double> numbers;      // parallel to rows; one entry for a number value
  std::uint64_t key = 0;            // endpoint value
  std::string text;                 // text value
};

// One run of a profile.
struct ProfileRun {
  std::uint32_t profile = 0;
  std::int32_t status = 0;             // SHUNT_OK, SHUNT_UNAVAILABLE (filters left nothing), or a fault
  std::vector<std::uint32_t> picks;    // snapshot rows, best first
  std::vector<std::uint32_t> rows;     // candidates that survived the filters, snapshot rows; only with options.scores
  std::vector<double> totals;          // parallel to rows; only with options.scores
  std::optional<ShadowResult> shadow;  // it decides nothing: how it compares
};

// A note that a plugin attached to the decision.
struct Annotation {
  std::uint32_t kind = SHUNT_NOTE_INFO;  // SHUNT_NOTE_*
  std::string name;                      // headers: lower case; empty for a target port
  std::string text;
  bool removes = false;  // a header that is taken away instead of set
};

struct Decision {
  Outcome outcome = Outcome::Rejected;
  std::uint32_t http_status = 0;  // rejected only
  std::string code;               // rejected only: "rejected-saturated"
  std::string reason;             // for people
  std::uint32_t primary_profile = SHUNT_NONE;
  std::vector<std::uint32_t> picks;           // of the primary run, snapshot rows, best first
  std::vector<std::uint32_t> fallbacks;       // next best by total, snapshot rows
  std::vector<Annotation> annotations;        // (kind, name) once each, in the order of their first writing
  std::vector<Annotation> spare_annotations;  // of earlier decisions, for their memory
  std::uint64_t seed = 0;
  std::int64_t now_ns = 0;
  std::uint64_t generation = 0;  // number
  std::uint64_t snapshot_version = 0;
  std::uint64_t duration_ns = 0;  // wall clock; only with options.timings
  std::int64_t counted_tokens =
      0;  // by which in_flight_tokens of the first pick was raised; to be given back at the end

  // Used entries of the following are the first `run_count`, so that their memory can be kept.
  std::vector<ProfileRun> runs;
  std::size_t run_count = 0;
  std::size_t primary_run = 0;  // index into runs; meaningful when dispatched

  std::vector<TraceStage> trace;           // only with options.trace
  std::vector<RecordedOutput> recorded;    // only with options.trace
  std::vector<Annotation> recorded_notes;  // as the producers left them; only with options.trace

  bool dispatched() const noexcept { return outcome == Outcome::Dispatched; }
  // Back to an empty decision, memory kept.
  void clear();
};

}  // namespace shunt
