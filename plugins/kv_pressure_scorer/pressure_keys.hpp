// SPDX-License-Identifier: Apache-2.0
// pressure_keys.hpp: the five keys of an endpoint as whole numbers, and the ranges of what they are made of. One endpoint at a
// time, or four where the processor has AVX2; both give the same.
#pragma once

#include <shunt/sdk/kernels.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace kv_pressure {

// The most important key first.
enum Key : std::size_t { kTier, kDepth, kFreeBlocks, kFreeBytes, kServed, kKeys };

// The keys of an endpoint. Of each, less is better.
using Keys = std::array<std::uint64_t, kKeys>;

constexpr std::size_t kMostThresholds = 4;
constexpr std::uint64_t kUnknownTier = kMostThresholds + 1;
// Whole numbers on both sides of zero up to it, and one more, stay exact under everything that is done with them here.
constexpr double kLargest = 2251799813685247.0;  // 2^51 - 1
// What is added to it has no room for a fraction: the bits of the sum are those of kRoom plus the nearest whole number.
// std::nearbyint is a call where the processor's instruction may not be used.
constexpr double kRoom = 6755399441055744.0;  // 1.5 * 2^52

// The key of what is better the less it is, and of what is better the more it is.
inline std::uint64_t rising(double number) { return std::bit_cast<std::uint64_t>(kRoom + number); }
inline std::uint64_t falling(double number) { return std::bit_cast<std::uint64_t>(kRoom - number); }

using Thresholds = std::array<double, kMostThresholds>;

// The number of thresholds that are reached.
inline std::uint64_t tier_of(const Thresholds& thresholds, double used) {
  const auto reached = [used](double threshold) { return used >= threshold ? std::uint64_t{1} : std::uint64_t{0}; };
  return (reached(thresholds[0]) + reached(thresholds[1])) + (reached(thresholds[2]) + reached(thresholds[3]));
}

// As the processor's instructions have it: the second where one of them is no number.
inline double lesser(double a, double b) { return a < b ? a : b; }
inline double greater(double a, double b) { return a > b ? a : b; }
inline double within(double low, double number, double high) { return lesser(greater(number, low), high); }

// The inputs of one call. A row without value reads as zero, which is what no blocks, no free bytes and no requests served mean.
struct Columns {
  const double* usage;
  const double* blocks;
  const double* free_bytes;
  const double* served;
  const double* depth;
  const std::uint8_t* used;  // rows with a usage; NULL: all
  const std::uint8_t* deep;  // rows with a depth; NULL: all

  bool complete() const { return used == nullptr && deep == nullptr; }
};

// What has to be done with the values of rows before they are used.
enum class Care {
  None,  // all are there, and can be taken as they are
  Gaps,  // some are missing, the others can be taken as they are
  Full   // what is no number counts as no value, and what is out of range as the nearer end
};

// One endpoint.
struct Row {
  bool has_usage;
  bool has_depth;
  double usage, blocks, free_bytes, served, depth;

  Row(const Columns& in, std::size_t i, Care care)
      : has_usage(in.used == nullptr || in.used[i] != 0),
        has_depth(in.deep == nullptr || in.deep[i] != 0),
        usage(in.usage[i]),
        blocks(in.blocks[i]),
        free_bytes(in.free_bytes[i]),
        served(in.served[i]),
        depth(in.depth[i]) {
    if (care != Care::Full) return;
    has_usage = has_usage && usage == usage;
    has_depth = has_depth && depth == depth;
    usage = within(0.0, usage, 1.0);
    blocks = within(0.0, blocks, kLargest);
    free_bytes = count(free_bytes);
    served = count(served);
    depth = count(depth);
  }

  Keys keys(const Thresholds& thresholds, std::uint64_t unknown_depth) const {
    // Rounding the free blocks undoes what the division has lost that made a share of them.
    return {has_usage ? tier_of(thresholds, usage) : kUnknownTier, has_depth ? rising(depth) : unknown_depth,
            falling(has_usage ? blocks * (1.0 - usage) : 0.0), falling(free_bytes), rising(served)};
  }

 private:
  static double count(double number) { return number == number ? within(-kLargest, number, kLargest) : 0.0; }
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double number) {
    low = lesser(number, low);
    high = greater(number, high);
  }
  bool exact() const { return low >= -kLargest && high <= kLargest; }
};

// Of each column, over all rows.
struct Ranges {
  Range usage, blocks, free_bytes, served, depth;
  bool numbers = true;   // every value is one
  bool unknown = false;  // the usage or the depth of some row may be

