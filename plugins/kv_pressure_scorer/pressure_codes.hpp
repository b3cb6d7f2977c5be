// SPDX-License-Identifier: Apache-2.0
// pressure_codes.hpp: the five keys of an endpoint as one whole number, the most important key in the highest bits, and scores
// made of such numbers. One endpoint at a time, or four where the processor has AVX2; both give the same scores.
#pragma once

#include <shunt/sdk/kernels.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>

namespace kv_pressure {

constexpr std::size_t kMostThresholds = 4;
constexpr std::uint64_t kUnknownTier = kMostThresholds + 1;
// The longest code: of two that differ by one, both divided by the widest range, the quotients still differ, and only the
// greatest is rounded to 1.
constexpr int kLongestCode = 50;
// Whole numbers on both sides of zero below it stay exact under everything that is done with them here.
constexpr double kLargest = 2251799813685248.0;  // 2^51
// What is added leaves no room for a fraction, so that the bits of the sum are those of kRoom plus the nearest whole number.
// std::nearbyint is a call where the processor's instruction may not be used.
constexpr double kRoom = 6755399441055744.0;  // 1.5 * 2^52

inline double whole(double number) { return (number + kRoom) - kRoom; }
inline std::uint64_t whole_bits(double number) { return std::bit_cast<std::uint64_t>(number + kRoom); }

using Thresholds = std::array<double, kMostThresholds>;

// The number of thresholds that are reached.
inline std::uint64_t tier_of(const Thresholds& thresholds, double used) {
  const auto reached = [used](double threshold) { return used >= threshold ? std::uint64_t{1} : std::uint64_t{0}; };
  return (reached(thresholds[0]) + reached(thresholds[1])) + (reached(thresholds[2]) + reached(thresholds[3]));
}

// Not below 0. Rounding it undoes what the division has lost that made a share of the blocks.
inline double free_blocks_of(double blocks, double used) {
  const double free = blocks * (1.0 - used);
  return free > 0.0 ? free : 0.0;
}

// The inputs of one call. A row without value reads as zero, which is what no blocks and no requests served mean.
struct Columns {
  const double* usage;
  const double* blocks;
  const double* free_bytes;
  const double* served;
  const double* depth;
  const std::uint8_t* used;  // rows with a usage; NULL: all
  const std::uint8_t* deep;  // rows with a depth; NULL: all

  bool complete() const { return used == nullptr && deep == nullptr; }
  bool has_usage(std::size_t row) const { return used == nullptr || used[row] != 0; }
  bool has_depth(std::size_t row) const { return deep == nullptr || deep[row] != 0; }
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double number) {
    low = number < low ? number : low;
    high = number > high ? number : high;
  }
};

// Of each column, over all rows.
struct Ranges {
  Range usage, blocks, free_bytes, served, depth;
};

// A key as a field of the code: the least and the greatest of its values, and the place of its last bit. Bounds that are too
// wide cost bits and change nothing.
struct Field {
  double low = 0;
  double high = 0;
  int shift = 0;

  static Field of(const Range& range) { return {whole(range.low), whole(range.high)}; }
  bool exact() const { return low > -kLargest && high < kLargest; }
  int bits() const { return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(high - low))); }
};

// Where the keys stand in the code, the most important one first.
struct Layout {
  Field tiers, depths, free_blocks, bytes, requests;
  std::uint64_t start = 0;  // makes of the sum of the fields the code, and of the code a double

  // False where there is not room for all.
  bool lay_out() {
    int bits = 0;
    for (Field* field : {&requests, &bytes, &free_blocks, &depths, &tiers}) {
      if (!field->exact()) return false;
      field->shift = bits;
      bits += field->bits();
    }
    if (bits > kLongestCode) return false;
    // Unsigned, so that what is too large comes back from below: only the sum has to be right.
    start = std::bit_cast<std::uint64_t>(4503599627370496.0);  // 2^52
    start -= static_cast<std::uint64_t>(tiers.low) << tiers.shift;
    start -= whole_bits(depths.low) << depths.shift;
    start += whole_bits(free_blocks.high) << free_blocks.shift;
    start += whole_bits(bytes.high) << bytes.shift;
    start -= whole_bits(requests.low) << requests.shift;
    return true;
  }
};

