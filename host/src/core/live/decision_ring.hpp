// SPDX-License-Identifier: Apache-2.0
// decision_ring.hpp: the last decisions with their explanations, for people who ask why.
//
//   ring.add(std::move(record));
//   if (const auto record = ring.find("00000000000004d2")) print(record->explanation);
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace shunt::host {

// Immutable once it is in the ring. Holds no prompt, but for the bundle.
struct DecisionRecord {
  std::string id;              // 16 hex digits, "-1" and so on behind them for further attempts
  std::uint64_t sequence = 0;  // set by the ring: 1 for the first
  std::int64_t wall_ns = 0;    // time of the calendar
  std::string door;
  std::string request_id;
  std::string model;
  std::string path;
  std::uint32_t attempt = 0;
  bool dispatched = false;
  std::string endpoint;  // of the first pick
  std::string profile;   // primary one
  std::uint32_t http_status = 0;
  std::string code;
  std::string reason;
  std::uint64_t duration_ns = 0;
  std::uint64_t generation = 0;
  std::string explanation;  // the line of `shunt schedule --explain --timings`; empty: this one was not explained
  std::string bundle;       // repro bundle as JSON; empty: not kept
};

// Any thread.
class DecisionRing {
 public:
  // Keeps the last `keep` records, and bundles for the last `bundles` of those. With many endpoints explanations are long: the
  // oldest go, with their bundles, once all together have more than `most_bytes`.
  DecisionRing(std::size_t keep, std::size_t bundles, std::size_t most_bytes = kMostBytes);

  void add(DecisionRecord record);
  std::shared_ptr<const DecisionRecord> find(std::string_view id) const;
  // Those with a sequence above `after`, oldest first; the newest `limit` of them.
  std::vector<std::shared_ptr<const DecisionRecord>> after(std::uint64_t after, std::size_t limit) const;
  // Sequence of the newest; 0: none.
  std::uint64_t newest() const;

 private:
  static constexpr std::size_t kMostBytes = 64u << 20;
  using Record = std::shared_ptr<const DecisionRecord>;

  void drop_oldest();
  void shorten();
  void replace(Record& record, DecisionRecord by);

  const std::size_t keep_;
  const std::size_t bundles_;
  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  std::deque<Record> records_;
  std::unordered_map<std::string, Record> by_id_;
  std::uint64_t newest_ = 0;
  std::size_t bytes_ = 0;           // of explanations and bundles
  std::size_t without_bundle_ = 0;  // so many records at the front have none
  std::size_t without_text_ = 0;    // likewise, neither bundle nor explanation
  std::vector<Record> gone_;        // to be freed after the lock
};

}  // namespace shunt::host
