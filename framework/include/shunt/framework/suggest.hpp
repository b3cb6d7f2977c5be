// SPDX-License-Identifier: Apache-2.0
// suggest.hpp: what somebody may have meant by a word that does not exist.
//
//   if (auto word = shunt::suggest("wieght", {"pluginRef", "weight", "onError"})) {
//     std::cerr << shunt::did_you_mean(*word);  // did you mean "weight"?
//   }
#pragma once

#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>

namespace shunt {

// Optimal string alignment distance in bytes: insertions, deletions, replacements and swaps of neighbours, where no
// part of the text is edited twice. Answers `limit + 1` as soon as it is sure that the distance exceeds `limit`.
std::size_t edit_distance(std::string_view left, std::string_view right,
                          std::size_t limit = std::numeric_limits<std::size_t>::max() - 1);

// How far a candidate may be from `word` to be worth a suggestion: a third of the length, at least 1.
std::size_t suggestion_limit(std::string_view word);

// The candidate closest to `word`, the first of several equally close ones; empty where none is within the limit.
// Letter case and the choice between "-",
// "_" and camelCase count little, because these are what people mix up. Very long words get no suggestion.
template <std::ranges::input_range Candidates>
std::optional<std::string> suggest(std::string_view word, const Candidates& candidates);
std::optional<std::string> suggest(std::string_view word, std::initializer_list<std::string_view> candidates);

// The phrase that all messages use: did you mean "weight"? `origin` is put behind the word, in parentheses.
std::string did_you_mean(std::string_view word, std::string_view origin = {});

namespace detail {

// Keeps the best candidate of those it was shown. `word` must outlive it.
class Suggester {
 public:
  explicit Suggester(std::string_view word);
  void consider(std::string_view candidate);
  const std::optional<std::string>& best() const { return best_; }

 private:
  std::string_view word_;
  std::string folded_;
  std::size_t limit_;
  std::size_t best_distance_;
  std::optional<std::string> best_;
};

}  // namespace detail

template <std::ranges::input_range Candidates>
std::optional<std::string> suggest(std::string_view word, const Candidates& candidates) {
  detail::Suggester suggester(word);
  for (const auto& candidate : candidates) suggester.consider(candidate);
  return suggester.best();
}

}  // namespace shunt
