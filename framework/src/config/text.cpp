// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <shunt/framework/document.hpp>

namespace shunt {

std::string child_pointer(std::string_view parent, std::string_view key) {
  std::string pointer(parent);
  pointer += '/';
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

std::string child_pointer(std::string_view parent, std::size_t index) {
  return std::string(parent) + '/' + std::to_string(index);
}

}  // namespace shunt

namespace shunt::config_text {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxQuoted = 80;

// Of a UTF-8 character that began earlier.
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

// Values may be of any length and hold anything; a message must stay one readable line.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  bool cut = false;
  if (text.size() > kMaxQuoted) {
    std::size_t end = kMaxQuoted;
    while (end > 0 && is_continuation(text[end])) --end;
    text = text.substr(0, end);
    cut = true;
  }
  static constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
  return out + (cut ? "...\"" : "\"");
}

// to_chars: the shortest text that reads back as the same number, whatever the locale.
std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-infinity" : "infinity";
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

std::string joined(const std::vector<std::string>& words, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < words.size() && i < most; ++i) {
    if (i != 0) out += ", ";
    out += words[i];
  }
  if (words.size() > most) out += " and " + std::to_string(words.size() - most) + " more";
  return out;
}

std::string count(std::size_t number) {
  static constexpr std::array<std::string_view, 11> kWords = {"no",  "one",   "two",   "three", "four", "five",
                                                              "six", "seven", "eight", "nine",  "ten"};
  return number < kWords.size() ? std::string(kWords[number]) : std::to_string(number);
}

std::string found(const json::value& value) {
  switch (value.kind()) {
    case json::kind::object: return "an object";
    case json::kind::array: return "a list";
    case json::kind::string: return "the string " + in_quotes(value.get_string());
    case json::kind::int64: return "the number " + std::to_string(value.get_int64());
    case json::kind::uint64: return "the number " + std::to_string(value.get_uint64());
    case json::kind::double_:
      return std::isfinite(value.get_double()) ? "the number " + number(value.get_double())
                                               : number(value.get_double());
    case json::kind::bool_: return value.get_bool() ? "true" : "false";
    case json::kind::null: break;
  }
  return "null";
}

std::string literal(const json::value& value) {
  if (const json::string* text = value.if_string()) return in_quotes(*text);
  std::string words = found(value);
  static constexpr std::string_view kNumber = "the number ";
  return words.starts_with(kNumber) ? words.substr(kNumber.size()) : words;
}

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  // Overlong forms, surrogates and what lies beyond Unicode show in the second byte.
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF0 && byte(1) < 0x90) ||
      (lead == 0xF4 && byte(1) > 0x8F)) {
    return 0;
  }
  return length;
}

std::size_t first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text.substr(at, 4));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::string at_line(std::size_t line) { return "line " + std::to_string(line); }

bool has_non_finite(const json::value& value, std::string& pointer) {
  const std::size_t length = pointer.size();
  if (const double* number = value.if_double()) return !std::isfinite(*number);
  if (const json::array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      if ((*array)[i].is_primitive() && !(*array)[i].is_double()) continue;
      pointer = child_pointer(pointer, i);
      if (has_non_finite((*array)[i], pointer)) return true;
      pointer.resize(length);
    }
  } else if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) {
      pointer = child_pointer(pointer, std::string_view(member.key()));
      if (has_non_finite(member.value(), pointer)) return true;
      pointer.resize(length);
    }
  }
  return false;
}

std::string decode_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

}  // namespace shunt::config_text
