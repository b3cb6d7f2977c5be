// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/endpoint_table.hpp>

#include "scheduling/hash.hpp"
#include "scheduling/snapshot_builder.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <unordered_set>

namespace shunt {
namespace {

Error input_error(std::string message) { return {ErrorKind::Config, "C511", std::move(message)}; }

std::uint64_t next_layout() {
  static std::atomic<std::uint64_t> counter{0};
  return counter.fetch_add(1, std::memory_order_relaxed) + 1;
}

// Members of a set come once each, in the order in which they were first named.
void remove_repeated(std::vector<std::string>& members) {
  std::unordered_set<std::string_view> seen;
  const auto repeated = [&](const std::string& member) { return !seen.insert(member).second; };
  if (std::ranges::none_of(members, repeated)) return;
  std::vector<std::string> distinct;
  seen.clear();
  for (const std::string& member : members) {
    if (seen.insert(member).second) distinct.push_back(member);
  }
  members = std::move(distinct);
}

}  // namespace

std::uint64_t endpoint_key(std::string_view name) noexcept {
  // 0 means "no endpoint" in events and values.
  const std::uint64_t key = hash_bytes(name);
  return key == 0 ? 1 : key;
}

EndpointTable::EndpointTable(std::shared_ptr<AttributeTable> attributes)
    : attributes_(std::move(attributes)),
      live_(std::make_shared<LiveCounters>()),
      layout_(next_layout()),
      in_flight_(*attributes_->find("in_flight")),
      in_flight_tokens_(*attributes_->find("in_flight_tokens")) {}

EndpointTable::Row* EndpointTable::find_row(std::uint64_t key) {
  const auto found = row_of_key_.find(key);
  return found == row_of_key_.end() ? nullptr : &rows_[found->second];
}

const EndpointTable::Row* EndpointTable::find_row(std::uint64_t key) const {
  const auto found = row_of_key_.find(key);
  return found == row_of_key_.end() ? nullptr : &rows_[found->second];
}

Result<void> EndpointTable::add(const EndpointDefinition& endpoint) {
  if (endpoint.name.empty()) return input_error("an endpoint needs a name");
  const std::uint64_t key = endpoint_key(endpoint.name);
  if (const Row* other = find_row(key)) {
    if (other->definition.name == endpoint.name)
      return input_error("endpoint \"" + endpoint.name + "\" exists already");
    return input_error("endpoints \"" + endpoint.name + "\" and \"" + other->definition.name +
                       "\" have the same key: rename one of them");
  }
  const std::optional<std::uint32_t> slot = take_slot(key);
  if (!slot) {
    return input_error("endpoint \"" + endpoint.name + "\" is one too many: counters are kept for " +
                       std::to_string(LiveCounters::kMaximumSlots) + " endpoints");
  }
  rows_.push_back({endpoint, key, *slot, {}});
  try {
    row_of_key_.emplace(key, rows_.size() - 1);
  } catch (...) {
    rows_.pop_back();
    throw;
  }
  layout_ = next_layout();
  return {};
}

// A name keeps its counters when it goes and comes back: responses of its requests may still be under way.
std::optional<std::uint32_t> EndpointTable::take_slot(std::uint64_t key) {
  if (const auto known = slot_of_key_.find(key); known != slot_of_key_.end()) {
    known->second.removal = 0;
    return known->second.slot;
  }
  std::optional<std::uint32_t> slot = reuse_slot();
  if (!slot) {
    if (!live_->reserve(slots_ + 1)) return std::nullopt;
    slot = slots_++;
  }
  slot_of_key_.emplace(key, NamedSlot{*slot, 0});
  return slot;
}

// Pods come and go under ever new names. The slot of a removed one goes to the next when nothing can count there any more:
// no request is under way, and no snapshot is left in which a cycle might still pick it.
std::optional<std::uint32_t> EndpointTable::reuse_slot() {
  while (!published_.empty() && published_.front().second.expired()) published_.pop_front();
  const std::uint64_t oldest =
      published_.empty() ? std::numeric_limits<std::uint64_t>::max() : published_.front().first;
  constexpr std::size_t kLookedAt = 64;  // the first may be stuck with requests whose end was never reported
  for (std::size_t i = 0; i < std::min(freed_.size(), kLookedAt) && freed_[i].version < oldest;) {
    const auto place = freed_.begin() + static_cast<std::ptrdiff_t>(i);
    if (!is_freed(*place)) {
      freed_.erase(place);
      continue;
    }
    const auto known = slot_of_key_.find(place->key);
    const std::uint32_t slot = known->second.slot;
    // Nothing is written here: the end of a request takes its tokens back right after it is no longer counted itself.
    if (live_->in_flight(slot) != 0 || live_->in_flight_tokens(slot) != 0) {
      ++i;
      continue;
    }
    freed_.erase(place);
    slot_of_key_.erase(known);
    return slot;
  }
  return std::nullopt;
}

bool EndpointTable::is_freed(const FreedSlot& freed) const {
  const auto known = slot_of_key_.find(freed.key);
  return known != slot_of_key_.end() && known->second.removal == freed.removal;
}

// The row stays where it is until the next publication, or until half of the rows are like it: taking one out of the middle
// moves all behind it, and many go at once.
Result<void> EndpointTable::remove(std::string_view name) {
  const auto found = row_of_key_.find(endpoint_key(name));
  if (found == row_of_key_.end()) return input_error("there is no endpoint \"" + std::string(name) + "\"");
  Row& gone = rows_[found->second];
  freed_.push_back({gone.key, removals_ + 1, published_.empty() ? 0 : published_.back().first});
  slot_of_key_.find(gone.key)->second.removal = ++removals_;
  gone = Row();
  row_of_key_.erase(found);
  if (rows_.size() > 2 * row_of_key_.size()) take_out_removed();
  // Names that come and go again and again leave entries behind that mean nothing.
  if (freed_.size() > 2 * slot_of_key_.size()) {
    std::erase_if(freed_, [this](const FreedSlot& freed) { return !is_freed(freed); });
  }
  layout_ = next_layout();
  return {};
}

void EndpointTable::take_out_removed() {
  if (rows_.size() == row_of_key_.size()) return;
  std::erase_if(rows_, [](const Row& row) { return row.key == 0; });
  for (std::size_t i = 0; i < rows_.size(); ++i) row_of_key_[rows_[i].key] = i;
}

Result<void> EndpointTable::redefine(const EndpointDefinition& endpoint) {
  Row* row = find_row(endpoint_key(endpoint.name));
  if (row == nullptr) return input_error("there is no endpoint \"" + endpoint.name + "\"");
  if (row->definition.address != endpoint.address) row->cells.clear();
  row->definition = endpoint;
  return {};
}

Result<void> EndpointTable::set(std::uint64_t key, AttributeId attribute, std::optional<AttributeValue> value,
                                std::optional<std::int64_t> as_of_ns) {
  Row* row = find_row(key);
  if (row == nullptr) return input_error("there is no endpoint with this key");
  if (attribute >= attributes_->size()) return input_error("there is no attribute with this id");
  if (value) {
    if (type_of(*value) != attributes_->type(attribute)) {
      return input_error("attribute \"" + attributes_->name(attribute) + "\" is a " +
                         std::string(to_string(attributes_->type(attribute))) + ", not a " +
                         std::string(to_string(type_of(*value))));
    }
    if (const auto* number = std::get_if<double>(&*value); number != nullptr && !std::isfinite(*number)) {
      return input_error("attribute \"" + attributes_->name(attribute) + "\" must be finite");
    }
  }
  if (value) {
    if (auto* members = std::get_if<std::vector<std::string>>(&*value)) remove_repeated(*members);
  }
  if (attribute == in_flight_ || attribute == in_flight_tokens_) {
    // Beyond 2^53 a double no longer counts, and far beyond it does not fit into the counter.
    constexpr double kMostCounted = 9007199254740992.0;
    if (value && !(std::get<double>(*value) >= 0.0 && std::get<double>(*value) <= kMostCounted)) {
      return input_error("attribute \"" + attributes_->name(attribute) + "\" must be a count from 0 to 2^53");
    }
    const auto count = value ? static_cast<std::int64_t>(std::get<double>(*value)) : 0;
    if (attribute == in_flight_)
      live_->set_requests(row->live_slot, count);
    else
      live_->set_tokens(row->live_slot, count);
    return {};
  }
  const auto at = std::lower_bound(row->cells.begin(), row->cells.end(), attribute,
                                   [](const Cell& cell, AttributeId id) { return cell.attribute < id; });
  const bool exists = at != row->cells.end() && at->attribute == attribute;
  if (!value) {
    if (exists) row->cells.erase(at);
  } else if (exists) {
    at->value = std::move(*value);
    at->as_of_ns = as_of_ns;
  } else {
    row->cells.insert(at, {attribute, std::move(*value), as_of_ns});
  }
  return {};
}

std::optional<AttributeValue> EndpointTable::get(std::uint64_t key, AttributeId attribute) const {
  const Row* row = find_row(key);
  if (row == nullptr) return std::nullopt;
  if (attribute == in_flight_) return static_cast<double>(live_->in_flight(row->live_slot));
  if (attribute == in_flight_tokens_) return static_cast<double>(live_->in_flight_tokens(row->live_slot));
  for (const Cell& cell : row->cells) {
    if (cell.attribute == attribute) return cell.value;
  }
  return std::nullopt;
}

std::optional<std::string> EndpointTable::label(std::uint64_t key, std::string_view label_key) const {
  const Row* row = find_row(key);
  if (row == nullptr) return std::nullopt;
  for (const auto& [name, value] : row->definition.labels) {
    if (name == label_key) return value;
  }
  return std::nullopt;
}

std::shared_ptr<const Snapshot> EndpointTable::publish(std::int64_t oldest_ns) {
  take_out_removed();
  auto snapshot = SnapshotBuilder::build(*this, oldest_ns);
  std::erase_if(published_, [](const auto& entry) { return entry.second.expired(); });
  published_.emplace_back(snapshot->version(), snapshot);
  return snapshot;
}

}  // namespace shunt
