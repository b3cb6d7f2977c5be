// SPDX-License-Identifier: Apache-2.0
// fake_services.hpp: the services of the fake host that running functions use, and its table.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fake_declarations.hpp"

namespace shunt::testing {

struct FakeServices : FakeDeclarations {
  static void set_error(shunt_ctx* ctx, std::int32_t code, shunt_str text);
  static void log(shunt_ctx* ctx, std::uint32_t level, shunt_str text);
  static std::uint32_t log_level(shunt_ctx* ctx);
  static void* call_alloc(shunt_ctx* ctx, std::uint64_t bytes);
  static std::uint32_t find_symbol(const shunt_host* host, shunt_str text);
  static shunt_str symbol_text(const shunt_host* host, std::uint32_t symbol);
  static std::uint64_t endpoint_key(const shunt_host*, shunt_str name);
  static std::uint64_t hash(const shunt_host*, const void* data, std::uint64_t len, std::uint64_t seed);
  static std::uint64_t hash_blocks(const shunt_host* host, const void* data, std::uint64_t len,
                                   std::uint64_t block_bytes, std::uint64_t seed, std::uint64_t* out,
                                   std::uint64_t capacity);
  // What the host drops is dropped here as well, and noted: nobody would ever see the number.
  static void drop(const FakeMetric& metric, const char* what);
  static void metric_add(shunt_metric* metric, double value);
  static void metric_set(shunt_metric* metric, double value);

  static std::int32_t set_value(shunt_ctx* ctx, std::uint32_t slot, const shunt_value* value);
  // A header name: an HTTP token, in lower case.
  static bool is_token(std::string_view name);
  static bool is_visible(std::string_view text);
  static std::optional<std::uint32_t> port_of(std::string_view text);
  static std::int32_t annotate(shunt_ctx* ctx, std::uint32_t kind, shunt_str name, shunt_str text);
  static std::int32_t peer_call(shunt_ctx* ctx, std::uint32_t slot, const shunt_cycle** cycle, const shunt_view** base);
  static std::int32_t set_picks(shunt_ctx* ctx, std::uint32_t result, const std::uint32_t* base_rows, std::uint32_t n);

  // `wrong`: what is the matter with the content, nullptr when nothing is.
  static std::int32_t put(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, std::uint32_t type, Cell content,
                          const char* wrong = nullptr);
  static std::int32_t put_number(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, double value);
  static std::int32_t put_flag(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, std::uint32_t value);
  static std::int32_t put_text(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, shunt_str value);
  static std::int32_t put_set(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key, const shunt_str* names,
                              std::uint64_t n);
  static std::int32_t put_absent(shunt_ctx* ctx, std::uint32_t slot, std::uint64_t key);

  static std::int32_t retire(shunt_ctx* ctx, void (*release)(void*), void* object);

  static const shunt_host kTable;
};

}  // namespace shunt::testing
