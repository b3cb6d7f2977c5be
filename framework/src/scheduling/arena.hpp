// SPDX-License-Identifier: Apache-2.0
// arena.hpp: memory that lives until reset(), handed out by moving a pointer. After the first cycles its blocks are large
// enough and nothing is allocated any more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace shunt {

class Arena {
 public:
  // `limit`: bytes between two resets, 0 for no limit.
  explicit Arena(std::size_t first_block = 16384, std::size_t limit = 0) : first_block_(first_block), limit_(limit) {}

  // 64-byte aligned, with 64 bytes of slack behind it for vector loads; nullptr when the limit or the heap is exhausted.
  void* allocate(std::size_t bytes, std::size_t alignment = 64) noexcept {
    const std::size_t at = (used_ + alignment - 1) / alignment * alignment;
    if (bytes > (limit_ != 0 ? limit_ : kMost)) return nullptr;
    if (current_ < blocks_.size() && at + bytes + 64 <= blocks_[current_].size) {
      used_ = at + bytes;
      return blocks_[current_].memory.get() + at;
    }
    return allocate_in_next(bytes);
  }
  template <class T>
  T* allocate_array(std::size_t count) noexcept {
    return static_cast<T*>(allocate(count * sizeof(T)));
  }
  void reset() noexcept {
    if (used_ == 0 && current_ == 0) return;
    // One block that holds everything is faster than several: merge when the last round needed more than one.
    if (blocks_.size() > 1) {
      std::size_t total = 0;
      for (const Block& block : blocks_) total += block.size;
      blocks_.clear();
      add_block(total);
    }
    current_ = 0;
    used_ = 0;
    spent_ = 0;
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept { ::operator delete[](memory, std::align_val_t(64)); }
  };
  struct Block {
    std::unique_ptr<std::byte[], Free> memory;
    std::size_t size;
  };
  // Sizes beyond this are mistakes; below it no sum in here overflows.
  static constexpr std::size_t kMost = std::size_t{1} << 46;

  bool add_block(std::size_t size) noexcept {
    std::unique_ptr<std::byte[], Free> memory(
        static_cast<std::byte*>(::operator new[](size, std::align_val_t(64), std::nothrow)));
    if (memory == nullptr) return false;
    try {
      blocks_.push_back({std::move(memory), size});
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }
  void* allocate_in_next(std::size_t bytes) noexcept {
    if (!blocks_.empty()) spent_ += blocks_[current_].size;
    if (limit_ != 0 && spent_ + bytes > limit_) return nullptr;
    const std::size_t last = blocks_.empty() ? first_block_ / 2 : blocks_.back().size;
    if (!add_block(std::max(last * 2, (bytes + 191) / 64 * 64))) return nullptr;
    current_ = blocks_.size() - 1;
    used_ = bytes;
    return blocks_[current_].memory.get();
  }
  std::vector<Block> blocks_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;
  std::size_t spent_ = 0;
  std::size_t first_block_;
  std::size_t limit_;
};

}  // namespace shunt
