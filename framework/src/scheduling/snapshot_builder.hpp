// SPDX-License-Identifier: Apache-2.0
// snapshot_builder.hpp: lays the rows of an endpoint table out as columns in one arena.
#pragma once

#include <shunt/framework/endpoint_table.hpp>

#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

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
  void fill_cell(std::uint32_t row, const EndpointTable::Cell& cell);
  void fill_name(std::uint32_t row, AttributeId attribute, const std::string& text);
  Symbol symbol_of(const std::string& text);
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
  // What one label key stands for. Looked up once per snapshot: every endpoint has the same few.
  struct LabelKey {
    AttributeId attribute;
    std::optional<AttributeId> topology;
  };
  std::uint32_t label_key(std::string_view key);
  std::vector<LabelKey> label_keys_;
  std::unordered_map<std::string_view, std::uint32_t> place_of_label_key_;
  std::vector<std::uint32_t> label_key_of_;  // of all labels of all rows, one after the other
  // Names that were last asked for, by the hash of their text: asking the table of the process locks it.
  struct KnownSymbol {
    const std::string* text = nullptr;
    Symbol symbol = 0;
  };
  std::array<KnownSymbol, 64> known_symbols_{};
  std::optional<AttributeId> name_id_;
  std::optional<AttributeId> address_id_;
  std::size_t bytes_ = 0;
  std::byte* next_ = nullptr;
};

}  // namespace shunt
