// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <shunt/framework/suggest.hpp>
#include <utility>
#include <vector>

#include "text.hpp"

namespace shunt {

namespace {

// Longer words are data that went into the wrong place, and comparing them costs time.
constexpr std::size_t kMaxWord = 128;

// Without what people mix up: plugin_ref, PluginRef and pluginRef become one.
std::string fold(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c == '-' || c == '_') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right, std::size_t limit) {
  const std::size_t gap = left.size() > right.size() ? left.size() - right.size() : right.size() - left.size();
  if (gap > limit) return limit + 1;

  // Three rows of the table are enough: a swap looks back two.
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> previous(right.size() + 1);
  std::vector<std::size_t> current(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) current[j] = j;

  for (std::size_t i = 1; i <= left.size(); ++i) {
    before.swap(previous);
    previous.swap(current);
    current[0] = i;
    std::size_t least = current[0];
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
      least = std::min(least, current[j]);
    }
    // A swap may still reach back over this row, so the row before must be out of reach too.
    if (least > limit && *std::min_element(previous.begin(), previous.end()) > limit) return limit + 1;
  }
  return std::min(current[right.size()], limit + 1);
}

std::size_t suggestion_limit(std::string_view word) { return std::max<std::size_t>(1, word.size() / 3); }

std::optional<std::string> suggest(std::string_view word, std::initializer_list<std::string_view> candidates) {
  return suggest<std::initializer_list<std::string_view>>(word, candidates);
}

std::string did_you_mean(std::string_view word, std::string_view origin) {
  std::string out = "did you mean " + config_text::in_quotes(word);
  if (!origin.empty()) out.append(" (").append(origin).append(")");
  return out + "?";
}

namespace detail {

Suggester::Suggester(std::string_view word)
    : word_(word), folded_(fold(word)), limit_(suggestion_limit(word)), best_distance_(limit_ + 1) {}

void Suggester::consider(std::string_view candidate) {
  if (word_.empty() || word_.size() > kMaxWord || candidate.empty() || candidate.size() > kMaxWord) return;
  if (best_distance_ == 0) return;
  const std::size_t distance = edit_distance(folded_, fold(candidate), limit_);
  if (distance < best_distance_) {
    best_distance_ = distance;
    best_ = std::string(candidate);
  }
}

}  // namespace detail

}  // namespace shunt
