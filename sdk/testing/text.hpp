// SPDX-License-Identifier: Apache-2.0
// text.hpp: texts of the ABI as texts of C++.
#pragma once

#include <shunt/sdk/text.hpp>

#include <string>

namespace shunt::testing::detail {

inline std::string copy(shunt_str text) { return std::string(sdk::to_view(text)); }

}  // namespace shunt::testing::detail
