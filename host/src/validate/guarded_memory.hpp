// SPDX-License-Identifier: Apache-2.0
// guarded_memory.hpp: memory for one call into a plugin, laid out so that a mistake is noticed: every array has pages of
// its own, ends at a page that cannot be touched, inputs are read-only while the plugin runs, and what is over cannot be
// touched either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace shunt::validate {

class GuardedMemory {
 public:
  GuardedMemory() = default;
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory();

  // An input: `count` elements, readable up to the next multiple of 64 bytes as the ABI promises, and not a byte more.
  // `name` stands in the report of a fault, also of one that comes after this object is gone: a literal or a lasting_name().
  template <class T>
  std::span<T> input(const char* name, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<T*>(add(name, count * sizeof(T), 64, false)), count};
  }
  // A struct that is handed over: ends where its type ends.
  template <class T>
  T& structure(const char* name) {
    static_assert(std::is_trivially_copyable_v<T>);
    return *reinterpret_cast<T*>(add(name, sizeof(T), alignof(T), false));
  }
  // A text without a NUL behind it: who looks for one runs into the guard.
  const char* text(const char* name, std::string_view content) {
    std::byte* at = add(name, content.size(), 1, false);
    std::memcpy(at, content.data(), content.size());
    return reinterpret_cast<const char*>(at);
  }
  // An output, with a pattern before and behind it.
  template <class T>
  std::span<T> output(const char* name, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<T*>(add(name, count * sizeof(T), 64, true)), count};
  }

  // Makes inputs read-only, or writable again to prepare the next call.
  void protect(bool read_only);
  // The name of an output around which something was written, or null.
  const char* damaged() const;

  // A name that is put together, kept for as long as the process runs.
  static const char* lasting_name(std::string_view name);

  // From now on a fault in any guarded memory is described in a line to `descriptor` before the process dies of it.
  static void report_faults_to(int descriptor);

 private:
  struct Block {
    std::byte* map;
    std::size_t map_bytes;  // without the guard page
    std::byte* data;
    std::size_t bytes;
    bool is_output;
    const char* name;
    std::size_t slot;  // in the list that the signal handler reads
  };
  std::byte* add(const char* name, std::size_t bytes, std::size_t alignment, bool is_output);

  std::vector<Block> blocks_;
};

}  // namespace shunt::validate
