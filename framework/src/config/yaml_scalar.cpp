// SPDX-License-Identifier: Apache-2.0
#include "yaml_scalar.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

namespace shunt {

namespace json = boost::json;

namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Not yes, no, on, off: those belong to YAML 1.1, where a country code becomes false.
std::optional<bool> as_bool(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

// Whole text as an integer; of one that needs more than 64 bits, the closest floating-point number.
std::optional<json::value> as_integer(std::string_view text) {
  int base = 10;
  std::string digits(text);
  if (text.starts_with("0o") || text.starts_with("0x")) {
    base = text[1] == 'o' ? 8 : 16;
    digits = digits.substr(2);
    if (digits.starts_with('-')) return std::nullopt;
  } else if (text.starts_with('+')) {
    digits = digits.substr(1);
    if (digits.starts_with('-')) return std::nullopt;
  }
  const char* first = digits.data();
  const char* last = first + digits.size();
  std::int64_t number = 0;
  auto result = std::from_chars(first, last, number, base);
  if (result.ec == std::errc{} && result.ptr == last) return json::value(number);
  if (result.ec != std::errc::result_out_of_range || result.ptr != last) return std::nullopt;
  std::uint64_t large = 0;
  result = std::from_chars(first, last, large, base);
  if (result.ec == std::errc{} && result.ptr == last) return json::value(large);
  if (base != 10) return std::nullopt;
  double huge = 0;
  std::from_chars(first, last, huge);
  return json::value(huge);
}

// "0123" is octal to some readers and decimal to others, and is usually meant as text.
bool has_leading_zero(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && is_digit(text[1]);
}

std::optional<json::value> as_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view magnitude = text;
  if (negative || text.starts_with('+')) magnitude.remove_prefix(1);
  if (magnitude == ".inf" || magnitude == ".Inf" || magnitude == ".INF") {
    const double infinity = std::numeric_limits<double>::infinity();
    return json::value(negative ? -infinity : infinity);
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return json::value(std::numeric_limits<double>::quiet_NaN());
  // from_chars knows more words (inf, nan) and does not mind what follows.
  const bool shape =
      !magnitude.empty() && magnitude.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
      (is_digit(magnitude[0]) || (magnitude[0] == '.' && magnitude.size() > 1 && is_digit(magnitude[1])));
  if (!shape) return std::nullopt;
  double number = 0;
  const char* last = magnitude.data() + magnitude.size();
  const auto result = std::from_chars(magnitude.data(), last, number);
  if (result.ptr != last) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    // Too small is zero; too large is infinite, and whoever reads the value says so.
    const std::size_t exponent = magnitude.find_first_of("eE");
    const bool small = exponent != std::string_view::npos && magnitude.substr(exponent + 1).starts_with('-');
    number = small ? 0 : std::numeric_limits<double>::infinity();
  }
  return json::value(negative ? -number : number);
}

// Order matters only for speed: the forms exclude each other.
std::optional<json::value> plain_scalar(const std::string& text) {
  if (is_yaml_null(text)) return json::value(nullptr);
  if (const auto flag = as_bool(text)) return json::value(*flag);
  if (!has_leading_zero(text)) {
    if (auto number = as_integer(text)) return number;
    if (auto number = as_float(text)) return number;
  }
  return json::value(text);
}

// With both quotes. In single quotes a quote is doubled, in double quotes it is escaped.
std::size_t quoted_length(std::string_view text) {
  const char quote = text[0];
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || text.substr(i + 1, 1) != "'") return i + 1;
      ++i;
    }
  }
  return text.size();
}

}  // namespace

bool is_yaml_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::optional<json::value> yaml_scalar(std::string_view tag, const std::string& text) {
  if (tag == "?" || tag.empty()) return plain_scalar(text);
  if (tag == "!") return json::value(text);
  if (!tag.starts_with(kTagPrefix)) return std::nullopt;
  tag.remove_prefix(kTagPrefix.size());
  if (tag == "str") return json::value(text);
  if (tag == "null" && is_yaml_null(text)) return json::value(nullptr);
  if (tag == "int") return as_integer(text);
  if (tag == "float") return as_float(text);
  if (const auto flag = as_bool(text); tag == "bool" && flag) return json::value(*flag);
  return std::nullopt;
}

Span yaml_span(std::string_view text, std::size_t offset, std::string_view plain) {
  offset = std::min(offset, text.size());
  const auto done = [](std::size_t from, std::size_t length) {
    return Span{static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(length)};
  };
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    offset = std::min(text.find_first_of(" \t\r\n", offset), text.size());
    offset = std::min(text.find_first_not_of(" \t\r\n", offset), text.size());
  }
  const std::string_view rest = text.substr(offset);
  if (rest.empty()) return done(offset, 1);
  if (rest[0] == '"' || rest[0] == '\'') return done(offset, quoted_length(rest));
  if (!plain.empty() && rest.starts_with(plain)) return done(offset, plain.size());
  return done(offset, 1);
}

}  // namespace shunt