#ifdef SHUNT_HAVE_AVX2
// The least and the greatest of four numbers at a time.
struct RangeOfFour {
  __m256d low;
  __m256d high;
  SHUNT_AVX2 RangeOfFour()
      : low(_mm256_set1_pd(std::numeric_limits<double>::infinity())),
        high(_mm256_set1_pd(-std::numeric_limits<double>::infinity())) {}
  SHUNT_AVX2 void add(__m256d numbers) {
    low = _mm256_min_pd(low, numbers);
    high = _mm256_max_pd(high, numbers);
  }
  SHUNT_AVX2 Range range() const {
    double lows[4];
    double highs[4];
    _mm256_storeu_pd(lows, low);
    _mm256_storeu_pd(highs, high);
    return {std::min(std::min(lows[0], lows[1]), std::min(lows[2], lows[3])),
            std::max(std::max(highs[0], highs[1]), std::max(highs[2], highs[3]))};
  }
};

// Of n rows, n a multiple of four. All columns together, so that what was read last is still near when it is read again.
SHUNT_AVX2 inline Ranges ranges_by_fours(const Columns& in, std::size_t n) {
  RangeOfFour usage, blocks, free_bytes, served, depth;
  for (std::size_t i = 0; i < n; i += 4) {
    usage.add(_mm256_loadu_pd(in.usage + i));
    blocks.add(_mm256_loadu_pd(in.blocks + i));
    free_bytes.add(_mm256_loadu_pd(in.free_bytes + i));
    served.add(_mm256_loadu_pd(in.served + i));
    depth.add(_mm256_loadu_pd(in.depth + i));
  }
  return {usage.range(), blocks.range(), free_bytes.range(), served.range(), depth.range()};
}

// The codes of n rows, n a multiple of four, where every row has a usage and a depth; and their range.
SHUNT_AVX2 inline Range write_codes_by_fours(const Columns& in, const Thresholds& thresholds, const Layout& layout,
                                             double* codes, std::size_t n) {
  const __m256i tiers = _mm256_set1_epi64x(layout.tiers.shift);
  const __m256i depths = _mm256_set1_epi64x(layout.depths.shift);
  const __m256i free_blocks = _mm256_set1_epi64x(layout.free_blocks.shift);
  const __m256i bytes = _mm256_set1_epi64x(layout.bytes.shift);
  const __m256i start = _mm256_set1_epi64x(static_cast<std::int64_t>(layout.start));
  const __m256d room = _mm256_set1_pd(kRoom);
  const __m256d one = _mm256_set1_pd(1.0);
  const __m256d none = _mm256_setzero_pd();
  __m256d steps[kMostThresholds];
  for (std::size_t t = 0; t < kMostThresholds; ++t) steps[t] = _mm256_set1_pd(thresholds[t]);
  const Columns from = in;  // a copy: what is written could change what stands behind a reference
  RangeOfFour written;
  // Backwards, because the last rows were read a moment ago.
  for (std::size_t i = n; i > 0;) {
    i -= 4;
    const __m256d used = _mm256_loadu_pd(from.usage + i);
    __m256i reached = _mm256_setzero_si256();
    for (const __m256d step : steps) {
      // A comparison that holds is -1.
      reached = _mm256_sub_epi64(reached, _mm256_castpd_si256(_mm256_cmp_pd(used, step, _CMP_GE_OQ)));
    }
    const __m256d free = _mm256_max_pd(_mm256_mul_pd(_mm256_loadu_pd(from.blocks + i), _mm256_sub_pd(one, used)), none);
    const __m256i deep = _mm256_castpd_si256(_mm256_add_pd(_mm256_loadu_pd(from.depth + i), room));
    const __m256i whole_free = _mm256_castpd_si256(_mm256_add_pd(free, room));
    const __m256i whole_bytes = _mm256_castpd_si256(_mm256_add_pd(_mm256_loadu_pd(from.free_bytes + i), room));
    // Their field is the last one: not shifted.
    const __m256i requests = _mm256_castpd_si256(_mm256_add_pd(_mm256_loadu_pd(from.served + i), room));
    const __m256i worse =
        _mm256_add_epi64(_mm256_add_epi64(_mm256_sllv_epi64(reached, tiers), _mm256_sllv_epi64(deep, depths)),
                         _mm256_add_epi64(requests, start));
    const __m256i better =
        _mm256_add_epi64(_mm256_sllv_epi64(whole_free, free_blocks), _mm256_sllv_epi64(whole_bytes, bytes));
    const __m256d code = _mm256_castsi256_pd(_mm256_sub_epi64(worse, better));
    written.add(code);
    _mm256_storeu_pd(codes + i, code);
  }
  return written.range();
}

