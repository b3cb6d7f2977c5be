// SPDX-License-Identifier: Apache-2.0
// Which endpoints there are, as the sources of the keeper say.
#include "live/endpoint_keeper.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace shunt::host {

namespace {

// What this host counts itself.
constexpr std::array<std::string_view, 2> kOwnCounters = {"in_flight", "in_flight_tokens"};

bool is_own_counter(std::string_view name) { return std::ranges::find(kOwnCounters, name) != kOwnCounters.end(); }

bool same_definition(const EndpointDefinition& a, const EndpointDefinition& b) {
  return a.address == b.address && a.labels == b.labels;
}

}  // namespace

std::vector<std::string> EndpointKeeper::put_endpoints(std::string_view source,
                                                       const std::vector<EndpointEntry>& endpoints) {
  std::vector<std::string> refused;
  for (auto& [key, all] : waiting_) std::erase_if(all, [&](const Waiting& one) { return one.source == source; });
  std::erase_if(waiting_, [](const auto& entry) { return entry.second.empty(); });
  std::unordered_set<std::uint64_t> named;
  for (const EndpointEntry& entry : endpoints) {
    const auto leave_out = [&](const std::string& why) {
      refused.push_back("endpoint \"" + entry.definition.name + "\" of " + std::string(source) +
                        " is left out: " + why);
    };
    const std::uint64_t key = endpoint_key(entry.definition.name);
    if (entry.definition.address.empty()) {
      leave_out("it has no address");
    } else if (!named.insert(key).second) {
      leave_out("it is there twice");
    } else if (const auto known = known_.find(key); known == known_.end()) {
      add(key, source, entry, refused);
    } else if (known->second.status.source != source) {
      leave_out(known->second.status.source + " has one of that name");
      waiting_[key].push_back({std::string(source), entry});
    } else {
      renew(key, known->second, entry, refused);
    }
  }
  std::vector<std::uint64_t> gone;
  for (const auto& [key, known] : known_) {
    if (known.status.source == source && !named.contains(key)) gone.push_back(key);
  }
  for (const std::uint64_t key : gone) let_go(key, refused);
  change();
  return refused;
}

void EndpointKeeper::add(std::uint64_t key, std::string_view source, const EndpointEntry& entry,
                         std::vector<std::string>& refused) {
  if (const auto added = table_.add(entry.definition); !added) {
    refused.push_back(added.error().message);
    return;
  }
  Known& known = known_[key];
  known.entry = entry;
  known.status.source = source;
  write_attributes(key, entry, refused);
  tell(SHUNT_EVENT_ENDPOINT_ADDED, key, entry.definition.name);
  for (EndpointListener* listener : listeners_) listener->endpoint_added(key, known.entry.definition);
}

// Another address is another server: nothing that is known of the old one holds for it.
void EndpointKeeper::renew(std::uint64_t key, Known& known, const EndpointEntry& entry,
                           std::vector<std::string>& refused) {
  const bool same = same_definition(known.entry.definition, entry.definition);
  if (!same) {
    for (EndpointListener* listener : listeners_) listener->endpoint_removed(key);
    if (known.entry.definition.address != entry.definition.address) {
      EndpointStatus fresh;
      fresh.source = std::move(known.status.source);
      known.status = std::move(fresh);
      status_changed_ = true;
    }
    (void)table_.redefine(entry.definition);
  }
  for (const WrittenAttribute& old : known.entry.attributes) {
    const auto id = table_.attributes()->find(old.name);
    if (id && !is_own_counter(old.name)) (void)table_.set(key, *id, std::nullopt);
  }
  known.entry = entry;
  write_attributes(key, entry, refused);
  if (known.status.health != Health::Unknown) write_health(key, known.status.health);
  if (same) return;
  tell(SHUNT_EVENT_ENDPOINT_CHANGED, key, entry.definition.name);
  for (EndpointListener* listener : listeners_) listener->endpoint_added(key, known.entry.definition);
}

// Its source no longer names it. Where another one does, it goes on as that one's.
void EndpointKeeper::let_go(std::uint64_t key, std::vector<std::string>& refused) {
  const auto known = known_.find(key);
  if (const auto others = waiting_.find(key); others != waiting_.end()) {
    const Waiting next = std::move(others->second.front());
    others->second.erase(others->second.begin());
    if (others->second.empty()) waiting_.erase(others);
    known->second.status.source = next.source;
    status_changed_ = true;
    renew(key, known->second, next.entry, refused);
    return;
  }
  const std::string name = known->second.entry.definition.name;
  for (EndpointListener* listener : listeners_) listener->endpoint_removed(key);
  (void)table_.remove(name);
  known_.erase(known);
  tell(SHUNT_EVENT_ENDPOINT_REMOVED, key, name);
}

void EndpointKeeper::write_attributes(std::uint64_t key, const EndpointEntry& entry,
                                      std::vector<std::string>& refused) {
  for (const WrittenAttribute& written : entry.attributes) {
    if (is_own_counter(written.name)) {
      refused.push_back("endpoint \"" + entry.definition.name + "\": the attribute \"" + written.name +
                        "\" is left out: a running host counts that itself");
      continue;
    }
    const auto id = table_.attributes()->add(written.name, type_of(written.value));
    const auto set = id ? table_.set(key, *id, written.value) : Result<void>(id.error());
    if (!set) refused.push_back("endpoint \"" + entry.definition.name + "\": " + set.error().message);
  }
}

void EndpointKeeper::write_health(std::uint64_t key, Health health) {
  if (health == Health::Unknown) {
    (void)table_.set(key, healthy_, std::nullopt);
  } else {
    (void)table_.set(key, healthy_, AttributeValue(health == Health::Healthy));
  }
}

}  // namespace shunt::host
