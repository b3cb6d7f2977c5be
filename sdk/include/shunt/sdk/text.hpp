// SPDX-License-Identifier: Apache-2.0
// text.hpp: between std::string_view and the ABI's shunt_str.
#pragma once

#include <shunt/abi/base.h>

#include <string_view>

namespace shunt::sdk {

// A present, possibly empty text. Borrows; the text must outlive every use.
constexpr shunt_str to_abi(std::string_view text) noexcept { return {text.data() ? text.data() : "", text.size()}; }

// An absent text becomes an empty one. Borrows.
constexpr std::string_view to_view(shunt_str text) noexcept {
  return text.data ? std::string_view(text.data, text.len) : std::string_view();
}

// Tells absent from empty.
constexpr bool is_present(shunt_str text) noexcept { return text.data != nullptr; }

}  // namespace shunt::sdk
