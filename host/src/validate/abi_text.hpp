// SPDX-License-Identifier: Apache-2.0
// abi_text.hpp: texts of the ABI as texts of C++.
#pragma once

#include <shunt/abi/base.h>
#include <string>
#include <string_view>

namespace shunt::validate {

// Of an absent text: empty.
inline std::string_view view_of(shunt_str text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.len);
}
inline std::string copy_of(shunt_str text) { return std::string(view_of(text)); }

}  // namespace shunt::validate
