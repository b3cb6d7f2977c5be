// SPDX-License-Identifier: Apache-2.0
// endpoint_token.hpp: the session token that a client carries: base64 of "namespace/name" of an endpoint.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace session_affinity {

// Names longer than this get no token, and longer tokens name nobody.
inline constexpr std::size_t kMaximumName = 768;
inline constexpr std::size_t kMaximumToken = (kMaximumName + 2) / 3 * 4;

// Writes the token of an endpoint; a name without namespace is in the namespace "default". Returns what was written, which is
// empty for a name that is empty or too long.
std::string_view encode_token(std::string_view endpoint_name, std::span<char, kMaximumToken> out) noexcept;

// What the token holds, "namespace/name"; empty where it is not base64.
std::string_view decode_token(std::string_view token, std::span<char, kMaximumName> out) noexcept;

// The name of an endpoint without the namespace "default", as discovery names it.
std::string_view without_default_namespace(std::string_view name) noexcept;

}  // namespace session_affinity
