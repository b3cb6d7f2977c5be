// SPDX-License-Identifier: Apache-2.0
#include "scheduling/snapshot_builder.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>
#include <new>
#include <unordered_map>

namespace shunt {
namespace {

// Where a topology attribute is not given, the usual Kubernetes label stands in.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTopologyLabels = {{
    {"machine", "kubernetes.io/hostname"},
    {"rack", "topology.kubernetes.io/rack"},
    {"zone", "topology.kubernetes.io/zone"},
    {"region", "topology.kubernetes.io/region"},
}};

// Above this share of endpoints a posting is kept as a ready byte column: reading it then costs nothing at all.
constexpr std::uint32_t kDenseShare = 16;

std::size_t width_of(AttributeType type) {
  switch (type) {
    case AttributeType::Number: return sizeof(double);
    case AttributeType::Flag: return 1;
    case AttributeType::Name: return sizeof(Symbol);
    case AttributeType::Set: return sizeof(shunt_set_row);
  }
  return 0;
}

std::size_t index_size(std::size_t rows) { return std::bit_ceil(std::max<std::size_t>(16, rows * 2)); }

std::uint64_t next_version() {
  static std::atomic<std::uint64_t> counter{0};
  return counter.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::optional<AttributeId> topology_attribute(const AttributeTable& attributes, std::string_view label) {
  for (const auto& [attribute, key] : kTopologyLabels) {
    if (key == label) return attributes.find(attribute);
  }
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const Snapshot> SnapshotBuilder::build(const EndpointTable& table, std::int64_t oldest_ns) {
  SnapshotBuilder builder(table, oldest_ns);
  builder.snapshot_ = std::shared_ptr<Snapshot>(new Snapshot);
  builder.measure();
  builder.allocate();
  builder.fill_rows();
  builder.fill_columns();
  builder.fill_postings();
  return builder.snapshot_;
}

template <class T>
T* SnapshotBuilder::take(std::size_t count) {
  auto* memory = reinterpret_cast<T*>(next_);
  next_ += padded_bytes(count, sizeof(T));
  return memory;
}

// Its place in label_keys_.
std::uint32_t SnapshotBuilder::label_key(std::string_view key) {
  const auto [place, is_new] = place_of_label_key_.emplace(key, static_cast<std::uint32_t>(label_keys_.size()));
  if (is_new) {
    AttributeTable& attributes = *table_.attributes_;
    label_keys_.push_back({attributes.add_label(key), topology_attribute(attributes, key)});
  }
  return place->second;
}

Symbol SnapshotBuilder::symbol_of(const std::string& text) {
  KnownSymbol& known = known_symbols_[std::hash<std::string>()(text) % known_symbols_.size()];
  if (known.text == nullptr || *known.text != text) known = {&text, SymbolTable::process().intern(text)};
  return known.symbol;
}

void SnapshotBuilder::measure() {
  for (const EndpointTable::Row& row : table_.rows_) {
    for (const auto& [key, value] : row.definition.labels) label_key_of_.push_back(label_key(key));
  }
  // Looked up before the columns are made: a generation that is built meanwhile may register them in between.
  name_id_ = table_.attributes_->find(kEndpointName);
  address_id_ = table_.attributes_->find(kEndpointAddress);
  columns_.resize(table_.attributes_->size());
  const auto count = [this](AttributeId attribute, std::uint32_t members, bool aged) {
    Building& column = columns_[attribute];
    ++column.values;
    column.members += members;
    column.aged |= aged;
  };
  for (std::size_t i = 0; i < table_.rows_.size(); ++i) {
    const EndpointTable::Row& row = table_.rows_[i];
    for (const EndpointTable::Cell& cell : row.cells) {
      if (is_stale(cell)) continue;
      const auto* set = std::get_if<std::vector<std::string>>(&cell.value);
      count(cell.attribute, set ? static_cast<std::uint32_t>(set->size()) : 0, cell.as_of_ns.has_value());
    }
  }
  for (const std::uint32_t label : label_key_of_) {
    count(label_keys_[label].attribute, 0, false);
    // Counted even where the attribute itself is given: a column too many costs less than looking it up.
    if (const auto topology = label_keys_[label].topology) count(*topology, 0, false);
  }
  const std::size_t n = table_.rows_.size();
  for (const auto& id : {name_id_, address_id_}) {
    if (id) columns_[*id].values += static_cast<std::uint32_t>(n);
  }
  bytes_ = padded_bytes(n, sizeof(std::uint64_t)) + padded_bytes(n, sizeof(std::uint32_t)) +
           padded_bytes(index_size(n), sizeof(std::uint32_t));
  for (AttributeId id = 0; id < columns_.size(); ++id) {
    Building& column = columns_[id];
    column.type = table_.attributes_->type(id);
    if (column.values == 0) continue;
    bytes_ += padded_bytes(n, width_of(column.type)) + padded_bytes(n, 1);
    if (column.aged) bytes_ += padded_bytes(n, sizeof(std::int64_t));
    if (column.type == AttributeType::Set) {
      bytes_ += padded_bytes(column.members, sizeof(Symbol)) + padded_bytes(n, sizeof(double));
      // Postings: the row lists together are as long as the pool, and each dense one stands for n / kDenseShare members.
      bytes_ += padded_bytes(column.members, sizeof(std::uint32_t)) +
                (n == 0 ? 0 : (std::size_t{column.members} * kDenseShare / n + 1) * padded_bytes(n, 1));
    }
  }
}

void SnapshotBuilder::allocate() {
  auto* memory = static_cast<std::byte*>(::operator new[](bytes_, std::align_val_t(64)));
  std::memset(memory, 0, bytes_);
  snapshot_->arena_.reset(memory);
  next_ = memory;
}

void SnapshotBuilder::fill_rows() {
  const std::size_t n = table_.rows_.size();
  Snapshot& out = *snapshot_;
  out.size_ = static_cast<std::uint32_t>(n);
  out.version_ = next_version();
  out.layout_ = table_.layout_;
  out.live_ = table_.live_;
  out.attributes_ = table_.attributes_;
  auto* keys = take<std::uint64_t>(n);
  auto* identity = take<std::uint32_t>(n);
  auto* index = take<std::uint32_t>(index_size(n));
  std::fill_n(index, index_size(n), SHUNT_NONE);
  out.keys_ = keys;
  out.identity_ = identity;
  out.row_index_ = index;
  out.row_index_mask_ = index_size(n) - 1;
  out.names_.reserve(n);
  out.addresses_.reserve(n);
  out.live_slots_.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    const EndpointTable::Row& row = table_.rows_[i];
    keys[i] = row.key;
    identity[i] = i;
    std::uint64_t at = row.key & out.row_index_mask_;
    while (index[at] != SHUNT_NONE) at = (at + 1) & out.row_index_mask_;
    index[at] = i;
    out.names_.push_back(row.definition.name);
    out.addresses_.push_back(row.definition.address);
    out.live_slots_.push_back(row.live_slot);
    out.live_slots_are_rows_ = out.live_slots_are_rows_ && row.live_slot == i;
  }
}

void SnapshotBuilder::fill_columns() {
  const std::size_t n = table_.rows_.size();
  for (Building& column : columns_) {
    if (column.values == 0) continue;
    switch (column.type) {
      case AttributeType::Number: column.data = take<double>(n); break;
      case AttributeType::Flag: column.data = take<std::uint8_t>(n); break;
      case AttributeType::Name: column.data = take<Symbol>(n); break;
      case AttributeType::Set:
        column.data = take<shunt_set_row>(n);
        column.pool = take<Symbol>(column.members);
        column.set_sizes = take<double>(n);
        break;
    }
    column.valid = take<std::uint8_t>(n);
    if (column.aged) {
      column.as_of_ns = take<std::int64_t>(n);
      std::fill_n(column.as_of_ns, n, std::numeric_limits<std::int64_t>::max());
    }
  }
  const std::uint32_t* label = label_key_of_.data();
  for (std::uint32_t i = 0; i < n; ++i) {
    const EndpointTable::Row& row = table_.rows_[i];
    for (const EndpointTable::Cell& cell : row.cells) {
      if (!is_stale(cell)) fill_cell(i, cell);
    }
    for (const auto& [key, value] : row.definition.labels) {
      const LabelKey& means = label_keys_[*label++];
      fill_name(i, means.attribute, value);
      if (means.topology && columns_[*means.topology].valid[i] == 0) fill_name(i, *means.topology, value);
    }
    if (name_id_) fill_name(i, *name_id_, row.definition.name);
    if (address_id_ && !row.definition.address.empty()) fill_name(i, *address_id_, row.definition.address);
  }
  snapshot_->columns_.resize(columns_.size());
  for (AttributeId id = 0; id < columns_.size(); ++id) {
    const Building& from = columns_[id];
    Snapshot::Column& to = snapshot_->columns_[id];
    to.type = from.type;
    if (from.values == 0) continue;
    to.absent = false;
    to.data = from.data;
    const bool complete = std::all_of(from.valid, from.valid + n, [](std::uint8_t v) { return v != 0; });
    to.valid = complete ? nullptr : from.valid;
    to.as_of_ns = from.as_of_ns;
    to.pool = from.pool;
    to.pool_size = from.pool_used;
    to.set_sizes = from.set_sizes;
  }
}

void SnapshotBuilder::fill_cell(std::uint32_t row, const EndpointTable::Cell& cell) {
  Building& column = columns_[cell.attribute];
  if (cell.as_of_ns) column.as_of_ns[row] = *cell.as_of_ns;
  switch (column.type) {
    case AttributeType::Number: static_cast<double*>(column.data)[row] = std::get<double>(cell.value); break;
    case AttributeType::Flag: static_cast<std::uint8_t*>(column.data)[row] = std::get<bool>(cell.value) ? 1 : 0; break;
    case AttributeType::Name: return fill_name(row, cell.attribute, std::get<std::string>(cell.value));
    case AttributeType::Set: {
      const std::uint32_t begin = column.pool_used;
      for (const std::string& member : std::get<std::vector<std::string>>(cell.value)) {
        column.pool[column.pool_used++] = symbol_of(member);
      }
      static_cast<shunt_set_row*>(column.data)[row] = {begin, column.pool_used};
      column.set_sizes[row] = column.pool_used - begin;
      break;
    }
  }
  column.valid[row] = 1;
}

void SnapshotBuilder::fill_name(std::uint32_t row, AttributeId attribute, const std::string& text) {
  Building& column = columns_[attribute];
  column.valid[row] = 1;
  static_cast<Symbol*>(column.data)[row] = symbol_of(text);
}

void SnapshotBuilder::fill_postings() {
  const auto n = static_cast<std::uint32_t>(table_.rows_.size());
  snapshot_->postings_.resize(columns_.size());
  for (AttributeId id = 0; id < columns_.size(); ++id) {
    const Building& column = columns_[id];
    if (column.type != AttributeType::Set || column.values == 0) continue;
    const auto* rows = static_cast<const shunt_set_row*>(column.data);
    std::unordered_map<Symbol, std::uint32_t> counts;
    for (std::uint32_t k = 0; k < column.pool_used; ++k) ++counts[column.pool[k]];
    auto* lists = take<std::uint32_t>(column.members);
    auto& postings = snapshot_->postings_[id];
    std::unordered_map<Symbol, std::uint32_t*> cursor;
    std::unordered_map<Symbol, std::uint8_t*> dense;
    for (const auto& [symbol, count] : counts) {
      if (std::uint64_t{count} * kDenseShare >= n) {
        dense[symbol] = take<std::uint8_t>(n);
        postings[symbol].dense = dense[symbol];
      } else {
        postings[symbol].rows = {lists, count};
        cursor[symbol] = lists;
        lists += count;
      }
    }
    for (std::uint32_t row = 0; row < n; ++row) {
      for (std::uint32_t k = rows[row].begin; k < rows[row].end; ++k) {
        if (const auto to = cursor.find(column.pool[k]); to != cursor.end())
          *to->second++ = row;
        else
          dense[column.pool[k]][row] = 1;
      }
    }
  }
}

}  // namespace shunt
