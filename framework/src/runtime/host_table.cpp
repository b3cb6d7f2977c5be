// SPDX-License-Identifier: Apache-2.0
// The services that calls use: errors, logs, memory, symbols, hashes, metrics, effects. Those of create() are in
// init_services.cpp.
#include "runtime/bounded_text.hpp"
#include "runtime/call_context.hpp"
#include "runtime/note_rules.hpp"
#include "runtime/reclaimer.hpp"
#include "scheduling/hash.hpp"

#include <shunt/framework/symbol_table.hpp>
#include <shunt/framework/version.hpp>

#include <spdlog/spdlog.h>

#include <chrono>

#include <algorithm>
#include <cmath>
#include <cstring>

void shunt_ctx::set_error(std::int32_t code, std::string_view text) noexcept {
  error_code = code;
  error_size = 0;
  append_error(text);
  if (caller != nullptr) caller->set_peer_error(code, instance->name(), error_text());
}

// Where the caller fails because of it and says nothing itself, this is the reason.
void shunt_ctx::set_peer_error(std::int32_t code, std::string_view peer, std::string_view text) noexcept {
  error_code = code;
  error_size = 0;
  append_error("plugin \"");
  append_error(peer);
  append_error("\": ");
  append_error(text);
  if (caller != nullptr) caller->set_peer_error(code, peer, text);
}

void shunt_ctx::append_error(std::string_view text) noexcept {
  const std::size_t n = std::min(text.size(), error.size() - error_size);
  std::memcpy(error.data() + error_size, text.data(), n);
  error_size += static_cast<std::uint32_t>(n);
}

