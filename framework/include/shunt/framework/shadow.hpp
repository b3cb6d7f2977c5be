// SPDX-License-Identifier: Apache-2.0
// shadow.hpp: what profiles that are only compared would have decided.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shunt {

// How the run of a shadow profile compares with what was decided, or with the run of the profile that it shadows.
enum class ShadowResult : std::uint8_t {
  Same,        // the same endpoint first, or none in both
  Different,   // another endpoint first
  Rejected,    // none, where the decision has one
  Dispatched,  // one, where the decision has none
  Failed       // one of its plugins failed
};
inline constexpr std::array<std::string_view, 5> kShadowResultWords = {"same", "different", "rejected", "dispatched",
                                                                       "failed"};

constexpr std::string_view word(ShadowResult result) noexcept {
  return kShadowResultWords[static_cast<std::size_t>(result)];
}

// Runs of one shadow profile, by result.
struct ShadowCounts {
  std::array<std::uint64_t, kShadowResultWords.size()> runs{};

  ShadowCounts& operator+=(const ShadowCounts& other) noexcept {
    for (std::size_t i = 0; i < runs.size(); ++i) runs[i] += other.runs[i];
    return *this;
  }
};

}  // namespace shunt
