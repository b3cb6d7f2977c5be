// SPDX-License-Identifier: Apache-2.0
#include "fake_services.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <exception>
#include <set>
#include <utility>

#include "peer_frames.hpp"
#include "text.hpp"

namespace shunt::testing {

using detail::copy;

void FakeServices::set_error(shunt_ctx* ctx, std::int32_t code, shunt_str text) {
  FakeCall::of(ctx).set_error(code, sdk::to_view(text));
}

void FakeServices::log(shunt_ctx* ctx, std::uint32_t level, shunt_str text) {
  FakeCall& call = FakeCall::of(ctx);
  FakeHost& host = *call.instance->host;
  if (call.stage == Stage::EvictionFor) host.misuse(*call.instance, "log() is not allowed in eviction_for()");
  if (level >= host.log_level_) host.logs_.push_back({level, call.instance->name, copy(text)});
}

std::uint32_t FakeServices::log_level(shunt_ctx* ctx) { return FakeCall::of(ctx).instance->host->log_level_; }

void* FakeServices::call_alloc(shunt_ctx* ctx, std::uint64_t bytes) {
  FakeCall& call = FakeCall::of(ctx);
  if (bytes > call.instance->host->arena_bytes_ - call.allocated) return nullptr;
  call.allocated += bytes;
  const std::size_t units = bytes / sizeof(std::max_align_t) + 1;
  auto& block = call.blocks.emplace_back(new std::max_align_t[units]);
  // Nobody may count on zeros.
  std::memset(block.get(), 0xcd, units * sizeof(std::max_align_t));
  return block.get();
}

std::uint32_t FakeServices::find_symbol(const shunt_host* host, shunt_str text) {
  return host_of(host).find_symbol(sdk::to_view(text));
}

shunt_str FakeServices::symbol_text(const shunt_host* host, std::uint32_t symbol) {
  const auto& texts = host_of(host).texts_;
  if (symbol == 0 || symbol > texts.size()) return {nullptr, 0};
  return {texts[symbol - 1].data(), texts[symbol - 1].size()};
}

std::uint64_t FakeServices::endpoint_key(const shunt_host*, shunt_str name) {
  return FakeHost::key_of(sdk::to_view(name));
}

std::uint64_t FakeServices::hash(const shunt_host*, const void* data, std::uint64_t len, std::uint64_t seed) {
  return FakeHost::hash({static_cast<const char*>(data), len}, seed);
}

std::uint64_t FakeServices::hash_blocks(const shunt_host* host, const void* data, std::uint64_t len,
                                        std::uint64_t block_bytes, std::uint64_t seed, std::uint64_t* out,
                                        std::uint64_t capacity) {
  std::uint64_t n = 0;
  for (std::uint64_t at = 0; block_bytes > 0 && at < len && n < capacity; at += block_bytes) {
    seed = hash(host, static_cast<const char*>(data) + at, std::min(block_bytes, len - at), seed);
    out[n++] = seed;
  }
  return n;
}

void FakeServices::drop(const FakeMetric& metric, const char* what) {
  metric.host->misuses_.push_back(metric.instance + ": " + what + " \"" + metric.name + "\"");
}

void FakeServices::metric_add(shunt_metric* metric, double value) {
  if (metric == nullptr) return;
  FakeMetric& it = metric_of(metric);
  if (!std::isfinite(value)) return drop(it, "adds what is not finite to");
  if (it.kind == FakeMetric::Kind::Counter && value < 0) return drop(it, "adds a negative number to the counter");
  if (it.kind == FakeMetric::Kind::Histogram) {
    it.observations.push_back(value);
  } else {
    it.value += value;
  }
}

void FakeServices::metric_set(shunt_metric* metric, double value) {
  if (metric == nullptr) return;
  FakeMetric& it = metric_of(metric);
  if (it.kind != FakeMetric::Kind::Gauge) return drop(it, "sets what is no gauge:");
  if (!std::isfinite(value)) return drop(it, "sets to what is not finite");
  it.value = value;
}

std::int32_t FakeServices::set_value(shunt_ctx* ctx, std::uint32_t slot, const shunt_value* value) {
  FakeCall& call = FakeCall::of(ctx);
  if (!allowed(call, "set_value", {Stage::Produce, Stage::PickProfiles})) return SHUNT_UNSUPPORTED;
  if (value == nullptr) return refuse(call, SHUNT_INVALID, "set_value: the value is NULL");
  const auto& declared = call.instance->declared.output_values;
  if (slot >= declared.size()) return refuse(call, SHUNT_OUT_OF_RANGE, "set_value: no such slot");
  if (!SHUNT_HAS(value, shunt_value, text)) return refuse(call, SHUNT_INVALID, "set_value: the size is too small");
  if (value->type != declared[slot].type) return refuse(call, SHUNT_INVALID, "set_value: not the declared type");
  auto& values = call.instance->host->values_;
  if (value->present == 0) {
    values.erase(declared[slot].name);
    return SHUNT_OK;
  }
  switch (value->type) {
    case SHUNT_VALUE_NUMBER:
      if (!std::isfinite(value->number)) return refuse(call, SHUNT_INVALID, "set_value: not finite");
      values[declared[slot].name] = value->number;
      break;
    case SHUNT_VALUE_ENDPOINT: values[declared[slot].name] = EndpointRef{value->key}; break;
    case SHUNT_VALUE_SYMBOL: values[declared[slot].name] = SymbolRef{value->symbol}; break;
    default:
      if (!is_text(value->text, 65536)) return refuse(call, SHUNT_INVALID, "set_value: a text has 64 KiB at most");
      values[declared[slot].name] = copy(value->text);
  }
  return SHUNT_OK;
}

bool FakeServices::is_token(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

bool FakeServices::is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::optional<std::uint32_t> FakeServices::port_of(std::string_view text) {
  std::uint32_t port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || port > 65535) return std::nullopt;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (text.empty() || port == 0 || port > 65535) return std::nullopt;
  return port;
}

std::int32_t FakeServices::annotate(shunt_ctx* ctx, std::uint32_t kind, shunt_str name, shunt_str text) {
  FakeCall& call = FakeCall::of(ctx);
  const bool header = kind == SHUNT_NOTE_REQUEST_HEADER || kind == SHUNT_NOTE_RESPONSE_HEADER;
  const bool may =
      header ? allowed(call, "annotate", {Stage::PickProfiles, Stage::ProcessResults, Stage::Picked, Stage::Produce})
             : allowed(call, "annotate", {Stage::PickProfiles, Stage::ProcessResults, Stage::Picked});
  if (!may) return SHUNT_UNSUPPORTED;
  if (!is_text(name, 128) || !is_text(text, 4096)) {
    return refuse(call, SHUNT_OUT_OF_RANGE, "annotate: no text, or a note that is too long");
  }
  Notes& notes = call.root->notes;
  Notes added = notes;
  std::string key = copy(name);
  if (header) {
    for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!is_token(key)) return refuse(call, SHUNT_INVALID, "annotate: no name of a header");
    if (!is_visible(sdk::to_view(text))) return refuse(call, SHUNT_INVALID, "annotate: control characters in a header");
    Headers& headers = kind == SHUNT_NOTE_REQUEST_HEADER ? added.request_headers : added.response_headers;
    headers[key] = text.data == nullptr ? std::nullopt : std::optional<std::string>(copy(text));
  } else if (kind == SHUNT_NOTE_INFO) {
    if (key.empty() || text.data == nullptr)
      return refuse(call, SHUNT_INVALID, "annotate: a note without name or text");
    added.annotations[key] = copy(text);
  } else if (kind == SHUNT_NOTE_TARGET_PORT) {
    added.target_port = port_of(sdk::to_view(text));
    if (!key.empty() || !added.target_port) return refuse(call, SHUNT_INVALID, "annotate: no port");
  } else {
    return refuse(call, SHUNT_UNSUPPORTED, "annotate: unknown kind of note");
  }
  if (added.size() > 64) return refuse(call, SHUNT_OUT_OF_RANGE, "annotate: more than 64 notes");
  notes = std::move(added);
  return SHUNT_OK;
}

