// SPDX-License-Identifier: Apache-2.0
#include "runtime/note_rules.hpp"

#include <shunt/abi/host.h>

#include <algorithm>
#include <charconv>

namespace shunt {
namespace {

// RFC 9110, section 5.6.2.
bool is_token(std::string_view name) noexcept {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::ranges::all_of(name, fits);
}

// A line break would end the header and begin another one.
bool is_one_line(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_port(std::string_view text) noexcept {
  std::uint32_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && port >= 1 && port <= 65535;
}

}  // namespace

std::string_view problem_of_note(std::uint32_t kind, std::string_view name, std::string_view text,
                                 bool absent) noexcept {
  switch (kind) {
    case SHUNT_NOTE_REQUEST_HEADER:
    case SHUNT_NOTE_RESPONSE_HEADER:
      if (!is_token(name)) return "a header needs a name that HTTP allows";
      return is_one_line(text) ? "" : "a header may not hold control characters";
    case SHUNT_NOTE_TARGET_PORT:
      if (!name.empty()) return "a target port has no name";
      return is_port(text) ? "" : "a target port is a number from 1 to 65535";
    default:
      if (name.empty()) return "a note needs a name";
      return absent ? "a note needs a text" : "";
  }
}

}  // namespace shunt
