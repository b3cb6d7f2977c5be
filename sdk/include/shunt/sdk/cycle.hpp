// SPDX-License-Identifier: Apache-2.0
// cycle.hpp: what surrounds a hot call: request, clock, chance, earlier results, and host services.
#pragma once

#include <shunt/abi/cycle.h>
#include <shunt/abi/host.h>
#include <shunt/sdk/error.hpp>
#include <shunt/sdk/request.hpp>
#include <shunt/sdk/view.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace shunt::sdk {

// One call's access to host services. Valid until the call returns; cheap to copy.
class Context {
 public:
  // Of the call that `ctx` stands for.
  Context(const shunt_host& host, shunt_ctx* ctx) noexcept : host_(&host), ctx_(ctx) {}

  // Sets the failure's text and returns the status to return: `return cycle.fail("no label");`
  Status fail(std::string_view text, Status code = SHUNT_ERROR) const noexcept {
    host_->set_error(ctx_, code, to_abi(text));
    return code;
  }
  // Whether anybody reads lines of this SHUNT_LOG_*: building a text for nobody wastes time.
  bool logs(std::uint32_t level) const noexcept { return level >= host_->log_level(ctx_); }
  // Logs a line in the name of the instance. Not for hot paths.
  void log(std::uint32_t level, std::string_view text) const noexcept { host_->log(ctx_, level, to_abi(text)); }
  // Uninitialised memory for `count` objects until the call returns; empty when the call's arena is exhausted.
  template <class T>
    requires std::is_trivially_destructible_v<T>
  std::span<T> allocate(std::size_t count) const noexcept {
    static_assert(alignof(T) <= 16, "the arena of a call aligns to 16 bytes");
    if (count > SIZE_MAX / sizeof(T)) return {};
    void* memory = host_->call_alloc(ctx_, count * sizeof(T));
    return memory ? std::span<T>(static_cast<T*>(memory), count) : std::span<T>();
  }
  // A copy of a text that lives until the host has taken over the answer of this call; absent when the arena is exhausted.
  shunt_str keep(std::string_view text) const noexcept {
    const std::span<char> copy = allocate<char>(text.size() + 1);
    if (copy.empty()) return {nullptr, 0};
    std::memcpy(copy.data(), text.data(), text.size());
    return {copy.data(), text.size()};
  }
  // The symbol of a text; 0 when no config or endpoint has interned it. Never interns.
  std::uint32_t find_symbol(std::string_view text) const noexcept { return host_->find_symbol(host_, to_abi(text)); }
  // The text of a symbol, which lives as long as the process; empty for an unknown one.
  std::string_view symbol_text(std::uint32_t symbol) const noexcept {
    return to_view(host_->symbol_text(host_, symbol));
  }
  // The key that an endpoint of this name has, whether there is one or not.
  std::uint64_t endpoint_key(std::string_view name) const noexcept { return host_->endpoint_key(host_, to_abi(name)); }
  // XXH3 (64 bits) of the bytes.
  std::uint64_t hash(std::string_view bytes, std::uint64_t seed = 0) const noexcept {
    return host_->hash(host_, bytes.data(), bytes.size(), seed);
  }
  // Chained hashes of consecutive blocks, as many as `out` holds; returns those that were written.
  std::span<std::uint64_t> hash_blocks(std::string_view bytes, std::size_t block_bytes, std::uint64_t seed,
                                       std::span<std::uint64_t> out) const noexcept {
    return out.first(static_cast<std::size_t>(
        host_->hash_blocks(host_, bytes.data(), bytes.size(), block_bytes, seed, out.data(), out.size())));
  }
  // A metric from Init: adds to a counter or a gauge, observes a value in a histogram.
  void metric_add(shunt_metric* metric, double value = 1.0) const noexcept { host_->metric_add(metric, value); }
  // Sets a gauge from Init.
  void metric_set(shunt_metric* gauge, double value) const noexcept { host_->metric_set(gauge, value); }
  // Calls release(object) once no call that may still see `object` is running: replace the shared pointer to it first.
  Status retire(void (*release)(void* object), void* object) const noexcept {
    return host_->retire(ctx_, release, object);
  }
  // As above, with delete.
  template <class T>
  Status retire(T* object) const noexcept {
    return retire([](void* old) { delete static_cast<T*>(old); }, const_cast<std::remove_const_t<T>*>(object));
  }
  // The table of a host extension; nullptr where this host has none of that id.
  const void* extension(std::string_view id) const noexcept { return host_->extension(host_, to_abi(id)); }
  // The host's table, which lives as long as the process.
  const shunt_host& host() const noexcept { return *host_; }
  // What services are called with; valid until the call returns.
  shunt_ctx* raw_context() const noexcept { return ctx_; }

