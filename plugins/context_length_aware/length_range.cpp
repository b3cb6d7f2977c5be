// SPDX-License-Identifier: Apache-2.0
#include "length_range.hpp"

#include <charconv>
#include <system_error>

namespace context_length {
namespace {

// The weights of the formula, see README.md.
constexpr double kFloor = 0.3;  // inside of the range it is left below, outside of it above
constexpr double kNarrowWeight = 0.7;
constexpr double kHeadroomWeight = 0.3;
constexpr double kNarrowTokens = 10000;
constexpr double kNearTokens = 1000;

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool parse_tokens(std::string_view text, double& tokens) noexcept {
  text = trimmed(text);
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return false;
  tokens = static_cast<double>(number);
  return true;
}

}  // namespace

LengthRange parse_range(std::string_view text) noexcept {
  LengthRange range{.kind = LengthRange::Kind::Bad};
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return range;
  if (!parse_tokens(text.substr(0, dash), range.low) || !parse_tokens(text.substr(dash + 1), range.high)) return range;
  if (range.low <= range.high) range.kind = LengthRange::Kind::Known;
  return range;
}

double range_score(const LengthRange& range, double length) noexcept {
  if (range.kind == LengthRange::Kind::None) return 0.5;
  if (range.kind == LengthRange::Kind::Bad) return 0.0;
  if (!range.holds(length)) {
    const double distance = length < range.low ? range.low - length : length - range.high;
    return kFloor / (1.0 + distance / kNearTokens);
  }
  const double width = range.high - range.low;
  if (width == 0.0) return 1.0;
  const double narrow = 1.0 / (1.0 + width / kNarrowTokens);
  const double headroom = (range.high - length) / width;
  return kFloor + 0.7 * (kNarrowWeight * narrow + kHeadroomWeight * headroom);
}

}  // namespace context_length
