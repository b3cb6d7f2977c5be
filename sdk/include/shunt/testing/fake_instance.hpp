// SPDX-License-Identifier: Apache-2.0
// fake_instance.hpp: what the fake host keeps about one plugin instance and about one call into it.
#pragma once

#include <shunt/abi/host.h>
#include <shunt/testing/fake_parameters.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::testing {

class FakeHost;

// Which function of the plugin is running: it decides which services are allowed.
enum class Stage {
  Create,
  Hot,
  PickProfiles,
  ProcessResults,
  Produce,
  Picked,
  Events,
  EvictionFor,
  SwapStart,
  Queue,
  Control
};
// Functions that many threads may run at once: nothing may be retired there, and peers may be called.
constexpr bool is_hot(Stage stage) {
  return stage == Stage::Hot || stage == Stage::PickProfiles || stage == Stage::ProcessResults ||
         stage == Stage::Produce || stage == Stage::Picked;
}

struct DeclaredColumn {
  std::string name;
  std::uint32_t type = 0;
  std::uint32_t field = 0;  // SHUNT_FIELD_* of a membership column
  std::uint32_t requirement = 0;
};
struct DeclaredValue {
  std::string name;
  std::uint32_t type = 0;
  std::uint32_t requirement = 0;
};
struct DeclaredOutput {
  std::string name;
  std::uint32_t type = 0;
  std::uint32_t scope = 0;
};
struct DeclaredMetric {
  std::uint32_t kind = 0;  // SHUNT_METRIC_*
  std::string name;
  std::map<std::string, std::string> labels;
};
struct DeclaredPage {
  std::string path;
  std::int64_t interval_ns = 0;
  std::uint32_t port = 0;
  std::string accept{};
  bool failures = false;
};

// Everything that create() asked for, by slot.
struct Declarations {
  std::vector<DeclaredColumn> columns;
  std::vector<DeclaredValue> values;
  std::vector<DeclaredOutput> outputs;
  std::vector<DeclaredValue> output_values;
  std::vector<DeclaredPage> pages;
  std::vector<std::pair<std::string, std::string>> peers;  // instance and interface id
  std::vector<DeclaredMetric> metrics;
  std::uint64_t scratch_bytes = 0;
  std::uint64_t request_state_bytes = 0;
  bool profiles_asked = false;  // profile(), profile_name() or profile_count() was called
};

// Outcome of an earlier profile run, as a test states it. Rows are base rows.
struct ProfileResult {
  std::uint32_t profile = 0;
  std::int32_t status = SHUNT_OK;
  std::vector<std::uint32_t> picks{};
  std::vector<std::uint32_t> candidates{};
  std::vector<double> totals{};  // parallel to candidates
};

using Annotations = std::map<std::string, std::string>;
using Headers = std::map<std::string, std::optional<std::string>>;  // nothing: the header is removed
// What annotate() has attached to a decision.
struct Notes {
  Annotations annotations;
  Headers request_headers;
  Headers response_headers;
  std::optional<std::uint32_t> target_port;
  std::size_t size() const {
    return annotations.size() + request_headers.size() + response_headers.size() + (target_port ? 1 : 0);
  }
};
using ReplacedPicks = std::map<std::uint32_t, std::vector<std::uint32_t>>;

// One instance. Addressed by the plugin as `shunt_init`.
struct FakeInstance {
  FakeInstance(FakeHost& owner, std::string instance_name) : host(&owner), name(std::move(instance_name)) {}

  FakeHost* host;
  std::string name;
  Declarations declared;
  std::unique_ptr<FakeParameters> parameters;  // while create() runs
  shunt_ctx* create_context = nullptr;         // while create() runs
  std::map<std::uint64_t, std::vector<std::max_align_t>> request_states;
  std::vector<FakeInstance*> peers;  // by the slot that peer() gave

  // Zeroed at a request's first call, then the same for every call of this request.
  void* request_state(std::uint64_t request_number) {
    if (declared.request_state_bytes == 0) return nullptr;
    std::vector<std::max_align_t>& state = request_states[request_number];
    if (state.empty()) {
      state.resize((declared.request_state_bytes + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t));
      std::memset(state.data(), 0, state.size() * sizeof(std::max_align_t));
    }
    return state.data();
  }
  // For events: nothing when no call for this request has been made.
  void* known_request_state(std::uint64_t request_number) {
    const auto found = request_states.find(request_number);
    return found == request_states.end() ? nullptr : found->second.data();
  }
};

// One call into an instance. Addressed by the plugin as `shunt_ctx`.
struct FakeCall {
  FakeCall(FakeInstance& called, Stage running) : instance(&called), stage(running) {}
  FakeCall(const FakeCall&) = delete;
  FakeCall& operator=(const FakeCall&) = delete;

  shunt_ctx* handle() noexcept { return reinterpret_cast<shunt_ctx*>(this); }
  static FakeCall& of(shunt_ctx* ctx) noexcept { return *reinterpret_cast<FakeCall*>(ctx); }

  FakeInstance* instance;
  Stage stage;
  const std::vector<ProfileResult>* results = nullptr;  // what set_picks() may change
  std::string error;
  std::int32_t error_code = SHUNT_OK;
  // Of a peer's call: who made it, and so gets to know why it failed; nullptr else.
  FakeCall* caller = nullptr;
  void set_error(std::int32_t code, std::string_view text) {
    error_code = code;
    error = text.substr(0, 1024);
    for (FakeCall* told = caller; told != nullptr; told = told->caller) {
      told->error_code = code;
      told->error = ("plugin \"" + instance->name + "\": " + error).substr(0, 1024);
    }
  }
  FakeCall* root = this;  // of a peer's call: the one that it was made from, whose decision is annotated
  // Enters a peer of the call's instance; empty where a function has no peers to call.
  std::function<std::int32_t(FakeCall&, std::uint32_t, const shunt_cycle**, const shunt_view**)> enter_peer;
  Notes notes;
  ReplacedPicks replaced_picks;
  std::vector<std::unique_ptr<std::max_align_t[]>> blocks;
  std::uint64_t allocated = 0;
};

}  // namespace shunt::testing