// n a multiple of four.
SHUNT_AVX2 inline void write_scores_by_fours(double* codes, std::size_t n, double high, double factor) {
  const __m256d highest = _mm256_set1_pd(high);
  const __m256d factors = _mm256_set1_pd(factor);
  const __m256d one = _mm256_set1_pd(1.0);
  for (std::size_t i = 0; i < n; i += 4) {
    const __m256d share = _mm256_mul_pd(_mm256_sub_pd(highest, _mm256_loadu_pd(codes + i)), factors);
    _mm256_storeu_pd(codes + i, _mm256_min_pd(share, one));
  }
}
#endif

// Turns columns into scores: (greatest code - code) / (greatest - least code). False, and nothing of use in `score`, where
// the codes would be too long.
class PressureCodes {
 public:
  PressureCodes(const Columns& in, const Thresholds& thresholds, std::span<double> score)
      : in_(in), thresholds_(thresholds), score_(score) {
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2()) in_fours_ = score.size() / 4 * 4;
#endif
  }

  bool write_scores() const {
    Layout layout = layout_of(ranges());
    if (!layout.lay_out()) return false;
    const Range codes = write_codes(layout);
    if (codes.low == codes.high) {
      std::fill(score_.begin(), score_.end(), 1.0);
      return true;
    }
    // Multiplied instead of divided. The reciprocal is rounded up, so that the best one reaches 1, and what goes beyond is cut.
    const double factor = std::nextafter(1.0 / (codes.high - codes.low), 2.0);
#ifdef SHUNT_HAVE_AVX2
    if (in_fours_ > 0) write_scores_by_fours(score_.data(), in_fours_, codes.high, factor);
#endif
    for (std::size_t i = in_fours_; i < score_.size(); ++i) {
      const double share = (codes.high - score_[i]) * factor;
      score_[i] = share < 1.0 ? share : 1.0;
    }
    return true;
  }

 private:
  Ranges ranges() const {
    Ranges ranges;
#ifdef SHUNT_HAVE_AVX2
    if (in_fours_ > 0) ranges = ranges_by_fours(in_, in_fours_);
#endif
    for (std::size_t i = in_fours_; i < score_.size(); ++i) {
      ranges.usage.add(in_.usage[i]);
      ranges.blocks.add(in_.blocks[i]);
      ranges.free_bytes.add(in_.free_bytes[i]);
      ranges.served.add(in_.served[i]);
      ranges.depth.add(in_.depth[i]);
    }
    return ranges;
  }

  Layout layout_of(const Ranges& ranges) const {
    Layout layout;
    const std::uint64_t last_tier = in_.complete() ? tier_of(thresholds_, ranges.usage.high) : kUnknownTier;
    layout.tiers = {static_cast<double>(tier_of(thresholds_, ranges.usage.low)), static_cast<double>(last_tier)};
    layout.depths = Field::of(ranges.depth);
    if (!in_.complete()) layout.depths.high += 1;  // of endpoints whose depth nobody knows
    const double most_blocks = std::max(0.0, ranges.blocks.high);
    layout.free_blocks = {0, whole(free_blocks_of(most_blocks, std::min(0.0, ranges.usage.low)))};
    layout.bytes = Field::of(ranges.free_bytes);
    layout.requests = Field::of(ranges.served);
    return layout;
  }

  // Codes instead of scores; returns their range.
  Range write_codes(const Layout& layout) const {
    Range codes;
    std::size_t written = 0;
#ifdef SHUNT_HAVE_AVX2
    if (in_fours_ > 0 && in_.complete()) {
      codes = write_codes_by_fours(in_, thresholds_, layout, score_.data(), in_fours_);
      written = in_fours_;
    }
#endif
    for (std::size_t i = written; i < score_.size(); ++i) {
      const bool used = in_.has_usage(i);
      std::uint64_t code = layout.start;
      code += (used ? tier_of(thresholds_, in_.usage[i]) : kUnknownTier) << layout.tiers.shift;
      code += whole_bits(in_.has_depth(i) ? in_.depth[i] : layout.depths.high) << layout.depths.shift;
      code -= whole_bits(used ? free_blocks_of(in_.blocks[i], in_.usage[i]) : 0.0) << layout.free_blocks.shift;
      code -= whole_bits(in_.free_bytes[i]) << layout.bytes.shift;
      code += whole_bits(in_.served[i]) << layout.requests.shift;
      score_[i] = std::bit_cast<double>(code);
      codes.add(score_[i]);
    }
    return codes;
  }

  Columns in_;
  const Thresholds& thresholds_;
  std::span<double> score_;
  std::size_t in_fours_ = 0;  // rows that are taken four at a time
};

}  // namespace kv_pressure
