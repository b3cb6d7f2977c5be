// SPDX-License-Identifier: Apache-2.0
// generation_plan.hpp: a generation as the cycle reads it: who is called in which order, and which column lies where.
#pragma once

#include <shunt/framework/config.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/shadow.hpp>

#include "runtime/attribute_stage.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace shunt {

// One distinct column that some instance reads. Columns of all instances are filled once per cycle or snapshot and shared.
struct PlanColumn {
  enum class Source : std::uint8_t {
    Stored,    // the snapshot's own memory
    SetSizes,  // likewise
    InFlight,  // live counters
    InFlightTokens,
    Load,        // in_flight / max_concurrency where the snapshot has no load of its own
    Membership,  // postings of the request's symbol
    Request      // written by a producer in this cycle
  };
  Source source = Source::Stored;
  std::uint32_t type = SHUNT_COLUMN_NUMBER;  // as plugins see it
  AttributeId attribute = 0;                 // not Request
  std::uint32_t field = 0;                   // Membership
  std::uint32_t output = 0;                  // Request: index into GenerationPlan::outputs
  std::string name;
};

// One request-scoped column that a producer writes.
struct PlanOutput {
  std::string name;
  std::uint32_t type = SHUNT_COLUMN_NUMBER;
};

struct PlanInstance {
  Instance* instance = nullptr;
  OnError on_error = OnError::Default;
  std::vector<std::uint32_t> columns;        // by slot: index into GenerationPlan::columns
  std::vector<std::uint32_t> values;         // by slot: index into GenerationPlan::values
  std::vector<std::uint32_t> outputs;        // by slot: index into GenerationPlan::outputs
  std::vector<std::uint32_t> value_outputs;  // by slot: index into GenerationPlan::values
  std::vector<std::uint32_t> peers;          // by slot: index into GenerationPlan::instances
  bool is_peer = false;                      // some other instance may call it
  std::size_t column_offset = 0;             // of its slots among those of all instances
  std::size_t value_offset = 0;
  std::size_t state_offset = 0;  // in Request::plugin_state
};

struct FilterStep {
  std::uint32_t instance = 0;
  OnError on_error = OnError::Default;
  std::vector<std::uint32_t> gather;  // plan columns that a later step of the profile reads
};

struct ScorerStep {
  std::uint32_t instance = 0;
  OnError on_error = OnError::Default;
  double weight = 1.0;
};

struct ProfilePlan {
  std::string name;
  std::vector<FilterStep> filters;
  std::vector<ScorerStep> scorers;
  std::uint32_t picker = 0;
  OnError picker_on_error = OnError::Default;
  std::uint32_t shadow_every = 0;        // it is run for every n-th request; 0: when the handler wants it
  std::uint32_t shadow_of = SHUNT_NONE;  // profile that it is compared with; SHUNT_NONE: the decision
};

struct GenerationPlan {
  std::vector<PlanInstance> instances;  // parallel to Generation::instances()
  std::vector<PlanColumn> columns;
  std::vector<PlanOutput> outputs;
  std::vector<ValueWrite> values;        // every request value that is written
  std::vector<std::uint32_t> producers;  // in the order in which they run
  std::vector<std::uint32_t> observers;  // with `picked`
  std::vector<ProfilePlan> profiles;
  std::uint32_t deciding_profiles = 0;  // the first ones: those that the handler knows; behind them are shadows
  // Parallel to the shadows: what workers have handed in. See Scheduler::shadow_totals().
  std::vector<std::shared_ptr<ShadowCounts>> shadow_ledgers;
  std::uint32_t handler = SHUNT_NONE;
  std::uint32_t swapper = SHUNT_NONE;
  std::uint32_t handler_rounds = 8;
  std::uint64_t scratch_bytes = 0;  // largest of all instances
  std::size_t state_bytes = 0;      // of all instances together
  std::size_t column_slots = 0;
  std::size_t value_slots = 0;
  std::uint64_t budget_ns = 0;  // of one call
  BreakerBounds breaker;
};

// Binds declarations to columns and values, and orders the producers. Adds what is wrong to `diagnostics`.
void bind_plan(const Config& config, const std::vector<std::shared_ptr<Instance>>& instances,
               AttributeStage& attributes, GenerationPlan& plan, Diagnostics& diagnostics);

// Replaces provisional attribute ids by real ones, after attributes.commit().
void settle_attributes(const std::vector<std::shared_ptr<Instance>>& instances, const AttributeStage& attributes,
                       GenerationPlan& plan);

// True for what endpoints may have whatever the plugins are: canonical, in the config, or brought by endpoints. That some
// plugin has asked for a name says nothing.
bool is_declared(const Config& config, const AttributeTable& attributes, std::string_view name);

// Writers of one column or value name that a reader may mean: those of exactly this name, else those of "<instance>/name".
std::vector<std::size_t> writers_of(const std::vector<std::shared_ptr<Instance>>& instances, std::string_view name,
                                    bool value);

}  // namespace shunt
