// SPDX-License-Identifier: Apache-2.0
#include "shared_words.hpp"

#include <algorithm>
#include <cstddef>
#include <shunt/framework/suggest.hpp>
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

std::optional<std::string> nearest_of_kind(std::string_view name, std::span<const std::string> candidates) {
  constexpr std::size_t kLongest = 128;  // what is longer is no name, and comparing it costs time
  const std::string_view kind = words_of(name).back();
  if (kind.empty() || kind.size() == name.size() || name.size() > kLongest) return std::nullopt;
  std::size_t least = std::string_view::npos;
  std::optional<std::string> best;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongest || words_of(candidate).back() != kind) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

}  // namespace shunt
