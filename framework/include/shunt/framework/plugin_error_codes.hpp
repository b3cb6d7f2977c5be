// SPDX-License-Identifier: Apache-2.0
// plugin_error_codes.hpp: what each stable error code of loading a library means; the text behind `shunt help P113`.
//
//   if (const shunt::PluginErrorCode* entry = shunt::find_plugin_error_code("P113")) std::cout << entry->explanation;
#pragma once

#include <span>
#include <string_view>

namespace shunt {

// A code is never reused for another problem and never changes its meaning.
struct PluginErrorCode {
  std::string_view code;         // "P113"
  std::string_view title;        // a few words
  std::string_view explanation;  // what happened, why it is refused, what to do
};

// Sorted by code. P10x: finding and reading; P11x: trust; P12x: the ELF file; P13x: what the audit refuses;
// P14x: the manifest; P15x: ABI versions; P16x: the loader, the table and init; P17x: the registry.
std::span<const PluginErrorCode> plugin_error_codes();

// Null where there is no such code.
const PluginErrorCode* find_plugin_error_code(std::string_view code);

}  // namespace shunt
