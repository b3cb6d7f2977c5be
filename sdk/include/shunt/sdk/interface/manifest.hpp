// SPDX-License-Identifier: Apache-2.0
// interface/manifest.hpp: the manifest note, put together at compile time from the same constants as the tables.
#pragma once

#include <shunt/abi/manifest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shunt::sdk {
namespace [[gnu::visibility("hidden")]] detail {

// Counts on a first pass, writes on a second: constexpr code cannot size its own result.
class ManifestWriter {
 public:
  constexpr explicit ManifestWriter(char* out = nullptr) : out_(out) {}
  constexpr std::size_t size() const { return size_; }
  constexpr void raw(std::string_view text) {
    for (const char c : text) put(c);
  }
  constexpr void number(std::uint64_t value) {
    char digits[20]{};
    std::size_t n = 0;
    do {
      digits[n++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    while (n > 0) put(digits[--n]);
  }
  constexpr void string(std::string_view text) {
    put('"');
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        put('\\');
        put(c);
      } else if (static_cast<unsigned char>(c) < 0x20) {
        constexpr char kHex[] = "0123456789abcdef";
        raw("\\u00");
        put(kHex[(c >> 4) & 15]);
        put(kHex[c & 15]);
      } else {
        put(c);
      }
    }
    put('"');
  }
  template <class List>
  constexpr void strings(const List& list) {
    put('[');
    bool first = true;
    for (const std::string_view text : list) {
      if (!first) put(',');
      first = false;
      string(text);
    }
    put(']');
  }

 private:
  constexpr void put(char c) {
    if (out_ != nullptr) out_[size_] = c;
    ++size_;
  }
  char* out_;
  std::size_t size_ = 0;
};

// An ELF note as it lies in the section.
template <std::size_t kTextSize>
struct ManifestNote {
  std::uint32_t owner_size;
  std::uint32_t text_size;
  std::uint32_t type;
  char owner[8];
  char text[kTextSize];
};

}  // namespace detail
}  // namespace shunt::sdk
