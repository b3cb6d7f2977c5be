// SPDX-License-Identifier: Apache-2.0
// text.hpp: what answers and pages are put together with. Everything appends, so that one buffer serves a whole answer.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace shunt::sim {

inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

// splitmix64: enough chance for a simulation, and the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t x = (state_ += 0x9e3779b97f4a7c15ull);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
  }
  // From 0 up to, and without, 1.
  double share() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

template <typename... Parts>
void append(std::string& to, const Parts&... parts) {
  const auto one = [&to](const auto& part) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(part)>>) {
      char digits[24];
      to.append(digits, std::to_chars(digits, digits + sizeof digits, part).ptr);
    } else {
      to.append(part);
    }
  };
  (one(parts), ...);
}

// As Prometheus clients print numbers: 3.0, 0.25.
inline void append_decimal(std::string& to, double number) {
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  to.append(text);
  if (text.find_first_of(".en") == std::string_view::npos) to.append(".0");
}

// With quotes around it.
inline void append_json(std::string& to, std::string_view text) {
  to += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (byte < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      to += "\\u00";
      to += kHex[byte >> 4];
      to += kHex[byte & 15];
    } else {
      to += c;
    }
  }
  to += '"';
}

inline std::string json_text(std::string_view text) {
  std::string quoted;
  append_json(quoted, text);
  return quoted;
}

}  // namespace shunt::sim
