// SPDX-License-Identifier: Apache-2.0
// pressure_levels.hpp: which bits of the keys are compared together. The keys of an endpoint are the fields of one long number,
// the first key in its highest bits; a level is as much of that number as fits a double.
#pragma once

#include "pressure_keys.hpp"

namespace kv_pressure {

// The exponent of a double whose last bit counts ones: a whole number in the bits below makes it that much greater.
constexpr double kLeastCode = 4503599627370496.0;  // 2^52

// How keys make the code of a level: the sum of them, each shifted to its place, and of `start`, which takes away what their
// least values would add.
struct Level {
  static constexpr int kShiftAll = 64;  // of a key that does not stand in the code as a whole

  std::uint64_t start = std::bit_cast<std::uint64_t>(kLeastCode);
  std::array<int, kKeys> shift{};
  std::array<bool, kKeys> used{};
  // Where there was not room for the last key that is used, its leading bits end the code: (key - cut_base) >> cut.
  int cut = 0;
  std::uint64_t cut_base = 0;

  double code(const Keys& keys) const {
    std::uint64_t bits = start;
    std::uint64_t last = 0;
    for (std::size_t key = 0; key < kKeys; ++key) {
      if (!used[key]) continue;
      last = keys[key];
      if (shift[key] != kShiftAll) bits += last << shift[key];
    }
    if (cut != 0) bits += (last - cut_base) >> cut;
    return std::bit_cast<double>(bits);
  }
};

// The levels of one call, one after the other.
class Levels {
 public:
  // The longest code of the first level: of two that differ by one, both divided by the widest range, the quotients still
  // differ. The scores of each level have an eighth of the range of those before, which takes three bits from its codes.
  static constexpr int kLongestCode = 50;
  static constexpr int kStep = 3;

  Levels(const Ranges& ranges, const Thresholds& thresholds) : unknown_depth_(rising(ranges.depth.high) + 1) {
    const std::uint64_t last_tier = ranges.unknown ? kUnknownTier : tier_of(thresholds, ranges.usage.high);
    add(kTier, tier_of(thresholds, ranges.usage.low), last_tier);
    add(kDepth, rising(ranges.depth.low), ranges.unknown ? unknown_depth_ : rising(ranges.depth.high));
    add(kFreeBlocks, falling(ranges.blocks.high * (1.0 - ranges.usage.low)), falling(0.0));
    add(kFreeBytes, falling(ranges.free_bytes.high), falling(ranges.free_bytes.low));
    add(kServed, rising(ranges.served.low), rising(ranges.served.high));
  }

  // The key of an endpoint whose depth is unknown.
  std::uint64_t unknown_depth() const { return unknown_depth_; }
  // There are bits that no level has had.
  bool more() const {
    return std::any_of(bits_.begin(), bits_.end(), [](int bits) { return bits > 0; });
  }
  // As many of them as there is room for.
  Level next() {
    Level level;
    int room = room_;
    for (std::size_t key = 0; key < kKeys && room > 0; ++key) {
      if (bits_[key] == 0) continue;
      level.used[key] = true;
      level.shift[key] = Level::kShiftAll;
      if (bits_[key] > room) {
        level.cut = bits_[key] - room;
        level.cut_base = best_[key];
        bits_[key] -= room;
        room = 0;
      } else {
        room -= bits_[key];
        level.shift[key] = room;
        // Unsigned, so that what is too large comes back from below: only the sum has to be right.
        level.start -= best_[key] << room;
        bits_[key] = 0;
      }
    }
    room_ -= kStep;
    return level;
  }
  // Endpoints that are all alike as far as levels go, as this one is: what is left of their keys begins behind that.
  void go_on_from(const Keys& keys) {
    for (std::size_t key = 0; key < kKeys; ++key) {
      best_[key] += ((keys[key] - best_[key]) >> bits_[key]) << bits_[key];
    }
  }

 private:
  void add(Key key, std::uint64_t best, std::uint64_t worst) {
    best_[key] = best;
    bits_[key] = static_cast<int>(std::bit_width(worst - best));
  }

  std::array<std::uint64_t, kKeys> best_{};
  std::array<int, kKeys> bits_{};
  std::uint64_t unknown_depth_;
  int room_ = kLongestCode;
};

}  // namespace kv_pressure
