// SPDX-License-Identifier: Apache-2.0
#include "live/decision_ring.hpp"

#include <algorithm>
#include <utility>

namespace shunt::host {

DecisionRing::DecisionRing(std::size_t keep, std::size_t bundles, std::size_t most_bytes)
    : keep_(keep), bundles_(std::min(bundles, keep)), most_bytes_(most_bytes) {}

void DecisionRing::add(DecisionRecord record) {
  if (keep_ == 0) return;
  std::vector<Record> gone;  // freed after the lock
  const std::lock_guard lock(mutex_);
  record.sequence = ++newest_;
  if (bundles_ == 0) record.bundle.clear();
  bytes_ += record.explanation.size() + record.bundle.size();
  auto added = std::make_shared<const DecisionRecord>(std::move(record));
  by_id_[added->id] = added;
  records_.push_back(std::move(added));
  if (records_.size() > keep_) drop_oldest();
  shorten();
  gone.swap(gone_);
}

void DecisionRing::drop_oldest() {
  Record& oldest = records_.front();
  bytes_ -= oldest->explanation.size() + oldest->bundle.size();
  if (const auto at = by_id_.find(oldest->id); at != by_id_.end() && at->second == oldest) by_id_.erase(at);
  gone_.push_back(std::move(oldest));
  records_.pop_front();
  without_bundle_ -= without_bundle_ == 0 ? 0 : 1;
  without_text_ -= without_text_ == 0 ? 0 : 1;
}

void DecisionRing::shorten() {
  for (; records_.size() - without_bundle_ > bundles_; ++without_bundle_) {
    Record& record = records_[without_bundle_];
    if (record->bundle.empty()) continue;
    DecisionRecord without = *record;
    without.bundle = {};
    replace(record, std::move(without));
  }
  for (; bytes_ > most_bytes_ && without_text_ < records_.size(); ++without_text_) {
    Record& record = records_[without_text_];
    DecisionRecord without = *record;
    without.bundle = {};
    without.explanation = {};
    replace(record, std::move(without));
  }
}

// Records are immutable, because readers hold them: the one that loses something is replaced.
void DecisionRing::replace(Record& record, DecisionRecord by) {
  bytes_ -= record->explanation.size() + record->bundle.size() - by.explanation.size() - by.bundle.size();
  Record old = std::exchange(record, std::make_shared<const DecisionRecord>(std::move(by)));
  if (const auto at = by_id_.find(old->id); at != by_id_.end() && at->second == old) at->second = record;
  gone_.push_back(std::move(old));
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
