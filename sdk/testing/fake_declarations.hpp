// SPDX-License-Identifier: Apache-2.0
// fake_declarations.hpp: the services of the fake host that create() uses.
#pragma once

#include <shunt/testing/fake_host.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace shunt::testing {

struct FakeDeclarations {
  // As the host looks at what a plugin passes: NULL with a length is no text, nor is what is longer than any.
  static bool is_text(shunt_str text, std::uint64_t most);
  static bool is_visible_ascii(std::string_view text);
  static FakeHost& host_of(const shunt_host* host);
  static FakeInstance& instance_of(shunt_init* init);
  static FakeMetric& metric_of(shunt_metric* metric);

  static std::int32_t refuse(FakeInstance& instance, std::int32_t code, const std::string& text);
  static std::int32_t refuse(FakeCall& call, std::int32_t code, const std::string& text);
  // Declarations belong to create().
  static bool creating(FakeInstance& instance, const char* service);
  static bool allowed(FakeCall& call, const char* service, std::initializer_list<Stage> stages);

  // Names that always read an endpoint's own texts.
  static bool is_text_column(std::string_view name);

  static const void* extension(const shunt_host* host, shunt_str id);

  static std::int32_t add_column(FakeInstance& instance, const DeclaredColumn& wanted, std::uint32_t* slot);
  static std::int32_t column(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t requirement,
                             std::uint32_t* slot);
  static std::int32_t membership(shunt_init* init, shunt_str set, std::uint32_t field, std::uint32_t requirement,
                                 std::uint32_t* slot);
  static std::int32_t value(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t requirement,
                            std::uint32_t* slot);
  static std::int32_t output(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t scope,
                             std::uint32_t* slot);
  static std::int32_t output_value(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t* slot);
  static std::int32_t scratch(shunt_init* init, std::uint64_t bytes);
  static std::int32_t request_state(shunt_init* init, std::uint64_t bytes);
  static std::int32_t peer(shunt_init* init, shunt_str ref, shunt_str id, const void** table, void** self,
                           std::uint32_t* slot);
  static std::int32_t profile(shunt_init* init, shunt_str name, std::uint32_t* index);
  static std::uint32_t profile_count(shunt_init* init);
  static shunt_str profile_name(shunt_init* init, std::uint32_t index);
  static std::int32_t parameter(shunt_init* init, shunt_str pointer, shunt_parameter* out);
  // The caller has set the size: only what fits is written.
  static std::int32_t hand_over(FakeInstance& instance, shunt_parameter found, shunt_parameter* out);
  static std::int32_t parameter_key(shunt_init* init, shunt_str pointer, std::uint64_t index, shunt_parameter* out);
  static std::int32_t intern(shunt_init* init, shunt_str text, std::uint32_t* symbol);
  // [A-Za-z_][A-Za-z0-9_]*, for metrics and their labels.
  static bool is_metric_name(std::string_view name);
  static std::int32_t metric(shunt_init* init, const shunt_metric_spec* spec, shunt_metric** metric);
  static std::int32_t fetch(shunt_init* init, const shunt_fetch* page);
};

}  // namespace shunt::testing
