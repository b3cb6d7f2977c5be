// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_error.hpp"

#include <algorithm>
#include <system_error>

namespace shunt::detail {

std::string quote(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    } else {
      out += character;
    }
  }
  return out + '"';
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%";
  if (!text.empty() && text.find_first_not_of(kSafe) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char character : text) {
    if (character == '\'') {
      out += "'\\''";
    } else {
      out += character;
    }
  }
  return out + '\'';
}

Error plugin_error(std::string_view code, std::string_view path, std::string_view text) {
  std::string message = quote(path);
  if (!text.starts_with(':')) message += ' ';
  message += text;
  return {ErrorKind::Plugin, std::string(code), std::move(message)};
}

std::string system_text(int error_number) { return std::generic_category().message(error_number); }

}  // namespace shunt::detail
