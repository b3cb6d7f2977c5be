// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/attribute.hpp>

namespace shunt {

std::string_view to_string(AttributeType type) {
  switch (type) {
    case AttributeType::Number: return "number";
    case AttributeType::Flag: return "flag";
    case AttributeType::Name: return "name";
    case AttributeType::Set: return "set";
  }
  return "unknown";
}

const std::vector<CanonicalAttribute>& canonical_attributes() {
  using enum AttributeType;
  static const std::vector<CanonicalAttribute> kAll = {
      {"queue", Number, "waiting requests at the endpoint"},
      {"running", Number, "running requests"},
      {"kv_cache_usage", Number, "used share of the KV cache, 0 to 1"},
      {"kv_cache_block_size", Number, "tokens per KV cache block"},
      {"kv_cache_blocks", Number, "KV cache blocks in total"},
      {"active_models", Set, "models or adapters that are loaded or running"},
      {"waiting_models", Set, "models or adapters that wait to be loaded"},
      {"max_active_models", Number, "models or adapters that fit at a time"},
      {"models", Set, "models that the endpoint can serve; absent: any"},
      {"request_types", Set, "chat, generate, embedding; absent: any"},
      {"in_flight", Number, "requests that shunt has sent there and not seen end"},
      {"in_flight_tokens", Number, "tokens of those requests"},
      {"max_concurrency", Number, "requests that the endpoint takes at a time"},
      {"load", Number, "0 to 1; in_flight / max_concurrency unless given"},
      {"avg_latency_ms", Number, "mean latency of its requests in milliseconds"},
      {"tokens_per_second", Number, "generation throughput"},
      {"gpu_count", Number, "accelerators behind the endpoint"},
      {"price_per_gpu_hour", Number, "price of one accelerator per hour"},
      {"healthy", Flag, "answers health checks; default true"},
      {"available", Flag, "may receive requests; default true"},
      {"draining", Flag, "finishes what it has and takes no more; default false"},
      {"machine", Name, "host that it runs on"},
      {"rack", Name, "rack of that host"},
      {"zone", Name, "availability zone"},
      {"region", Name, "region"},
      {"predicted_ttft_ms", Number, "predicted time to first token in milliseconds"},
      {"predicted_tpot_ms", Number, "predicted time per output token in milliseconds"},
  };
  return kAll;
}

Result<void> check_attribute_type(std::string_view name, AttributeType type) {
  const bool label = name.starts_with(kLabelPrefix);
  if ((!label && !name.starts_with(kEndpointPrefix)) || type == AttributeType::Name) return {};
  return Error{ErrorKind::Config, "C510",
               "attribute \"" + std::string(name) + "\" is a name, not a " + std::string(to_string(type)) +
                   ": it holds " + (label ? "the text of an endpoint label" : "a text that every endpoint has")};
}

AttributeTable::AttributeTable() {
  for (const CanonicalAttribute& attribute : canonical_attributes()) (void)add(attribute.name, attribute.type);
}

Error attribute_type_error(std::string_view name, AttributeType known, AttributeType wanted) {
  return {ErrorKind::Config, "C510",
          "attribute \"" + std::string(name) + "\" is a " + std::string(to_string(known)) + ", not a " +
              std::string(to_string(wanted))};
}

Result<AttributeId> AttributeTable::add(std::string_view name, AttributeType type) { return insert(name, type, true); }

Result<AttributeId> AttributeTable::expect(std::string_view name, AttributeType type) {
  return insert(name, type, false);
}

Result<AttributeId> AttributeTable::insert(std::string_view name, AttributeType type, bool known) {
  // The snapshot fills these columns with texts, so another type would break every snapshot from then on.
  if (const Result<void> fits = check_attribute_type(name, type); !fits) return fits.error();
  const std::lock_guard lock(mutex_);
  if (const auto found = by_name_.find(std::string(name)); found != by_name_.end()) {
    Entry& entry = entries_[found->second];
    if (entry.type != type) return attribute_type_error(name, entry.type, type);
    entry.known = entry.known || known;
    return found->second;
  }
  const auto id = static_cast<AttributeId>(entries_.size());
  entries_.push_back({std::string(name), type, known});
  try {
    by_name_.emplace(std::string(name), id);
  } catch (...) {
    entries_.pop_back();
    throw;
  }
  return id;
}

AttributeId AttributeTable::add_label(std::string_view key) {
  return add(std::string(kLabelPrefix) + std::string(key), AttributeType::Name).value();
}

std::optional<AttributeId> AttributeTable::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto known = by_name_.find(std::string(name));
  if (known == by_name_.end()) return std::nullopt;
  return known->second;
}

AttributeType AttributeTable::type(AttributeId id) const {
  const std::lock_guard lock(mutex_);
  return entries_[id].type;
}

std::string AttributeTable::name(AttributeId id) const {
  const std::lock_guard lock(mutex_);
  return entries_[id].name;
}

bool AttributeTable::known(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(std::string(name));
  return found != by_name_.end() && entries_[found->second].known;
}

std::vector<std::string> AttributeTable::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  all.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (entry.known) all.push_back(entry.name);
  }
  return all;
}

std::size_t AttributeTable::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace shunt
