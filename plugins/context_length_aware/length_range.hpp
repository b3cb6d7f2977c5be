// SPDX-License-Identifier: Apache-2.0
// length_range.hpp: the range of prompt lengths that a label stands for, and what it is worth for one length.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace context_length {

// Lengths in tokens; both ends belong to it.
struct LengthRange {
  enum class Kind : std::uint32_t {
    None,  // there is no label
    Bad,   // the label is no range
    Known,
  };
  Kind kind = Kind::None;
  double low = 0;
  double high = 0;

  bool holds(double length) const noexcept { return kind == Kind::Known && low <= length && length <= high; }
};

// "min-max" in whole tokens, min <= max; spaces around the numbers do not matter. Anything else is a bad range.
LengthRange parse_range(std::string_view text) noexcept;

// 0.3 to 1 inside of the range, more for narrow ranges and short prompts; below 0.3 outside, more for near ones; 0.5 without a
// range; 0 for a bad one.
double range_score(const LengthRange& range, double length) noexcept;

// Parsed labels by their symbols, which are never reused. For many threads, without locks. What finds no room is parsed anew
// each time.
class RangeCache {
 public:
  // `parse` makes the range of a symbol that is not known; `symbol` is not 0.
  template <class Parse>
  LengthRange get(std::uint32_t symbol, Parse&& parse) noexcept {
    Entry& entry = entries_[symbol % kEntries];
    std::uint64_t state = entry.state.load(std::memory_order_acquire);
    if (state == ready(symbol)) return entry.range;
    const LengthRange range = parse();
    if (state == 0 && entry.state.compare_exchange_strong(state, kBeingWritten, std::memory_order_relaxed)) {
      entry.range = range;
      entry.state.store(ready(symbol), std::memory_order_release);
    }
    return range;
  }

 private:
  static constexpr std::size_t kEntries = 1024;
  static constexpr std::uint64_t kBeingWritten = 1;
  static constexpr std::uint64_t ready(std::uint32_t symbol) noexcept { return std::uint64_t{symbol} << 32; }

  struct Entry {
    std::atomic<std::uint64_t> state{0};  // 0: free
    LengthRange range;                    // written once, before the state says so
  };
  std::array<Entry, kEntries> entries_;
};

}  // namespace context_length
