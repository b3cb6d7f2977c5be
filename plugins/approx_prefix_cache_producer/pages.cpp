// SPDX-License-Identifier: Apache-2.0
#include "pages.hpp"

#include <cstdint>
#include <new>

#include <sys/mman.h>

namespace approx_prefix {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

constexpr std::size_t round_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; }

void* map(std::size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  return data;
}

// The kernel aligns to small pages only: map more, and give back what lies before and behind the aligned part.
void* map_huge(std::size_t bytes) {
  char* const whole = static_cast<char*>(map(bytes + kHugePage));
  const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(whole) % kHugePage) % kHugePage;
  char* const data = whole + before;
  if (before > 0) munmap(whole, before);
  if (before < kHugePage) munmap(data + bytes, kHugePage - before);
  madvise(data, bytes, MADV_HUGEPAGE);  // only advice: without huge pages everything works, more slowly
  return data;
}

}  // namespace

Pages::Pages(std::size_t bytes) {
  const bool huge = bytes >= kHugePage;
  size_ = round_up(bytes, huge ? kHugePage : kPage);
  data_ = huge ? map_huge(size_) : map(size_);
}

Pages::~Pages() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace approx_prefix