 private:
  const shunt_host* host_;
  shunt_ctx* ctx_;
};

// Outcome of an earlier profile run of the same request.
class Result {
 public:
  explicit Result(const shunt_result& raw) noexcept : raw_(&raw) {}
  // Index of the profile, see Init::profile().
  std::uint32_t profile() const noexcept { return raw_->profile; }
  // The run has picks.
  bool succeeded() const noexcept { return raw_->status == SHUNT_OK; }
  // Filters left nothing.
  bool unavailable() const noexcept { return raw_->status == SHUNT_UNAVAILABLE; }
  // Base rows, best first; empty unless the run succeeded.
  std::span<const std::uint32_t> picks() const noexcept { return {raw_->picks, raw_->n_picks}; }
  // Base rows of the candidates that the filters left, ascending.
  std::span<const std::uint32_t> candidates() const noexcept { return {raw_->base_rows, raw_->n_candidates}; }
  // Weighted totals, parallel to candidates().
  std::span<const double> totals() const noexcept { return {raw_->totals, raw_->n_candidates}; }
  const shunt_result& raw() const noexcept { return *raw_; }

 private:
  const shunt_result* raw_;
};

// Results one stride apart, as the ABI hands them over.
class Results {
 public:
  // `stride` is the distance of two results in bytes, at least the size of one.
  Results(const shunt_result* first, std::size_t size, std::size_t stride) noexcept
      : first_(reinterpret_cast<const std::byte*>(first)), size_(size), stride_(stride) {}
  // Number of results.
  std::size_t size() const noexcept { return size_; }
  // There are none.
  bool empty() const noexcept { return size_ == 0; }
  // The result of run `i`, in the order of the runs; `i` is below size().
  Result operator[](std::size_t i) const noexcept {
    return Result(*reinterpret_cast<const shunt_result*>(first_ + i * stride_));
  }

 private:
  const std::byte* first_;
  std::size_t size_;
  std::size_t stride_;
};

// A hot call. Valid until it returns.
class Cycle : public Context {
 public:
  // Borrows the cycle, which the host owns.
  Cycle(const shunt_host& host, const shunt_cycle& raw) noexcept : Context(host, raw.ctx), raw_(&raw) {}

  // The request being decided.
  Request request() const noexcept { return Request(*raw_->request); }
  // The only clock there is: nanoseconds since the Unix epoch.
  std::int64_t now_ns() const noexcept { return raw_->now_ns; }
  // Mixed for this instance, request, attempt and round. Draws: shunt_draw(cycle.seed(), view.key(row)).
  std::uint64_t seed() const noexcept { return raw_->seed; }
  // Round of the profile handler, from 0.
  std::uint32_t round() const noexcept { return raw_->round; }
  // Index of the running profile; SHUNT_NONE in producers, handlers and observers.
  std::uint32_t profile() const noexcept { return raw_->profile; }
  // Of this request's earlier profile runs.
  Results results() const noexcept { return {raw_->done, raw_->n_done, raw_->done_stride}; }
  // The pool at the start of the cycle.
  const shunt_pool_stats& pool() const noexcept { return *raw_->pool; }
  // The requests that wait at the start of the cycle, this one not counted.
  const shunt_queue_stats& queue() const noexcept { return *raw_->queue; }
  // This instance's columns before any filter, whatever the call's own view has left.
  View base() const noexcept { return View(*raw_->base); }
  // Memory asked for with Init::scratch(); contents undefined at each call.
  void* scratch() const noexcept { return raw_->scratch; }
  // Memory asked for with Init::request_state(), zeroed before the request's first call; nullptr when there was none.
  void* request_state() const noexcept { return raw_->request_state; }
  const shunt_cycle& raw() const noexcept { return *raw_; }

 private:
  const shunt_cycle* raw_;
};

}  // namespace shunt::sdk
