// SPDX-License-Identifier: Apache-2.0
#include "duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace duration {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};
constexpr std::array<Unit, 6> kUnits{{{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
constexpr double kLargest = 9.2e18;

}  // namespace

std::optional<std::int64_t> parse_nanoseconds(std::string_view text) {
  if (text == "0") return 0;
  double sum = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (parsed.ec != std::errc() || !(number >= 0) || std::signbit(number)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789.-+"));
    double nanoseconds = 0;
    for (const Unit& known : kUnits) {
      if (known.name == unit) nanoseconds = known.nanoseconds;
    }
    if (nanoseconds == 0) return std::nullopt;
    text.remove_prefix(unit.size());
    sum += number * nanoseconds;
  }
  if (!(sum <= kLargest)) return std::nullopt;
  return static_cast<std::int64_t>(std::round(sum));
}

}  // namespace duration
