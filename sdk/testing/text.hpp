// SPDX-License-Identifier: Apache-2.0
// text.hpp: texts of the ABI as texts of C++.
#pragma once

#include <shunt/abi/base.h>

#include <string>
#include <string_view>

namespace shunt::testing::detail {

inline std::string_view view(shunt_str text) {
  return text.data ? std::string_view(text.data, text.len) : std::string_view();
}
inline std::string copy(shunt_str text) { return std::string(view(text)); }

}  // namespace shunt::testing::detail
