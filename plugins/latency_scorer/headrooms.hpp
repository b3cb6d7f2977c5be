// SPDX-License-Identifier: Apache-2.0
// headrooms.hpp: target minus prediction, for every endpoint of a call, and the group that each endpoint is in. One endpoint at a
// time, or four where the processor has AVX2; both give the same numbers.
#pragma once

#include <shunt/sdk/view.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

namespace latency {

// Ranges up to this count as none.
constexpr double kNoRange = 1e-9;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Groups of endpoints, best first; only the first that is not empty is scored. Bits, so that a set of groups is a number.
constexpr std::uint32_t kPositive = 1;
constexpr std::uint32_t kIdle = 2;  // misses a target, but has nothing to do
constexpr std::uint32_t kMissesTpot = 4;
constexpr std::uint32_t kMissesTtft = 8;
constexpr std::uint32_t kMissesBoth = 16;

// How far from its target a dimension is, over the endpoints of one group.
struct Dimension {
  double low = kInfinity;
  double high = -kInfinity;

  void add(double distance) {
    low = std::min(low, distance);
    high = std::max(high, distance);
  }
  bool flat() const { return !(high - low > kNoRange); }
  // Divides by a range that is never 0; what comes of it where the dimension is flat is not used.
  double divisor() const { return flat() ? 1.0 : high - low; }
};

// The targets of a request in milliseconds, and what becomes of a latency for which it has none.
class Targets {
 public:
  Targets(std::optional<std::int64_t> ttft_ns, std::optional<std::int64_t> tpot_ns)
      : ttft_ms(milliseconds(ttft_ns)), tpot_ms(milliseconds(tpot_ns)), any(ttft_ns || tpot_ns) {
    // Nobody misses a target that is missing. Beside another one it has no part in the choice: 0 for everybody. Where there is
    // none at all, the headroom is the latency itself, its sign taken away: the fastest endpoint is the nearest.
    const std::uint64_t missing = any ? 0 : ~kSign;
    ttft_bits = ttft_ns ? kAll : missing;
    tpot_bits = tpot_ns ? kAll : missing;
  }

  double ttft_ms;  // 0 where there is none
  double tpot_ms;
  bool any;
  std::uint64_t ttft_bits;  // those of a headroom that count
  std::uint64_t tpot_bits;

 private:
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};
  static constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  static double milliseconds(std::optional<std::int64_t> target_ns) {
    return target_ns ? static_cast<double>(*target_ns) / 1e6 : 0.0;
  }
};

// Columns and targets of one call. Latencies in milliseconds.
class Headrooms {
 public:
  Headrooms(const Targets& targets, const shunt::sdk::ColumnView<double>& ttft,
            const shunt::sdk::ColumnView<double>& tpot, const double* in_flight)
      : targets_(targets),
        ttft_(ttft.data()),
        tpot_(tpot.data()),
        in_flight_(in_flight),
        ttft_valid_(ttft.raw().valid),
        tpot_valid_(tpot.raw().valid) {}

  // Every endpoint has at least one of the two predictions.
  bool complete() const { return ttft_valid_ == nullptr || tpot_valid_ == nullptr; }
  bool predicted(std::size_t i) const { return complete() || (ttft_valid_[i] | tpot_valid_[i]) != 0; }
  // 0 where nothing is predicted.
  double ttft(std::size_t i) const {
    return predicted(i) ? counted(targets_.ttft_ms - ttft_[i], targets_.ttft_bits) : 0.0;
  }
  double tpot(std::size_t i) const {
    return predicted(i) ? counted(targets_.tpot_ms - tpot_[i], targets_.tpot_bits) : 0.0;
  }

