// SPDX-License-Identifier: Apache-2.0
// buffer_pool.hpp: memory for bytes on their way, in a few sizes, kept for the next connection.
//
//   Buffer buffer = pool.take(4096);
//   read_into(buffer.data(), buffer.capacity());
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace shunt::host::front {

class BufferPool;

// Gives its memory back to its pool. Empty after a failed allocation.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : pool_(other.pool_), data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      reset();
      pool_ = other.pool_;
      data_ = std::exchange(other.data_, nullptr);
      capacity_ = std::exchange(other.capacity_, 0);
    }
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { reset(); }

  char* data() const noexcept { return data_; }
  std::size_t capacity() const noexcept { return capacity_; }
  explicit operator bool() const noexcept { return data_ != nullptr; }
  inline void reset() noexcept;

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, char* data, std::size_t capacity) : pool_(pool), data_(data), capacity_(capacity) {}
  BufferPool* pool_ = nullptr;
  char* data_ = nullptr;
  std::size_t capacity_ = 0;
};

// For one thread. Outlives its buffers.
class BufferPool {
 public:
  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool() {
    for (auto& list : free_) {
      for (char* memory : list) ::operator delete(memory);
    }
  }

  // At least `size` bytes, uninitialised.
  Buffer take(std::size_t size) noexcept {
    const std::size_t shelf = shelf_of(size);
    if (shelf == kShelves) return Buffer(this, allocate(size), size);
    const std::size_t capacity = kSmallest << shelf;
    auto& list = free_[shelf];
    if (list.empty()) return Buffer(this, allocate(capacity), capacity);
    char* memory = list.back();
    list.pop_back();
    return Buffer(this, memory, capacity);
  }

 private:
  friend class Buffer;
  static constexpr std::size_t kSmallest = 1024;
  static constexpr std::size_t kShelves = 8;          // 1 KiB to 128 KiB
  static constexpr std::size_t kKeptBytes = 1 << 20;  // of each size

  static std::size_t shelf_of(std::size_t size) noexcept {
    std::size_t shelf = 0;
    while (shelf < kShelves && (kSmallest << shelf) < size) ++shelf;
    return shelf;
  }
  static char* allocate(std::size_t size) noexcept { return static_cast<char*>(::operator new(size, std::nothrow)); }

  void give_back(char* memory, std::size_t capacity) noexcept {
    const std::size_t shelf = shelf_of(capacity);
    if (shelf == kShelves || free_[shelf].size() * capacity >= kKeptBytes) {
      ::operator delete(memory);
    } else {
      free_[shelf].push_back(memory);
    }
  }

  std::array<std::vector<char*>, kShelves> free_;
};

void Buffer::reset() noexcept {
  if (data_ != nullptr) pool_->give_back(std::exchange(data_, nullptr), std::exchange(capacity_, 0));
}

}  // namespace shunt::host::front