namespace shunt {
namespace {

constexpr std::size_t kMaximumLogText = 4096;
constexpr std::size_t kMaximumNoteName = 128;
constexpr std::size_t kMaximumNoteText = 4096;
constexpr std::size_t kMaximumCellText = 65536;
constexpr std::uint64_t kMaximumMembers = std::uint64_t{1} << 20;
constexpr std::size_t kMaximumLookup = std::size_t{1} << 20;  // longer texts are nobody's name

std::string_view view(shunt_str text) { return text.data ? std::string_view(text.data, text.len) : std::string_view(); }

std::int32_t refuse(shunt_ctx* ctx, std::int32_t code, std::string_view text) {
  ctx->set_error(code, text);
  return code;
}

const void* extension(const shunt_host*, shunt_str) noexcept { return nullptr; }

void set_error(shunt_ctx* ctx, std::int32_t code, shunt_str text) noexcept { ctx->set_error(code, view(text)); }

std::uint32_t log_level(shunt_ctx*) noexcept {
  return std::min(static_cast<std::uint32_t>(spdlog::get_level()), SHUNT_LOG_OFF);
}

void log(shunt_ctx* ctx, std::uint32_t level, shunt_str text) noexcept {
  try {
    if (level < log_level(ctx)) return;
    const auto severity = static_cast<spdlog::level::level_enum>(std::min(level, SHUNT_LOG_ERROR));
    const std::string_view line = view(text).substr(0, kMaximumLogText);
    if (ctx->instance == nullptr) return spdlog::log(severity, "library {}: {}", ctx->library, line);
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto left_out =
        ctx->instance->log_allowance.take(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    if (!left_out) return;
    if (*left_out == 0)
      spdlog::log(severity, "plugin {}: {}", ctx->instance->name(), line);
    else
      spdlog::log(severity, "plugin {}: {} ({} more were not logged)", ctx->instance->name(), line, *left_out);
  } catch (...) {
    // A log line that cannot be written is lost; the call goes on.
  }
}

void* call_alloc(shunt_ctx* ctx, std::uint64_t bytes) noexcept { return ctx->arena.allocate(bytes, 16); }

std::uint32_t find_symbol(const shunt_host*, shunt_str text) noexcept {
  const auto known = bounded_view(text, kMaximumLookup);
  return known ? SymbolTable::process().find(*known) : 0;
}

shunt_str symbol_text(const shunt_host*, std::uint32_t symbol) noexcept {
  const std::string_view text = SymbolTable::process().text(symbol);
  return {text.data(), text.size()};
}

std::uint64_t endpoint_key_service(const shunt_host*, shunt_str name) noexcept {
  return endpoint_key(bounded_view(name, kMaximumLookup).value_or(""));
}

std::uint64_t hash_service(const shunt_host*, const void* data, std::uint64_t len, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(data, len, seed);
}

std::uint64_t hash_blocks(const shunt_host*, const void* data, std::uint64_t len, std::uint64_t block_bytes,
                          std::uint64_t seed, std::uint64_t* out, std::uint64_t capacity) noexcept {
  if (block_bytes == 0) return 0;
  const auto* at = static_cast<const char*>(data);
  std::uint64_t n = 0;
  while (len > 0 && n < capacity) {
    const std::uint64_t block = std::min(len, block_bytes);
    seed = XXH3_64bits_withSeed(at, block, seed);
    out[n++] = seed;
    at += block;
    len -= block;
  }
  return n;
}

void add_to(std::atomic<double>& target, double value) noexcept {
  double old = target.load(std::memory_order_relaxed);
  while (!target.compare_exchange_weak(old, old + value, std::memory_order_relaxed)) {
  }
}

void metric_add(shunt_metric* metric, double value) noexcept {
  if (metric == nullptr || !std::isfinite(value)) return;
  if (metric->type == shunt_metric::Type::Counter && value < 0) return;
  add_to(metric->value, value);
  if (metric->type != shunt_metric::Type::Histogram) return;
  const auto bucket = std::lower_bound(metric->bounds.begin(), metric->bounds.end(), value) - metric->bounds.begin();
  metric->buckets[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
}

void metric_set(shunt_metric* metric, double value) noexcept {
  if (metric == nullptr || metric->type != shunt_metric::Type::Gauge || !std::isfinite(value)) return;
  metric->value.store(value, std::memory_order_relaxed);
}

// An effect that may need memory, called from a plugin: nothing may be thrown into it.
template <class Effect>
std::int32_t guarded(shunt_ctx* ctx, Effect&& effect) noexcept {
  try {
    return effect();
  } catch (const std::exception&) {
    return refuse(ctx, SHUNT_OUT_OF_MEMORY, "out of memory");
  }
}

std::int32_t set_value(shunt_ctx* ctx, std::uint32_t slot, const shunt_value* value) noexcept {
  if (value == nullptr) return refuse(ctx, SHUNT_INVALID, "set_value: the value is NULL");
  if ((ctx->permissions & kMaySetValue) == 0) {
    return refuse(ctx, SHUNT_UNSUPPORTED, "set_value is for produce() and pick_profiles()");
  }
  return ctx->effects->set_value(*ctx, slot, *value);
}

std::int32_t annotate(shunt_ctx* ctx, std::uint32_t kind, shunt_str name, shunt_str text) noexcept {
  if (kind < SHUNT_NOTE_INFO || kind > SHUNT_NOTE_TARGET_PORT) {
    return refuse(ctx, SHUNT_UNSUPPORTED, "annotate: this kind of note is not known");
  }
  const bool header = kind == SHUNT_NOTE_REQUEST_HEADER || kind == SHUNT_NOTE_RESPONSE_HEADER;
  if ((ctx->permissions & (header ? kMaySetHeaders : kMayAnnotate)) == 0) {
    return refuse(ctx, SHUNT_UNSUPPORTED,
                  "annotate is for pick_profiles(), process_results() and picked(), for headers also produce()");
  }
  const auto known_name = bounded_view(name, kMaximumNoteName);
  const auto known_text = bounded_view(text, kMaximumNoteText);
  if (!known_name || !known_text) {
    return refuse(ctx, SHUNT_OUT_OF_RANGE, "a note is no text, or longer than 128 bytes of name and 4096 of text");
  }
  const bool absent = text.data == nullptr;
  if (const std::string_view wrong = problem_of_note(kind, *known_name, *known_text, absent); !wrong.empty()) {
    return refuse(ctx, SHUNT_INVALID, wrong);
  }
  return guarded(ctx, [&] { return ctx->effects->annotate(*ctx, kind, *known_name, *known_text, absent); });
}

std::int32_t peer_call(shunt_ctx* ctx, std::uint32_t slot, const shunt_cycle** cycle,
                       const shunt_view** base) noexcept {
  if (ctx->effects == nullptr) return refuse(ctx, SHUNT_UNSUPPORTED, "peer_call is for hot functions");
  if (cycle == nullptr || base == nullptr)
    return refuse(ctx, SHUNT_INVALID, "peer_call: a place for the answer is NULL");
  return ctx->effects->peer_call(*ctx, slot, cycle, base);
}

std::int32_t set_picks(shunt_ctx* ctx, std::uint32_t result, const std::uint32_t* base_rows, std::uint32_t n) noexcept {
  if ((ctx->permissions & kMaySetPicks) == 0) {
    return refuse(ctx, SHUNT_UNSUPPORTED, "set_picks is for process_results()");
  }
  return guarded(ctx, [&] { return ctx->effects->set_picks(*ctx, result, base_rows, n); });
}

// Writes one cell after the checks that all put_*() share. `make` builds the value and may allocate: [events] may. `wrong`
// says what is the matter with the value; nullptr when nothing is.
template <class Make>
std::int32_t put(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, std::uint32_t type, Make&& make,
                 const char* wrong = nullptr) noexcept {
  if ((ctx->permissions & kMayPut) == 0) return refuse(ctx, SHUNT_UNSUPPORTED, "put is for extract() and events()");
  const Instance& instance = *ctx->instance;
  if (slot >= instance.endpoint_outputs.size()) return refuse(ctx, SHUNT_OUT_OF_RANGE, "no such output was declared");
  try {
    if (type != 0 && instance.endpoint_outputs[slot].type != type) {
      return refuse(ctx, SHUNT_INVALID,
                    "column " + instance.endpoint_outputs[slot].name + " was declared with another type");
    }
    if (wrong != nullptr) return refuse(ctx, SHUNT_INVALID, "column " + instance.endpoint_outputs[slot].name + wrong);
    if (!ctx->table->contains(key)) return refuse(ctx, SHUNT_NOT_FOUND, "there is no endpoint with this key");
    const Result<void> done = ctx->table->set(key, instance.endpoint_output_ids[slot], make(), ctx->as_of_ns);
    return done ? SHUNT_OK : refuse(ctx, SHUNT_INVALID, done.error().message);
  } catch (const std::exception& error) {
    return refuse(ctx, SHUNT_OUT_OF_MEMORY, error.what());
  }
}

std::int32_t put_number(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, double value) noexcept {
  return put(
      ctx, slot, key, SHUNT_COLUMN_NUMBER, [&] { return std::optional<AttributeValue>(value); },
      std::isfinite(value) ? nullptr : " takes finite numbers only");
}

std::int32_t put_flag(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, std::uint32_t value) noexcept {
  return put(
      ctx, slot, key, SHUNT_COLUMN_FLAG, [&] { return std::optional<AttributeValue>(value != 0); },
      value <= 1 ? nullptr : " takes 0 and 1 only");
}

std::int32_t put_text(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, shunt_str value) noexcept {
  const auto text = bounded_view(value, kMaximumCellText);
  if (!text) return refuse(ctx, SHUNT_INVALID, "a text is limited to 64 KiB");
  return put(ctx, slot, key, SHUNT_COLUMN_SYMBOL, [&] { return std::optional<AttributeValue>(std::string(*text)); });
}

std::int32_t put_set(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, const shunt_str* names,
                     std::uint64_t n) noexcept {
  if (n > kMaximumMembers || (names == nullptr && n > 0)) return refuse(ctx, SHUNT_INVALID, "no such array of names");
  for (std::uint64_t i = 0; i < n; ++i) {
    if (!bounded_view(names[i], kMaximumCellText)) return refuse(ctx, SHUNT_INVALID, "a name is limited to 64 KiB");
  }
  return put(ctx, slot, key, SHUNT_COLUMN_SET, [&] {
    std::vector<std::string> members;
    for (std::uint64_t i = 0; i < n; ++i) members.emplace_back(view(names[i]));
    return std::optional<AttributeValue>(std::move(members));
  });
}

std::int32_t put_absent(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key) noexcept {
  return put(ctx, slot, key, 0, [] { return std::optional<AttributeValue>(); });
}

std::int32_t retire(shunt_ctx* ctx, void (*release)(void*), void* object) noexcept {
  if ((ctx->permissions & kMayRetire) == 0) return refuse(ctx, SHUNT_UNSUPPORTED, "retire is not for hot functions");
  if (release == nullptr) return refuse(ctx, SHUNT_INVALID, "retire: the function that releases is NULL");
  try {
    Reclaimer::process().retire(ctx->instance, release, object);
    return SHUNT_OK;
  } catch (const std::exception& error) {
    return refuse(ctx, SHUNT_OUT_OF_MEMORY, error.what());
  }
}

shunt_host make_table() noexcept {
  shunt_host host{};
  host.size = sizeof host;
  host.abi_major = SHUNT_ABI_MAJOR;
  host.abi_minor = static_cast<std::uint32_t>(SHUNT_ABI_MINOR_CURRENT);
  host.name = SHUNT_LITERAL("shunt");
  host.version = SHUNT_LITERAL(SHUNT_VERSION);
  host.extension = extension;
  host.set_error = set_error;
  host.log = log;
  host.log_level = log_level;
  host.call_alloc = call_alloc;
  host.find_symbol = find_symbol;
  host.symbol_text = symbol_text;
  host.endpoint_key = endpoint_key_service;
  host.hash = hash_service;
  host.hash_blocks = hash_blocks;
  host.metric_add = metric_add;
  host.metric_set = metric_set;
  host.set_value = set_value;
  host.annotate = annotate;
  host.set_picks = set_picks;
  host.peer_call = peer_call;
  host.put_number = put_number;
  host.put_flag = put_flag;
  host.put_text = put_text;
  host.put_set = put_set;
  host.put_absent = put_absent;
  host.retire = retire;
  fill_init_services(host);
  return host;
}

}  // namespace

const shunt_host& host_table() noexcept {
  static const shunt_host kHost = make_table();
  return kHost;
}

}  // namespace shunt