std::int32_t FakeServices::peer_call(shunt_ctx* ctx, std::uint32_t slot, const shunt_cycle** cycle,
                                     const shunt_view** base) {
  FakeCall& call = FakeCall::of(ctx);
  if (!is_hot(call.stage) || call.peers == nullptr) {
    call.instance->host->misuse(*call.instance, "peer_call() is not allowed in this function");
    return refuse(call, SHUNT_UNSUPPORTED, "peer_call() is for hot functions");
  }
  if (cycle == nullptr || base == nullptr) return refuse(call, SHUNT_INVALID, "peer_call: no place for the answer");
  if (slot >= call.instance->peers.size()) return refuse(call, SHUNT_OUT_OF_RANGE, "peer_call: no such slot");
  try {
    call.peers->enter(call, slot, cycle, base);
    return SHUNT_OK;
  } catch (const std::exception& error) {
    // What the test gave does not fit the peer. The plugin is no place to throw that through.
    call.instance->host->misuse(*call.instance->peers[slot], error.what());
    return refuse(call, SHUNT_ERROR, error.what());
  }
}

std::int32_t FakeServices::set_picks(shunt_ctx* ctx, std::uint32_t result, const std::uint32_t* base_rows,
                                     std::uint32_t n) {
  FakeCall& call = FakeCall::of(ctx);
  if (!allowed(call, "set_picks", {Stage::ProcessResults})) return SHUNT_UNSUPPORTED;
  if (call.root != &call) return refuse(call, SHUNT_UNSUPPORTED, "set_picks is not for peers");
  if (call.results == nullptr || result >= call.results->size() || (*call.results)[result].status != SHUNT_OK) {
    return refuse(call, SHUNT_OUT_OF_RANGE, "set_picks: no such successful result");
  }
  const std::vector<std::uint32_t>& candidates = (*call.results)[result].candidates;
  if (n == 0 || n > candidates.size()) {
    return refuse(call, SHUNT_OUT_OF_RANGE, "set_picks: one pick at least, and no more than there are candidates");
  }
  const std::vector<std::uint32_t> rows(base_rows, base_rows + n);
  const std::set<std::uint32_t> distinct(rows.begin(), rows.end());
  const bool known = std::all_of(rows.begin(), rows.end(), [&](std::uint32_t row) {
    return std::find(candidates.begin(), candidates.end(), row) != candidates.end();
  });
  if (!known || distinct.size() != rows.size()) {
    return refuse(call, SHUNT_INVALID, "set_picks: needs distinct candidates of the run");
  }
  call.replaced_picks[result] = rows;
  return SHUNT_OK;
}

