// SPDX-License-Identifier: Apache-2.0
// call_context.hpp: what stands behind the handles shunt_ctx and shunt_init.
#pragma once

#include <shunt/abi/abi.h>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/instance.hpp>

#include "scheduling/arena.hpp"

#include <boost/json/value.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace shunt {

class GenerationBuilder;

// What a hot call may change besides the arrays it was given. Implemented by the cycle.
// Each answers a status and has put the text of a failure into `ctx`.
class CallEffects {
 public:
  virtual std::int32_t set_value(shunt_ctx& ctx, std::uint32_t slot, const shunt_value& value) = 0;
  // `name` and `text` are bounded, a kind is known; `removes`: a header without text.
  virtual std::int32_t annotate(shunt_ctx& ctx, std::uint32_t kind, std::string_view name, std::string_view text,
                                bool removes) = 0;
  virtual std::int32_t set_picks(shunt_ctx& ctx, std::uint32_t result, const std::uint32_t* base_rows,
                                 std::uint32_t n) = 0;
  virtual std::int32_t peer_call(shunt_ctx& ctx, std::uint32_t slot, const shunt_cycle** cycle,
                                 const shunt_view** base) = 0;

 protected:
  ~CallEffects() = default;
};

// Which of the effects the running call may have.
enum Permission : std::uint32_t {
  kMaySetValue = 1,
  kMayAnnotate = 2,
  kMaySetHeaders = 4,
  kMaySetPicks = 8,
  kMayPut = 16,
  kMayRetire = 32  // every call that is not hot
};

// Texts per call are bounded; an explanation of a large pool is the largest user.
inline constexpr std::size_t kCallArenaLimit = std::size_t{8} << 20;
inline constexpr std::size_t kErrorTextLimit = 1024;

}  // namespace shunt

struct shunt_ctx {
  const shunt::Instance* instance = nullptr;  // nullptr while a library starts
  std::string_view library;                   // that starts
  std::uint32_t plan_index = 0;               // of the instance, in calls of a cycle
  std::uint32_t permissions = 0;
  std::int32_t error_code = 0;
  std::uint32_t error_size = 0;
  std::array<char, shunt::kErrorTextLimit> error;
  shunt::Arena arena{4096, shunt::kCallArenaLimit};
  shunt::CallEffects* effects = nullptr;
  shunt_ctx* caller = nullptr;            // of a peer's call: who gets to know its errors
  shunt::EndpointTable* table = nullptr;  // put_*()
  std::int64_t as_of_ns = 0;              // put_*()

  // Before each call into an instance.
  void begin(const shunt::Instance& callee, std::uint32_t allowed) noexcept {
    instance = &callee;
    permissions = allowed;
    error_code = 0;
    error_size = 0;
    arena.reset();
  }
  std::string_view error_text() const noexcept { return {error.data(), error_size}; }
  void set_error(std::int32_t code, std::string_view text) noexcept;

 private:
  void set_peer_error(std::int32_t code, std::string_view peer, std::string_view text) noexcept;
  void append_error(std::string_view text) noexcept;
};

// One create() call.
struct shunt_init {
  shunt::GenerationBuilder* builder = nullptr;
  shunt::Instance* instance = nullptr;
  const boost::json::value* parameters = nullptr;
  shunt_ctx ctx;
  std::string error_code;  // the C5xx code that fits better than "refused to be created"

  std::int32_t fail(std::int32_t status, std::string_view code, std::string_view text) {
    error_code = code;
    ctx.set_error(status, text);
    return status;
  }
};

namespace shunt {

// The table that every plugin gets. Static.
const shunt_host& host_table() noexcept;

// The part of it that serves create().
void fill_init_services(shunt_host& host) noexcept;

}  // namespace shunt
