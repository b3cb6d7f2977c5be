// SPDX-License-Identifier: Apache-2.0
// padded_array.hpp: arrays as the host hands them over: 64-byte aligned, readable up to the next multiple of 64 bytes.
// What lies behind the last element carries a pattern, so that a write out of bounds is noticed and an over-read that
// reaches the result looks wrong.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace shunt::testing {

// An array of trivially copyable elements.
template <class T>
class PaddedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // `size` elements with this value.
  explicit PaddedArray(std::size_t size = 0, T value = T{})
      : size_(size),
        bytes_((size * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment + kAlignment),
        memory_(static_cast<std::byte*>(::operator new(bytes_, std::align_val_t(kAlignment)))) {
    std::memset(memory_.get(), kPattern, bytes_);
    std::uninitialized_fill_n(data(), size_, value);
  }

  // The first element, 64-byte aligned:
  T* data() noexcept { return reinterpret_cast<T*>(memory_.get()); }
  const T* data() const noexcept { return reinterpret_cast<const T*>(memory_.get()); }
  // Number of elements, padding not counted.
  std::size_t size() const noexcept { return size_; }
  // Element `i`, unchecked:
  T& operator[](std::size_t i) noexcept { return data()[i]; }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }
  // All elements, without padding:
  std::span<T> elements() noexcept { return {data(), size_}; }
  std::span<const T> elements() const noexcept { return {data(), size_}; }

  // Nobody wrote behind the last element.
  bool intact() const noexcept {
    for (std::size_t i = size_ * sizeof(T); i < bytes_; ++i) {
      if (memory_.get()[i] != static_cast<std::byte>(kPattern)) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kAlignment = 64;
  static constexpr int kPattern = 0xc5;
  struct Release {
    void operator()(std::byte* memory) const noexcept { ::operator delete(memory, std::align_val_t(kAlignment)); }
  };

  std::size_t size_;
  std::size_t bytes_;
  std::unique_ptr<std::byte, Release> memory_;
};

}  // namespace shunt::testing