std::int32_t FakeServices::put(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, std::uint32_t type, Cell content,
                               const char* wrong) {
  FakeCall& call = FakeCall::of(ctx);
  if (!allowed(call, "put", {Stage::Events})) return SHUNT_UNSUPPORTED;
  for (const DeclaredOutput& output : call.instance->declared.outputs) {
    if (output.scope != SHUNT_SCOPE_ENDPOINT || slot-- != 0) continue;
    if (type != 0 && output.type != type) return refuse(call, SHUNT_INVALID, "put: not the declared type");
    if (wrong != nullptr) return refuse(call, SHUNT_INVALID, std::string("put: ") + wrong);
    FakeHost& host = *call.instance->host;
    if (host.endpoints_.count(key) == 0) return refuse(call, SHUNT_NOT_FOUND, "put: unknown endpoint");
    host.cells_.push_back({output.name, key, std::move(content)});
    return SHUNT_OK;
  }
  return refuse(call, SHUNT_OUT_OF_RANGE, "put: no endpoint output has this slot");
}

std::int32_t FakeServices::put_number(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, double value) {
  return put(ctx, slot, key, SHUNT_COLUMN_NUMBER, value, std::isfinite(value) ? nullptr : "not finite");
}

std::int32_t FakeServices::put_flag(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, std::uint32_t value) {
  return put(ctx, slot, key, SHUNT_COLUMN_FLAG, value == 1, value > 1 ? "neither 0 nor 1" : nullptr);
}

std::int32_t FakeServices::put_text(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, shunt_str value) {
  const bool fits = is_text(value, 65536);
  return put(ctx, slot, key, SHUNT_COLUMN_SYMBOL, fits ? copy(value) : "",
             fits ? nullptr : "a text has 64 KiB at most");
}

std::int32_t FakeServices::put_set(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, const shunt_str* names,
                                   std::uint64_t n) {
  TextSet members;
  if (n > (1u << 20) || (names == nullptr && n > 0)) return refuse(FakeCall::of(ctx), SHUNT_INVALID, "put: no names");
  for (std::uint64_t i = 0; i < n; ++i) {
    if (!is_text(names[i], 65536)) return refuse(FakeCall::of(ctx), SHUNT_INVALID, "put: a name has 64 KiB at most");
    const std::string member = copy(names[i]);
    if (std::find(members.begin(), members.end(), member) == members.end()) members.push_back(member);
  }
  return put(ctx, slot, key, SHUNT_COLUMN_SET, std::move(members));
}

std::int32_t FakeServices::put_absent(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key) {
  return put(ctx, slot, key, 0, std::monostate());
}

std::int32_t FakeServices::retire(shunt_ctx* ctx, void (*release)(void*), void* object) {
  FakeCall& call = FakeCall::of(ctx);
  const FakeInstance& instance = *call.instance;
  if (is_hot(call.stage)) {
    instance.host->misuse(instance, "retire() is not allowed in this function");
    return refuse(call, SHUNT_UNSUPPORTED, "retire() is not for hot functions");
  }
  if (release == nullptr) return refuse(call, SHUNT_INVALID, "retire: the function that releases is NULL");
  instance.host->retired_.push_back({release, object, &instance});
  return SHUNT_OK;
}

constinit const shunt_host FakeServices::kTable{sizeof(shunt_host),
                                                SHUNT_ABI_MAJOR,
                                                static_cast<std::uint32_t>(SHUNT_ABI_MINOR_CURRENT),
                                                0,
                                                {"fake", 4},
                                                {"0", 1},
                                                &extension,
                                                &column,
                                                &membership,
                                                &value,
                                                &output,
                                                &output_value,
                                                &scratch,
                                                &request_state,
                                                &peer,
                                                &profile,
                                                &profile_count,
                                                &profile_name,
                                                &parameter,
                                                &parameter_key,
                                                &intern,
                                                &metric,
                                                &fetch,
                                                &set_error,
                                                &log,
                                                &log_level,
                                                &call_alloc,
                                                &find_symbol,
                                                &symbol_text,
                                                &endpoint_key,
                                                &hash,
                                                &hash_blocks,
                                                &metric_add,
                                                &metric_set,
                                                &set_value,
                                                &annotate,
                                                &set_picks,
                                                &peer_call,
                                                &put_number,
                                                &put_flag,
                                                &put_text,
                                                &put_set,
                                                &put_absent,
                                                &retire};

}  // namespace shunt::testing
