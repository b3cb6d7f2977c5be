// SPDX-License-Identifier: Apache-2.0
// instance.hpp: a configured plugin: the object that a library made, its interfaces, and what it declared.
#pragma once

#include <shunt/abi/abi.h>
#include <shunt/abi/draft/dump.h>
#include <shunt/abi/draft/ordering.h>
#include <shunt/framework/attribute.hpp>
#include <shunt/framework/background_calls.hpp>
#include <shunt/framework/breaker.hpp>
#include <shunt/framework/call_counts.hpp>
#include <shunt/framework/call_marks.hpp>
#include <shunt/framework/library.hpp>
#include <shunt/framework/log_allowance.hpp>
#include <shunt/framework/metric_store.hpp>
#include <shunt/framework/plugin_description.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// A column that an instance reads. Slots are positions in Instance::columns.
struct ColumnRead {
  std::string name;
  std::uint32_t type = SHUNT_COLUMN_NUMBER;  // SHUNT_COLUMN_*
  std::uint32_t field = 0;                   // SHUNT_FIELD_*, memberships only
  bool required = false;
  bool operator==(const ColumnRead&) const = default;
};

struct ValueRead {
  std::string name;
  std::uint32_t type = SHUNT_VALUE_NUMBER;
  bool required = false;
};

struct ColumnWrite {
  std::string name;
  std::uint32_t type = SHUNT_COLUMN_NUMBER;
  std::uint32_t scope = SHUNT_SCOPE_REQUEST;
};

struct ValueWrite {
  std::string name;
  std::uint32_t type = SHUNT_VALUE_NUMBER;
};

struct PageFetch {
  std::string path;
  std::int64_t interval_ns = 0;
  std::uint32_t port = 0;  // 0: the endpoint's own
  std::string accept;      // empty: none
  bool failures = false;   // extract() hears of failed fetches too
};

// Owns the plugin's object and destroys it. Everything but the call tables is fixed when create() has returned.
class Instance {
 public:
  Instance(std::shared_ptr<const Library> library, const shunt_plugin* plugin, std::string name);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const std::string& name() const noexcept { return name_; }
  const std::string& type() const noexcept { return type_; }
  const std::shared_ptr<const Library>& library() const noexcept { return library_; }
  void* self() const noexcept { return self_; }
  std::uint64_t name_hash() const noexcept { return name_hash_; }
  const InstanceMark& mark() const noexcept { return mark_; }

  // Interfaces; nullptr where the instance does not offer one. They point to copies of the host's own layout, so that a
  // member that an older plugin does not have is NULL there and needs no test of its own.
  const shunt_filter_table* filter = nullptr;
  const shunt_scorer_table* scorer = nullptr;
  const shunt_picker_table* picker = nullptr;
  const shunt_profile_handler_table* profile_handler = nullptr;
  const shunt_swapper_table* swapper = nullptr;
  const shunt_producer_table* producer = nullptr;
  const shunt_observer_table* observer = nullptr;
  const shunt_extractor_table* extractor = nullptr;
  const shunt_explain_table* explain = nullptr;
  const shunt_dump_table* dump = nullptr;
  const shunt_state_table* state = nullptr;
  const shunt_ordering_table* ordering = nullptr;

  // Goes with the instance into the generations that keep it: it is the code that is at fault. Beside the tables, which calls
  // look at next.
  Breaker breaker;

  // Declarations, by slot.
  std::vector<ColumnRead> columns;
  std::vector<ValueRead> values;
  std::vector<ColumnWrite> request_outputs;
  std::vector<ColumnWrite> endpoint_outputs;
  std::vector<AttributeId> endpoint_output_ids;  // parallel to endpoint_outputs; set when the generation is bound
  std::vector<ValueWrite> value_outputs;
  std::vector<PageFetch> fetches;
  std::vector<std::shared_ptr<Instance>> peers;  // by slot, each once
  std::uint64_t scratch_bytes = 0;
  std::uint64_t request_state_bytes = 0;
  MetricStore metrics;
  mutable LogAllowance log_allowance;
  // Of this one and of those of earlier generations that it has taken over from, as far as workers have handed it in: see
  // Scheduler::plugin_totals().
  std::shared_ptr<CallCounts> ledger = std::make_shared<CallCounts>();
  // Of the same ones.
  std::shared_ptr<BackgroundCalls> background = std::make_shared<BackgroundCalls>();
  // create() looked at the list of profiles: the instance may not be carried into a generation whose list differs.
  bool knows_profiles = false;

  // The instance of the next generation that has loaded this one's state, and hears of requests that this one has begun with.
  // Under serial_mutex.
  std::weak_ptr<Instance> successor;

  // Held during every [events], [swap], [queue] and [control] call but create() and destroy(): these never overlap on one
  // instance. Hot calls run beside them.
  std::mutex serial_mutex;

 private:
  friend class GenerationBuilder;
  friend class CarryOver;
  struct Tables {
    shunt_filter_table filter{};
    shunt_scorer_table scorer{};
    shunt_picker_table picker{};
    shunt_profile_handler_table profile_handler{};
    shunt_swapper_table swapper{};
    shunt_producer_table producer{};
    shunt_observer_table observer{};
    shunt_extractor_table extractor{};
    shunt_explain_table explain{};
    shunt_dump_table dump{};
    shunt_state_table state{};
    shunt_ordering_table ordering{};
  };
  Tables tables_;
  std::shared_ptr<const Library> library_;
  LibraryUse use_;
  const shunt_plugin* plugin_;
  std::string name_;
  std::string type_;
  std::uint64_t name_hash_;
  InstanceMark mark_;
  void* self_ = nullptr;
  bool created_ = false;
};

}  // namespace shunt
