// SPDX-License-Identifier: Apache-2.0
// bounded_text.hpp: text that a plugin passed, looked at before it is believed.
#pragma once

#include <shunt/abi/base.h>

#include <cstddef>
#include <optional>
#include <string_view>

namespace shunt {

// A wild length would make every reader of the text run off its end, so none gets a view of it.
// nullopt: NULL with a length, or longer than most; absent and empty give an empty view.
[[nodiscard]] inline std::optional<std::string_view> bounded_view(shunt_str text, std::size_t most) noexcept {
  if (text.len == 0) return std::string_view();
  if (text.data == nullptr || text.len > most) return std::nullopt;
  return std::string_view(text.data, static_cast<std::size_t>(text.len));
}

}  // namespace shunt
