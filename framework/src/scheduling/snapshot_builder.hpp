// SPDX-License-Identifier: Apache-2.0
// snapshot_builder.hpp: lays the rows of an endpoint table out as columns in one arena.
#pragma once

#include <shunt/framework/endpoint_table.hpp>

namespace shunt {

class SnapshotBuilder {
 public:
  static std::shared_ptr<const Snapshot> build(const EndpointTable& table, std::int64_t oldest_ns);

 private:
  struct Shape;
  SnapshotBuilder(const EndpointTable& table, std::int64_t oldest_ns) : table_(table), oldest_ns_(oldest_ns) {}
  bool is_stale(const EndpointTable::Cell& cell) const { return cell.as_of_ns && *cell.as_of_ns < oldest_ns_; }
  void measure();
  void allocate();
  void fill_rows();
  void fill_columns();
  void fill_cell(std::uint32_t row, AttributeId attribute, const AttributeValue& value,
                 const std::optional<std::int64_t>& as_of_ns);
  void fill_topology_from_labels(std::uint32_t row);
  void fill_postings();
  template <class T>
  T* take(std::size_t count);

  const EndpointTable& table_;
  const std::int64_t oldest_ns_;
  std::shared_ptr<Snapshot> snapshot_;
  struct Building {
    std::uint32_t values = 0;
    std::uint32_t members = 0;
    bool aged = false;
    AttributeType type = AttributeType::Number;
    void* data = nullptr;
    std::uint8_t* valid = nullptr;
    std::int64_t* as_of_ns = nullptr;
    Symbol* pool = nullptr;
    std::uint32_t pool_used = 0;
    double* set_sizes = nullptr;
  };
  std::vector<Building> columns_;
  std::vector<std::vector<AttributeId>> label_ids_;  // per row, parallel to its labels
  std::optional<AttributeId> name_id_;
  std::optional<AttributeId> address_id_;
  std::size_t bytes_ = 0;
  std::byte* next_ = nullptr;
};

}  // namespace shunt
