// SPDX-License-Identifier: Apache-2.0
// snapshot.hpp: an immutable columnar table of all endpoints and their attributes at one moment.
//
//   std::shared_ptr<const Snapshot> snapshot = table.publish();
//   if (const Snapshot::Column* queue = snapshot->column(id)) use(queue->numbers()[row]);
#pragma once

#include <shunt/abi/column.h>
#include <shunt/framework/attribute.hpp>
#include <shunt/framework/symbol_table.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace shunt {

// The host's own counters, raised when a pick is made. One per endpoint name, shared by all snapshots.
class LiveCounters;

// Rows of an array of `count` elements that a vector load may touch: the next multiple of 64 bytes, and one line more.
constexpr std::size_t padded_bytes(std::size_t count, std::size_t width) { return (count * width + 63) / 64 * 64 + 64; }

class Snapshot {
 public:
  // One attribute over all endpoints. Arrays lie in the snapshot's arena, 64-byte aligned and padded.
  struct Column {
    AttributeType type = AttributeType::Number;
    bool absent = true;                      // no endpoint has a value
    const void* data = nullptr;              // double, uint8_t, Symbol or shunt_set_row; absent rows read as zero
    const std::uint8_t* valid = nullptr;     // nullptr: every row has a value
    const std::int64_t* as_of_ns = nullptr;  // nullptr: current
    const Symbol* pool = nullptr;            // sets
    std::uint32_t pool_size = 0;
    const double* set_sizes = nullptr;  // sets

    std::span<const double> numbers(std::size_t n) const { return {static_cast<const double*>(data), n}; }
  };

  // Rows whose set holds one symbol: a ready byte column where they are many, the list of rows where they are few.
  struct Posting {
    const std::uint8_t* dense = nullptr;
    std::span<const std::uint32_t> rows;
  };

  std::uint32_t size() const noexcept { return size_; }
  // Unique in the process; 0 is no version.
  std::uint64_t version() const noexcept { return version_; }
  // Changes when names or their order change; equal layouts have equal keys.
  std::uint64_t layout() const noexcept { return layout_; }

  const std::uint64_t* keys() const noexcept { return keys_; }
  // 0, 1, 2, ... size-1: the base rows of an uncompacted view.
  const std::uint32_t* identity() const noexcept { return identity_; }
  const std::uint32_t* row_index() const noexcept { return row_index_; }
  std::uint64_t row_index_mask() const noexcept { return row_index_mask_; }
  // Row of an endpoint, SHUNT_NONE when unknown.
  std::uint32_t find(std::uint64_t key) const noexcept;
  std::string_view name(std::uint32_t row) const noexcept { return names_[row]; }
  std::string_view address(std::uint32_t row) const noexcept { return addresses_[row]; }

  // nullptr when no endpoint has a value and the attribute is newer than the snapshot.
  const Column* column(AttributeId id) const noexcept { return id < columns_.size() ? &columns_[id] : nullptr; }
  // Number of endpoints per symbol in a set column; empty posting when nobody has it.
  Posting posting(AttributeId set, Symbol symbol) const noexcept;
  const LiveCounters& live() const noexcept { return *live_; }
  // Slot of a row in live().
  std::uint32_t live_slot(std::uint32_t row) const noexcept { return live_slots_[row]; }
  // True when row i has slot i, so that counters can be copied in one pass.
  bool live_slots_are_rows() const noexcept { return live_slots_are_rows_; }
  const std::shared_ptr<const AttributeTable>& attributes() const noexcept { return attributes_; }

 private:
  friend class SnapshotBuilder;
  Snapshot() = default;

  struct AlignedFree {
    void operator()(std::byte* memory) const noexcept;
  };
  std::uint32_t size_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t layout_ = 0;
  std::unique_ptr<std::byte[], AlignedFree> arena_;
  const std::uint64_t* keys_ = nullptr;
  const std::uint32_t* identity_ = nullptr;
  const std::uint32_t* row_index_ = nullptr;
  std::uint64_t row_index_mask_ = 0;
  std::vector<std::string> names_;
  std::vector<std::string> addresses_;
  std::vector<Column> columns_;                                // by AttributeId
  std::vector<std::unordered_map<Symbol, Posting>> postings_;  // by AttributeId; empty for other types
  std::vector<std::uint32_t> live_slots_;
  bool live_slots_are_rows_ = true;
  std::shared_ptr<LiveCounters> live_;
  std::shared_ptr<const AttributeTable> attributes_;
};

}  // namespace shunt
