// SPDX-License-Identifier: Apache-2.0
#include "endpoint_token.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace session_affinity {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kDefaultNamespace = "default/";
constexpr std::uint8_t kNoDigit = 64;

constexpr std::array<std::uint8_t, 256> digit_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> kDigits = digit_values();

}  // namespace

std::string_view encode_token(std::string_view endpoint_name, std::span<char, kMaximumToken> out) noexcept {
  std::array<char, kMaximumName> text;
  const std::string_view prefix =
      endpoint_name.find('/') == std::string_view::npos ? kDefaultNamespace : std::string_view();
  const std::size_t length = prefix.size() + endpoint_name.size();
  if (endpoint_name.empty() || length > text.size()) return {};
  std::copy(endpoint_name.begin(), endpoint_name.end(), std::copy(prefix.begin(), prefix.end(), text.begin()));

  std::size_t written = 0;
  for (std::size_t i = 0; i < length; i += 3) {
    const std::size_t rest = std::min<std::size_t>(3, length - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < rest ? static_cast<unsigned char>(text[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out[written++] = k <= rest ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return {out.data(), written};
}

std::string_view decode_token(std::string_view token, std::span<char, kMaximumName> out) noexcept {
  if (token.empty() || token.size() % 4 != 0 || token.size() > kMaximumToken) return {};
  const std::size_t padding = token.ends_with("==") ? 2 : token.ends_with("=") ? 1 : 0;
  std::size_t written = 0;
  for (std::size_t i = 0; i < token.size(); i += 4) {
    const std::size_t digits = i + 4 == token.size() ? 4 - padding : 4;
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::uint8_t digit = k < digits ? kDigits[static_cast<unsigned char>(token[i + k])] : std::uint8_t{0};
      if (digit == kNoDigit) return {};
      bits = bits << 6 | digit;
    }
    for (std::size_t k = 0; k + 1 < digits; ++k) out[written++] = static_cast<char>(bits >> (16 - 8 * k) & 255);
  }
  return {out.data(), written};
}

std::string_view without_default_namespace(std::string_view name) noexcept {
  if (name.starts_with(kDefaultNamespace)) name.remove_prefix(kDefaultNamespace.size());
  return name;
}

}  // namespace session_affinity