  // Every group that the endpoint is in: an idle one is in its own and in that of what it misses.
  std::uint32_t groups_of(std::size_t i) const {
    const bool misses_ttft = ttft(i) < 0.0;
    const bool misses_tpot = tpot(i) < 0.0;
    if (!misses_ttft && !misses_tpot) return kPositive;
    const std::uint32_t missed = misses_ttft && misses_tpot ? kMissesBoth : misses_ttft ? kMissesTtft : kMissesTpot;
    return missed | (in_flight_[i] == 0.0 ? kIdle : 0u);
  }

#ifdef SHUNT_HAVE_AVX2
  // Four endpoints. Masks have all bits of a lane set, or none.
  struct Four {
    __m256d ttft;
    __m256d tpot;
    __m256d misses_ttft;
    __m256d misses_tpot;
    __m256d idle;
  };
  SHUNT_AVX2 Four four(std::size_t i) const {
    const __m256d zero = _mm256_setzero_pd();
    Four rows{};
    rows.ttft =
        counted(_mm256_sub_pd(_mm256_set1_pd(targets_.ttft_ms), _mm256_loadu_pd(ttft_ + i)), targets_.ttft_bits);
    rows.tpot =
        counted(_mm256_sub_pd(_mm256_set1_pd(targets_.tpot_ms), _mm256_loadu_pd(tpot_ + i)), targets_.tpot_bits);
    if (!complete()) {
      std::int32_t ttft_flags = 0;
      std::int32_t tpot_flags = 0;
      std::memcpy(&ttft_flags, ttft_valid_ + i, sizeof ttft_flags);
      std::memcpy(&tpot_flags, tpot_valid_ + i, sizeof tpot_flags);
      const __m256i wide = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(ttft_flags | tpot_flags));
      const __m256d known = _mm256_castsi256_pd(_mm256_cmpgt_epi64(wide, _mm256_setzero_si256()));
      rows.ttft = _mm256_and_pd(rows.ttft, known);
      rows.tpot = _mm256_and_pd(rows.tpot, known);
    }
    rows.misses_ttft = _mm256_cmp_pd(rows.ttft, zero, _CMP_LT_OQ);
    rows.misses_tpot = _mm256_cmp_pd(rows.tpot, zero, _CMP_LT_OQ);
    rows.idle = _mm256_cmp_pd(_mm256_loadu_pd(in_flight_ + i), zero, _CMP_EQ_OQ);
    return rows;
  }
  // Those of the four that are not in the group.
  template <std::uint32_t group>
  SHUNT_AVX2 static __m256d strangers(const Four& rows) {
    const __m256d all = _mm256_castsi256_pd(_mm256_set1_epi64x(-1));
    switch (group) {
      case kPositive: return _mm256_or_pd(rows.misses_ttft, rows.misses_tpot);
      case kIdle:
        return _mm256_andnot_pd(_mm256_and_pd(_mm256_or_pd(rows.misses_ttft, rows.misses_tpot), rows.idle), all);
      case kMissesTpot: return _mm256_or_pd(rows.misses_ttft, _mm256_andnot_pd(rows.misses_tpot, all));
      case kMissesTtft: return _mm256_or_pd(rows.misses_tpot, _mm256_andnot_pd(rows.misses_ttft, all));
      default: return _mm256_andnot_pd(_mm256_and_pd(rows.misses_ttft, rows.misses_tpot), all);
    }
  }
#endif

  // The best group that has members among the first n endpoints, and the distances of its members. Starts with the group of the
  // first endpoint, and starts again whenever it meets a better one: at most five times, and hardly ever far from the start.
  std::uint32_t measure(std::size_t n, Dimension& ttft_range, Dimension& tpot_range) const {
    if (n == 0) return kPositive;
    std::uint32_t group = best_of(groups_of(0));
    for (;;) {
      const std::uint32_t better = measure_group(group, n, ttft_range, tpot_range);
      if (better == 0) return group;
      group = best_of(better);
    }
  }

 private:
  static double counted(double headroom, std::uint64_t bits) {
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(headroom) & bits);
  }
#ifdef SHUNT_HAVE_AVX2
  SHUNT_AVX2 static __m256d counted(__m256d headrooms, std::uint64_t bits) {
    return _mm256_and_pd(headrooms, _mm256_castsi256_pd(_mm256_set1_epi64x(static_cast<std::int64_t>(bits))));
  }
#endif
  static std::uint32_t best_of(std::uint32_t groups) { return groups & (0u - groups); }

  // Returns the groups of an endpoint that is in a better one than this; 0 when there is none, and only then measures.
  std::uint32_t measure_group(std::uint32_t group, std::size_t n, Dimension& ttft_range, Dimension& tpot_range) const {
    ttft_range = {};
    tpot_range = {};
    std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2()) i = measure_by_fours(group, n, ttft_range, tpot_range);