  void add(const Row& row) {
    usage.add(row.usage);
    blocks.add(row.blocks);
    free_bytes.add(row.free_bytes);
    served.add(row.served);
    depth.add(row.depth);
    unknown = unknown || !row.has_usage || !row.has_depth;
    // One addition after the other tells of all whether any is no number; of infinities it may say so too, which are not exact.
    const double sum = ((row.usage + row.blocks) + (row.free_bytes + row.served)) + row.depth;
    numbers = numbers && sum == sum;
  }
  // Every value can be taken as it is.
  bool plain() const {
    return numbers && usage.low >= 0.0 && usage.high <= 1.0 && blocks.low >= 0.0 && blocks.exact() &&
           free_bytes.exact() && served.exact() && depth.exact();
  }
};

#ifdef SHUNT_HAVE_AVX2
// Four rows, as Row has one. Masks have all bits of a lane set, or none.
template <Care care>
struct FourRows {
  const Columns& in;
  std::size_t first;

  SHUNT_AVX2 __m256d usage() const {
    const __m256d read = _mm256_loadu_pd(in.usage + first);
    return care != Care::Full ? read : within_both(_mm256_setzero_pd(), read, _mm256_set1_pd(1.0));
  }
  SHUNT_AVX2 __m256d blocks() const {
    const __m256d read = _mm256_loadu_pd(in.blocks + first);
    return care != Care::Full ? read : within_both(_mm256_setzero_pd(), read, _mm256_set1_pd(kLargest));
  }
  SHUNT_AVX2 __m256d free_bytes() const { return counts(in.free_bytes); }
  SHUNT_AVX2 __m256d served() const { return counts(in.served); }
  SHUNT_AVX2 __m256d depth() const { return counts(in.depth); }
  SHUNT_AVX2 __m256d no_usage() const { return missing(in.usage, in.used); }
  SHUNT_AVX2 __m256d no_depth() const { return missing(in.depth, in.deep); }

 private:
  SHUNT_AVX2 static __m256d within_both(__m256d low, __m256d numbers, __m256d high) {
    return _mm256_min_pd(_mm256_max_pd(numbers, low), high);
  }
  SHUNT_AVX2 __m256d counts(const double* column) const {
    const __m256d read = _mm256_loadu_pd(column + first);
    if (care != Care::Full) return read;
    const __m256d numbers = _mm256_and_pd(read, _mm256_cmp_pd(read, read, _CMP_ORD_Q));
    return within_both(_mm256_set1_pd(-kLargest), numbers, _mm256_set1_pd(kLargest));
  }
  SHUNT_AVX2 __m256d missing(const double* column, const std::uint8_t* flags) const {
    const __m256d read = _mm256_loadu_pd(column + first);
    const __m256d odd = care == Care::Full ? _mm256_cmp_pd(read, read, _CMP_UNORD_Q) : _mm256_setzero_pd();
    if (flags == nullptr) return odd;
    std::int32_t four = 0;
    std::memcpy(&four, flags + first, sizeof four);
    const __m256i wide = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(four));
    return _mm256_or_pd(odd, _mm256_castsi256_pd(_mm256_cmpeq_epi64(wide, _mm256_setzero_si256())));
  }
};

// The least and the greatest of four numbers at a time.
struct RangeOfFour {
  __m256d low;
  __m256d high;

  SHUNT_AVX2 RangeOfFour()
      : low(_mm256_set1_pd(std::numeric_limits<double>::infinity())),
        high(_mm256_set1_pd(-std::numeric_limits<double>::infinity())) {}
  SHUNT_AVX2 void add(__m256d numbers) {
    low = _mm256_min_pd(numbers, low);
    high = _mm256_max_pd(numbers, high);
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
template <Care care>
SHUNT_AVX2 inline Ranges ranges_by_fours(const Columns& in, std::size_t n) {
  RangeOfFour usage, blocks, free_bytes, served, depth;
  __m256d odd = _mm256_setzero_pd();
  for (std::size_t i = 0; i < n; i += 4) {
    const FourRows<care> rows{in, i};
    const __m256d used = rows.usage();
    const __m256d held = rows.blocks();
    const __m256d bytes = rows.free_bytes();
    const __m256d requests = rows.served();
    const __m256d deep = rows.depth();
    usage.add(used);
    blocks.add(held);
    free_bytes.add(bytes);
    served.add(requests);
    depth.add(deep);
    if (care == Care::Full) continue;
    // One comparison tells of two whether either is no number.
    odd = _mm256_or_pd(odd, _mm256_cmp_pd(used, held, _CMP_UNORD_Q));
    odd = _mm256_or_pd(odd, _mm256_cmp_pd(bytes, requests, _CMP_UNORD_Q));
    odd = _mm256_or_pd(odd, _mm256_cmp_pd(deep, deep, _CMP_UNORD_Q));
  }
  return {usage.range(),     blocks.range(), free_bytes.range(),
          served.range(),    depth.range(),  _mm256_movemask_pd(odd) == 0,
          care == Care::Full};
}
#endif

}  // namespace kv_pressure
