// SPDX-License-Identifier: Apache-2.0
// fake_instance.hpp: what the fake host keeps about one plugin instance and about one call into it.
#pragma once

#include <shunt/abi/host.h>
#include <shunt/testing/fake_parameters.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::testing {

class FakeHost;
class PeerFrames;

// Which function of the plugin is running: it decides which services are allowed.
enum class Stage {
  Create,          // create()
  Hot,             // filter(), score(), pick(), explain(), and draft functions that are hot
  PickProfiles,    // pick_profiles()
  ProcessResults,  // process_results()
  Produce,         // produce()
  Picked,          // picked()
  Events,          // events() and extract()
  EvictionFor,     // eviction_for()
  SwapStart,       // on_swap_start()
  Queue,           // [queue] functions
  Control          // [control] functions, create() excepted
};
// Functions that many threads may run at once: nothing may be retired there, and peers may be called.
constexpr bool is_hot(Stage stage) {
  return stage == Stage::Hot || stage == Stage::PickProfiles || stage == Stage::ProcessResults ||
         stage == Stage::Produce || stage == Stage::Picked;
}

// A column that create() declared to read.
struct DeclaredColumn {
  std::string name;               // as asked for
  std::uint32_t type = 0;         // SHUNT_COLUMN_*
  std::uint32_t field = 0;        // SHUNT_FIELD_* of a membership column
  std::uint32_t requirement = 0;  // SHUNT_REQUIRED or SHUNT_OPTIONAL
};
// A request-scoped value that create() declared to read or to write.
struct DeclaredValue {
  std::string name;               // as asked for
  std::uint32_t type = 0;         // SHUNT_VALUE_*
  std::uint32_t requirement = 0;  // SHUNT_REQUIRED or SHUNT_OPTIONAL; means nothing for those that are written
};
// A column that create() declared to write.
struct DeclaredOutput {
  std::string name;         // as asked for
  std::uint32_t type = 0;   // SHUNT_COLUMN_*
  std::uint32_t scope = 0;  // SHUNT_SCOPE_*
};
// A metric that create() registered.
struct DeclaredMetric {
  std::uint32_t kind = 0;                     // SHUNT_METRIC_*
  std::string name;                           // without prefix
  std::map<std::string, std::string> labels;  // by name
};
// A page that create() asked for.
struct DeclaredPage {
  std::string path;              // with its query
  std::int64_t interval_ns = 0;  // between two fetches
  std::uint32_t port = 0;        // 0: the endpoint's own
  std::string accept{};          // empty: none
  bool failures = false;         // failed fetches too
};

// Everything that create() asked for, by slot.
struct Declarations {
  std::vector<DeclaredColumn> columns;                     // memberships too
  std::vector<DeclaredValue> values;                       // to read
  std::vector<DeclaredOutput> outputs;                     // both scopes, in the order declared
  std::vector<DeclaredValue> output_values;                // to write
  std::vector<DeclaredPage> pages;                         // of extractors
  std::vector<std::pair<std::string, std::string>> peers;  // instance and interface id
  std::vector<DeclaredMetric> metrics;                     // in the order registered
  std::uint64_t scratch_bytes = 0;                         // per worker
  std::uint64_t request_state_bytes = 0;                   // per request
  bool profiles_asked = false;                             // profile(), profile_name() or profile_count() was called
};

// Outcome of an earlier profile run, as a test states it. Rows are base rows.
struct ProfileResult {
  std::uint32_t profile = 0;                // index
  std::int32_t status = SHUNT_OK;           // as shunt_result.status
  std::vector<std::uint32_t> picks{};       // best first
  std::vector<std::uint32_t> candidates{};  // ascending
  std::vector<double> totals{};             // parallel to candidates
};

// Notes for people, by name.
using Annotations = std::map<std::string, std::string>;
using Headers = std::map<std::string, std::optional<std::string>>;  // nothing: the header is removed
// What annotate() has attached to a decision.
struct Notes {
  Annotations annotations;                   // SHUNT_NOTE_INFO
  Headers request_headers;                   // towards the model server
  Headers response_headers;                  // towards the client
  std::optional<std::uint32_t> target_port;  // nothing: the endpoint's own
  // How many there are of all kinds.
  std::size_t size() const;
};
// Base rows that set_picks() gave, by result.
using ReplacedPicks = std::map<std::uint32_t, std::vector<std::uint32_t>>;

// One instance. Addressed by the plugin as `shunt_init`.
struct FakeInstance {
  // An instance that has declared nothing.
  FakeInstance(FakeHost& owner, std::string instance_name);
  FakeInstance(const FakeInstance&) = delete;
  FakeInstance& operator=(const FakeInstance&) = delete;
  ~FakeInstance();

  FakeHost* host;                                                         // outlives it
  std::string name;                                                       // for messages
  Declarations declared;                                                  // by create()
  std::unique_ptr<FakeParameters> parameters;                             // while create() runs
  shunt_ctx* create_context = nullptr;                                    // while create() runs
  std::map<std::uint64_t, std::vector<std::max_align_t>> request_states;  // by running number of the request
  std::vector<FakeInstance*> peers;                                       // by the slot that peer() gave

  // Zeroed at a request's first call, then the same for every call of this request.
  void* request_state(std::uint64_t request_number);
  // For events: nothing when no call for this request has been made.
  void* known_request_state(std::uint64_t request_number);
};

// One call into an instance. Addressed by the plugin as `shunt_ctx`.
struct FakeCall {
  // A call into `called`, which outlives it.
  FakeCall(FakeInstance& called, Stage running);
  FakeCall(const FakeCall&) = delete;
  FakeCall& operator=(const FakeCall&) = delete;
  ~FakeCall();

  // What the plugin is given.
  shunt_ctx* handle() noexcept { return reinterpret_cast<shunt_ctx*>(this); }
  // The call behind what the plugin was given.
  static FakeCall& of(shunt_ctx* ctx) noexcept { return *reinterpret_cast<FakeCall*>(ctx); }

  FakeInstance* instance;                               // the one that was called
  Stage stage;                                          // the function that is running
  const std::vector<ProfileResult>* results = nullptr;  // what set_picks() may change
  std::string error;                                    // at most 1024 bytes
  std::int32_t error_code = SHUNT_OK;                   // as set_error() gave it
  // Of a peer's call: who made it, and so gets to know why it failed; nullptr else.
  FakeCall* caller = nullptr;
  // Keeps a failure's text, here and in the calls that this one was made from.
  void set_error(std::int32_t code, std::string_view text);
  FakeCall* root = this;         // of a peer's call: the one that it was made from, whose decision is annotated
  PeerFrames* peers = nullptr;   // enters peers of the call's instance; nullptr where a function has no peers to call
  Notes notes;                   // that annotate() took
  ReplacedPicks replaced_picks;  // that set_picks() took
  std::vector<std::unique_ptr<std::max_align_t[]>> blocks;  // that call_alloc() gave
  std::uint64_t allocated = 0;                              // bytes of them
};

}  // namespace shunt::testing
