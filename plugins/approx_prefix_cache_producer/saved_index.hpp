// SPDX-License-Identifier: Apache-2.0
// saved_index.hpp: for tests, states as words that can be changed, and sealed again.
#pragma once

#include "index_state.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace approx_prefix {

inline constexpr IdOrigin kOrigin{16, 4711};
inline constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 40;

inline std::vector<std::uint64_t> words_of(SharedPrefixIndex& index, std::uint64_t capacity = kNoLimit) {
  std::vector<std::uint64_t> words;
  write_index(index, kOrigin, capacity,
              [&](std::span<const std::uint64_t> piece) { words.insert(words.end(), piece.begin(), piece.end()); });
  return words;
}

// Behind one byte, so that no word is aligned.
inline ReadResult read_words(std::span<const std::uint64_t> words, SharedPrefixIndex& into,
                             std::size_t capacity = kNoLimit, const IdOrigin& origin = kOrigin) {
  const std::string bytes = '!' + std::string(reinterpret_cast<const char*>(words.data()), words.size_bytes());
  return read_index(std::string_view(bytes).substr(1), origin, capacity, into);
}

// Gives changed words the checksum that they would have.
inline void seal(std::vector<std::uint64_t>& words) {
  if (!words.empty()) words.back() = checksum_of(std::span(words).first(words.size() - 1));
}

}  // namespace approx_prefix