#endif
    for (; i < n; ++i) {
      const std::uint32_t groups = groups_of(i);
      if (best_of(groups) < group) return groups;
      if ((groups & group) == 0) continue;
      ttft_range.add(std::abs(ttft(i)));
      tpot_range.add(std::abs(tpot(i)));
    }
    return 0;
  }

#ifdef SHUNT_HAVE_AVX2
  // Whether one of the four is in a better group than this.
  template <std::uint32_t group>
  SHUNT_AVX2 static bool any_better(const Four& rows) {
    const __m256d misses_one = _mm256_or_pd(rows.misses_ttft, rows.misses_tpot);
    constexpr int kAll = 15;
    switch (group) {
      case kPositive: return false;
      case kIdle: return _mm256_movemask_pd(misses_one) != kAll;
      case kMissesTpot: return _mm256_movemask_pd(_mm256_andnot_pd(rows.idle, misses_one)) != kAll;
      case kMissesTtft: return _mm256_movemask_pd(_mm256_andnot_pd(rows.idle, rows.misses_ttft)) != kAll;
      default:
        return _mm256_movemask_pd(_mm256_andnot_pd(rows.idle, _mm256_and_pd(rows.misses_ttft, rows.misses_tpot))) !=
               kAll;
    }
  }

  std::size_t measure_by_fours(std::uint32_t group, std::size_t n, Dimension& ttft_range, Dimension& tpot_range) const {
    switch (group) {
      case kPositive: return measure_by_fours<kPositive>(*this, n, ttft_range, tpot_range);
      case kIdle: return measure_by_fours<kIdle>(*this, n, ttft_range, tpot_range);
      case kMissesTpot: return measure_by_fours<kMissesTpot>(*this, n, ttft_range, tpot_range);
      case kMissesTtft: return measure_by_fours<kMissesTtft>(*this, n, ttft_range, tpot_range);
      default: return measure_by_fours<kMissesBoth>(*this, n, ttft_range, tpot_range);
    }
  }

  // Measures up to the last three endpoints, or to one that is in a better group. Returns the first row that is left.
  template <std::uint32_t group>
  SHUNT_AVX2 static std::size_t measure_by_fours(const Headrooms in, std::size_t n, Dimension& ttft_range,
                                                 Dimension& tpot_range) {
    const __m256d sign = _mm256_set1_pd(-0.0);
    __m256d ttft_low = _mm256_set1_pd(kInfinity), tpot_low = ttft_low;
    __m256d ttft_high = _mm256_set1_pd(-kInfinity), tpot_high = ttft_high;
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      const Four rows = in.four(i);
      if (any_better<group>(rows)) break;
      // With all bits set a number is none, and of such and another these two take the other, their second one.
      const __m256d out = strangers<group>(rows);
      const __m256d ttft = _mm256_or_pd(_mm256_andnot_pd(sign, rows.ttft), out);
      const __m256d tpot = _mm256_or_pd(_mm256_andnot_pd(sign, rows.tpot), out);
      ttft_low = _mm256_min_pd(ttft, ttft_low);
      ttft_high = _mm256_max_pd(ttft, ttft_high);
      tpot_low = _mm256_min_pd(tpot, tpot_low);
      tpot_high = _mm256_max_pd(tpot, tpot_high);
    }
    add_range(ttft_range, ttft_low, ttft_high);
    add_range(tpot_range, tpot_low, tpot_high);
    return i;
  }
  SHUNT_AVX2 static void add_range(Dimension& range, __m256d low, __m256d high) {
    double numbers[4];
    _mm256_storeu_pd(numbers, low);
    for (const double number : numbers) range.low = std::min(range.low, number);
    _mm256_storeu_pd(numbers, high);
    for (const double number : numbers) range.high = std::max(range.high, number);
  }
#endif

  Targets targets_;
  const double* ttft_;
  const double* tpot_;
  const double* in_flight_;
  const std::uint8_t* ttft_valid_;  // null: every endpoint has a value
  const std::uint8_t* tpot_valid_;
};

}  // namespace latency
