// SPDX-License-Identifier: Apache-2.0
// elf_bytes.hpp: reading structs and texts from bytes that may lie about themselves.
//
//   std::optional<Elf64_Phdr> header = bytes.read<Elf64_Phdr>(offset);  // empty where it does not fit
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace shunt::detail {

class ElfBytes {
 public:
  explicit ElfBytes(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint64_t size() const { return bytes_.size(); }

  // Written so that no sum can overflow.
  bool contains(std::uint64_t offset, std::uint64_t length) const {
    return offset <= bytes_.size() && length <= bytes_.size() - offset;
  }

  // A copy, because nothing in a file is aligned for sure.
  template <class T>
  std::optional<T> read(std::uint64_t offset) const {
    static_assert(std::is_trivially_copyable_v<T>);
    if (!contains(offset, sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }

  // Everything from `offset` on, `length` bytes; empty where it does not fit.
  std::optional<std::string_view> slice(std::uint64_t offset, std::uint64_t length) const {
    if (!contains(offset, length)) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(bytes_.data()) + offset, length);
  }

  // The NUL-terminated text that starts at `index` of the table of `length` bytes at `offset`.
  std::optional<std::string_view> text(std::uint64_t offset, std::uint64_t length, std::uint64_t index) const {
    const std::optional<std::string_view> table = slice(offset, length);
    if (!table || index >= table->size()) return std::nullopt;
    const std::size_t end = table->find('\0', index);
    if (end == std::string_view::npos) return std::nullopt;
    return table->substr(index, end - index);
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace shunt::detail
