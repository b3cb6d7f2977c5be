// SPDX-License-Identifier: Apache-2.0
// endpoint_table.hpp: the mutable truth about endpoints, from which snapshots are published.
//
//   EndpointTable table(attributes);
//   table.add({.name = "pod-0", .address = "10.0.0.1:8000", .labels = {{"llm-d.ai/role", "decode"}}});
//   table.set("pod-0", queue_id, 3.0);
//   auto snapshot = table.publish();
#pragma once

#include <shunt/framework/attribute.hpp>
#include <shunt/framework/error.hpp>
#include <shunt/framework/live_counters.hpp>
#include <shunt/framework/snapshot.hpp>

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace shunt {

// The key of an endpoint: XXH3 of its name, the same in every run, process and generation.
std::uint64_t endpoint_key(std::string_view name) noexcept;

struct EndpointDefinition {
  std::string name;
  std::string address;  // "host:port"
  std::vector<std::pair<std::string, std::string>> labels;
};

// Not thread-safe: one owner (the data layer, or an offline command) changes it and publishes. Row order is the order of
// addition; removal keeps the order of the rest.
class EndpointTable {
 public:
  explicit EndpointTable(std::shared_ptr<AttributeTable> attributes);

  // Adds an endpoint; a name that exists already is an error, as are a key collision and more names than there are counters.
  Result<void> add(const EndpointDefinition& endpoint);
  Result<void> remove(std::string_view name);
  // Gives an endpoint another address or other labels; it keeps its row and its counters. With another address it loses its
  // attributes: what was measured at the old one says nothing about a new one.
  Result<void> redefine(const EndpointDefinition& endpoint);
  // Sets or clears (nullopt) one attribute. Unknown endpoint, unknown id, wrong type and non-finite numbers are errors.
  // in_flight and in_flight_tokens set the live counters. `as_of_ns`: when it was measured; nullopt is "current".
  Result<void> set(std::uint64_t endpoint_key, AttributeId attribute, std::optional<AttributeValue> value,
                   std::optional<std::int64_t> as_of_ns = std::nullopt);
  bool contains(std::uint64_t endpoint_key) const { return find_row(endpoint_key) != nullptr; }
  std::optional<AttributeValue> get(std::uint64_t endpoint_key, AttributeId attribute) const;
  // A label's text; nothing where the endpoint or the label does not exist.
  std::optional<std::string> label(std::uint64_t endpoint_key, std::string_view key) const;

  // An immutable picture of the present state. Topology attributes (machine, rack, zone, region) fall back to the labels
  // kubernetes.io/hostname, topology.kubernetes.io/rack, topology.kubernetes.io/zone and topology.kubernetes.io/region.
  // Values that were measured before `oldest_ns` are absent in it; those without a time stay.
  std::shared_ptr<const Snapshot> publish(std::int64_t oldest_ns = std::numeric_limits<std::int64_t>::min());

  std::size_t size() const noexcept { return row_of_key_.size(); }
  const std::shared_ptr<AttributeTable>& attributes() const noexcept { return attributes_; }
  LiveCounters& live() noexcept { return *live_; }

 private:
  friend class SnapshotBuilder;
  struct Cell {
    AttributeId attribute;
    AttributeValue value;
    std::optional<std::int64_t> as_of_ns;
  };
  struct Row {
    EndpointDefinition definition;
    std::uint64_t key = 0;  // 0: removed, and not taken out yet
    std::uint32_t live_slot = 0;
    std::vector<Cell> cells;  // sorted by attribute
  };
  // The counters of a name.
  struct NamedSlot {
    std::uint32_t slot = 0;
    std::uint64_t removal = 0;  // that freed it; 0: the name is there
  };
  // The counters of a name that is gone, to be given to another one, unless the name has come back since.
  struct FreedSlot {
    std::uint64_t key = 0;
    std::uint64_t removal = 0;
    std::uint64_t version = 0;  // of the last snapshot that may have it
  };
  void take_out_removed();
  bool is_freed(const FreedSlot& freed) const;
  std::optional<std::uint32_t> take_slot(std::uint64_t key);
  std::optional<std::uint32_t> reuse_slot();
  Row* find_row(std::uint64_t key);
  const Row* find_row(std::uint64_t key) const;

  std::shared_ptr<AttributeTable> attributes_;
  std::shared_ptr<LiveCounters> live_;
  std::vector<Row> rows_;
  std::unordered_map<std::uint64_t, std::size_t> row_of_key_;
  std::unordered_map<std::uint64_t, NamedSlot> slot_of_key_;  // of removed names too, until another one gets the slot
  std::uint32_t slots_ = 0;                                   // ever handed out
  std::uint64_t removals_ = 0;
  std::deque<FreedSlot> freed_;                                                    // oldest first
  std::deque<std::pair<std::uint64_t, std::weak_ptr<const Snapshot>>> published_;  // by version, oldest first
  std::uint64_t layout_ = 0;
  AttributeId in_flight_;
  AttributeId in_flight_tokens_;
};

}  // namespace shunt
