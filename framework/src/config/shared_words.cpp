// SPDX-License-Identifier: Apache-2.0
#include "shared_words.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace shunt {

namespace {

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t end = name.find('-');
    words.push_back(name.substr(0, end));
    if (end == std::string_view::npos) return words;
    name.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string> nearest_by_words(std::string_view name, std::span<const std::string> candidates) {
  constexpr std::ptrdiff_t kFewest = 2;
  const std::vector<std::string_view> wanted = words_of(name);
  std::ptrdiff_t most = kFewest - 1;
  std::optional<std::string> best;
  for (const std::string& candidate : candidates) {
    const std::ptrdiff_t shared = std::ranges::count_if(words_of(candidate), [&wanted](std::string_view word) {
      return !word.empty() && std::ranges::find(wanted, word) != wanted.end();
    });
    if (shared < most || (shared == most && (!best || candidate.size() >= best->size()))) continue;
    most = shared;
    best = candidate;
  }
  return best;
}

}  // namespace shunt
