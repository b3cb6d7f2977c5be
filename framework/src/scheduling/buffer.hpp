// SPDX-License-Identifier: Apache-2.0
// buffer.hpp: a growing array of bytes, 64-byte aligned, with a cache line of slack behind it; contents are lost on growth.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace shunt {

class Buffer {
 public:
  // At least `bytes`. Grows with reserve, so that an endpoint more does not allocate at every cycle.
  std::byte* ensure(std::size_t bytes) {
    if (bytes + 64 > size_) {
      const std::size_t size = bytes + bytes / 4 + 128;
      memory_.reset(static_cast<std::byte*>(::operator new[](size, std::align_val_t(64))));
      size_ = size;
      std::memset(memory_.get(), 0, size_);
    }
    return memory_.get();
  }
  template <class T>
  T* ensure_array(std::size_t count) {
    return reinterpret_cast<T*>(ensure(count * sizeof(T)));
  }
  template <class T>
  T* as() const noexcept {
    return reinterpret_cast<T*>(memory_.get());
  }
  std::byte* data() const noexcept { return memory_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept { ::operator delete[](memory, std::align_val_t(64)); }
  };
  std::unique_ptr<std::byte[], Free> memory_;
  std::size_t size_ = 0;
};

}  // namespace shunt
