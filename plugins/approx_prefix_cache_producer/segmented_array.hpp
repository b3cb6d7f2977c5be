// SPDX-License-Identifier: Apache-2.0
// segmented_array.hpp: an array that grows by doubling segments, so that elements never move under a reader.
#pragma once

#include "pages.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace approx_prefix {

// One writer appends; any thread reads an element whose index it took from an acquiring load. Elements are default
// constructed and never destroyed one by one.
template <class T, unsigned kFirstLog2>
class SegmentedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  T& operator[](std::uint32_t index) const noexcept {
    const Place at = place(index);
    return segments_[at.segment].load(std::memory_order_acquire)[at.offset];
  }

  // Index of the first of `count` neighbours in one segment. What does not fit behind the last run is left unused.
  std::uint32_t append(std::uint32_t count = 1) {
    Place at = place(size_);
    while (at.offset + count > segment_size(at.segment)) at = {at.segment + 1, 0};
    const std::uint64_t first = at.offset + segment_size(at.segment) - kFirst;
    if (first + count > UINT32_MAX) throw std::bad_alloc();
    if (memory_[at.segment].data() == nullptr) {
      memory_[at.segment] = Pages(segment_size(at.segment) * sizeof(T));
      segments_[at.segment].store(static_cast<T*>(memory_[at.segment].data()), std::memory_order_release);
    }
    std::uninitialized_value_construct_n(segments_[at.segment].load(std::memory_order_relaxed) + at.offset, count);
    size_ = static_cast<std::uint32_t>(first + count);
    used_ += count;
    return static_cast<std::uint32_t>(first);
  }

  std::size_t bytes() const noexcept { return used_ * sizeof(T); }

 private:
  struct Place {
    std::size_t segment;
    std::uint64_t offset;
  };
  static constexpr std::uint64_t kFirst = std::uint64_t{1} << kFirstLog2;
  static constexpr std::size_t kSegments = 33 - kFirstLog2;

  static constexpr std::uint64_t segment_size(std::size_t segment) { return kFirst << segment; }
  static constexpr Place place(std::uint32_t index) {
    const std::uint64_t position = index + kFirst;
    const auto segment = static_cast<std::size_t>(std::bit_width(position)) - 1 - kFirstLog2;
    return {segment, position - segment_size(segment)};
  }

  std::array<std::atomic<T*>, kSegments> segments_{};
  std::array<Pages, kSegments> memory_;
  std::uint32_t size_ = 0;  // one behind the last index
  std::size_t used_ = 0;
};

}  // namespace approx_prefix
