// SPDX-License-Identifier: Apache-2.0
#include "admin/event_feed.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "admin/decision_view.hpp"
#include "admin/generation_view.hpp"
#include "admin/pool_view.hpp"
#include "build_info.hpp"
#include "json_text.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr int kPluginSeconds = 2;
constexpr std::size_t kLookedAt = 400;  // decisions, of which a few are shown

std::string event(std::string_view name, json::object members) {
  json::object data{{"schema", 1}};
  for (auto& member : members) data.insert_or_assign(member.key(), std::move(member.value()));
  return "event: " + std::string(name) + "\ndata: " + compact_json(json::value(std::move(data))) + "\n\n";
}

using Records = std::vector<std::shared_ptr<const DecisionRecord>>;

// Rejections may come in hundreds; they do not push out the others, nor these them.
Records choose(const Records& records) {
  std::array<std::size_t, 2> left = {EventFeed::kMostDecisions / 2, EventFeed::kMostDecisions / 2};
  for (const bool dispatched : {false, true}) {
    const auto same = [dispatched](const auto& record) { return record->dispatched == dispatched; };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(records, same));
    if (count < left[dispatched]) left[!dispatched] += left[dispatched] - count;
  }
  Records chosen;
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (left[(*record)->dispatched] == 0) continue;
    --left[(*record)->dispatched];
    chosen.push_back(*record);
  }
  std::ranges::reverse(chosen);
  return chosen;
}

// Buckets added up over all doors.
struct Latency {
  std::vector<std::uint64_t> buckets;
  double seconds = 0.0;

  void add(const LatencyHistogram::Sum& sum) {
    buckets.resize(std::max(buckets.size(), sum.buckets.size()));
    for (std::size_t i = 0; i < sum.buckets.size(); ++i) buckets[i] += sum.buckets[i];
    seconds += sum.seconds;
  }
  json::object object() const {
    json::array counts;
    for (const std::uint64_t bucket : buckets) counts.emplace_back(bucket);
    return {{"buckets", std::move(counts)}, {"seconds", seconds}};
  }
};

}  // namespace

std::string EventFeed::hello() const {
  json::array bounds;
  for (const double bound : LatencyHistogram::bounds()) bounds.emplace_back(bound);
  return event("hello", {{"version", SHUNT_BUILD_VERSION},
                         {"commit", SHUNT_BUILD_COMMIT},
                         {"wall_ns", host_.clock().wall_ns()},
                         {"latency_bounds", std::move(bounds)},
                         {"explained_per_second", host_.settings().admin.decisions.explained_per_second}});
}

std::string EventFeed::profiles() const {
  const auto generation = host_.scheduler().current();
  return event("profiles", profiles_view(*generation, host_.scheduler().shadow_totals(*generation)));
}

std::string EventFeed::plugins() const {
  const auto generation = host_.scheduler().current();
  return event("plugins", plugins_view(*generation, host_.scheduler().plugin_totals(*generation)));
}

std::string EventFeed::endpoints() const {
  return event("endpoints", endpoint_rows_view(*host_.keeper().pictures().current(), host_.clock().now_ns()));
}

std::string EventFeed::counters() const {
  std::uint64_t begun = 0, ended = 0, decided = 0, rejected = 0, retries = 0, prompt = 0, cached = 0, output = 0;
  Latency decision, duration, first_token, output_token;
  for (const RequestTotals& door : host_.counts().totals()) {
    begun += door.begun;
    ended += door.ended;
    decided += door.decisions;
    rejected += door.rejected_decisions;
    retries += door.retries;
    prompt += door.prompt_tokens;
    cached += door.cached_tokens;
    output += door.output_tokens;
    decision.add(door.decision);
    duration.add(door.duration);
    first_token.add(door.first_token);
    output_token.add(door.output_token);
  }
  json::array outcomes;
  for (const OutcomeCount& outcome : host_.counts().outcomes()) {
    outcomes.push_back(json::array{outcome.door, to_string(outcome.ending), outcome.code, outcome.count});
  }
  std::string why;
  const bool ready = host_.ready(why);
  return event("counters", {{"now_ns", host_.clock().now_ns()},
                            {"wall_ns", host_.clock().wall_ns()},
                            {"ready", ready},
                            {"why", why},
                            {"draining", host_.draining()},
                            {"begun", begun},
                            {"ended", ended},
                            {"decisions", decided},
                            {"rejected_decisions", rejected},
                            {"retries", retries},
                            {"tokens", json::object{{"prompt", prompt}, {"cached", cached}, {"output", output}}},
                            {"outcomes", std::move(outcomes)},
                            {"decision", decision.object()},
                            {"duration", duration.object()},
                            {"first_token", first_token.object()},
                            {"output_token", output_token.object()}});
}

std::string EventFeed::decisions(std::uint64_t after) const {
  const auto records = host_.decisions().after(after, kLookedAt);
  if (records.empty()) return {};
  json::array list;
  for (const auto& record : choose(records)) list.push_back(decision_summary(*record));
  const std::uint64_t newest = records.back()->sequence;
  return event("decisions", {{"newest", newest}, {"count", newest - after}, {"decisions", std::move(list)}});
}

std::string EventFeed::greeting() {
  return hello() + profiles() + plugins() + endpoints() + counters() +
         decisions(last_decision_ > kLookedAt ? last_decision_ - kLookedAt : 0);
}

std::string EventFeed::tick() {
  std::string out;
  ++ticks_;
  if (const std::uint64_t generation = host_.scheduler().current()->number(); generation_ != generation) {
    if (std::exchange(generation_, generation) != 0) out += profiles() + plugins();
  }
  if (ticks_ % kTicksPerSecond == 0) {
    if (std::string rows = endpoints(); rows != last_endpoints_) out += last_endpoints_ = std::move(rows);
    out += counters();
  }
  if (ticks_ % (kTicksPerSecond * kPluginSeconds) == 0) {
    const auto generation = host_.scheduler().current();
    if (generation->deciding_profile_count() < generation->profile_count()) out += profiles();
    out += plugins();
  }
  out += decisions(last_decision_);
  last_decision_ = host_.decisions().newest();
  return out;
}

void EventFeed::skip() {
  last_decision_ = host_.decisions().newest();
  generation_ = host_.scheduler().current()->number();
  last_endpoints_.clear();
}

}  // namespace shunt::host
