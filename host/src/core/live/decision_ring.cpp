// SPDX-License-Identifier: Apache-2.0
#include "live/decision_ring.hpp"

#include <algorithm>
#include <utility>

namespace shunt::host {

DecisionRing::DecisionRing(std::size_t keep, std::size_t bundles) : keep_(keep), bundles_(std::min(bundles, keep)) {}

void DecisionRing::add(DecisionRecord record) {
  if (keep_ == 0) return;
  std::shared_ptr<const DecisionRecord> gone;    // freed after the lock
  std::shared_ptr<const DecisionRecord> shrunk;  // likewise
  const std::lock_guard lock(mutex_);
  record.sequence = ++newest_;
  if (bundles_ == 0) record.bundle.clear();
  auto added = std::make_shared<const DecisionRecord>(std::move(record));
  by_id_[added->id] = added;
  records_.push_back(std::move(added));
  if (records_.size() > keep_) {
    gone = std::move(records_.front());
    records_.pop_front();
    if (const auto at = by_id_.find(gone->id); at != by_id_.end() && at->second == gone) by_id_.erase(at);
  }
  if (records_.size() <= bundles_) return;
  // Records are immutable, because readers hold them: the one that loses its bundle is replaced.
  std::shared_ptr<const DecisionRecord>& oldest = records_[records_.size() - bundles_ - 1];
  if (oldest->bundle.empty()) return;
  DecisionRecord without = *oldest;
  without.bundle = {};
  shrunk = std::exchange(oldest, std::make_shared<const DecisionRecord>(std::move(without)));
  if (const auto at = by_id_.find(shrunk->id); at != by_id_.end() && at->second == shrunk) at->second = oldest;
}

std::shared_ptr<const DecisionRecord> DecisionRing::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const DecisionRecord>> DecisionRing::after(std::uint64_t after, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  auto first = std::ranges::upper_bound(records_, after, {}, [](const auto& record) { return record->sequence; });
  const auto count = static_cast<std::size_t>(records_.end() - first);
  if (count > limit) first += static_cast<std::ptrdiff_t>(count - limit);
  return {first, records_.end()};
}

std::uint64_t DecisionRing::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace shunt::host
