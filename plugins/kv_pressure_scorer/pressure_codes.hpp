// SPDX-License-Identifier: Apache-2.0
// pressure_codes.hpp: scores of the codes that the levels make of the keys. One endpoint at a time, or four where the processor
// has AVX2; both give the same scores.
#pragma once

#include "pressure_levels.hpp"

#include <span>

namespace kv_pressure {

// What makes scores of the codes of one level: base + (high - code) * factor. The least code is the best.
struct Scale {
  double base;
  double factor;
  double high;
  double low;

  Scale(const Range& codes, double from, double span)
      : base(from),
        factor(codes.high > codes.low ? span / (codes.high - codes.low) : 0.0),
        high(codes.high),
        low(codes.low) {}
  double of(double code) const {
    double part = (high - code) * factor;
    SHUNT_ROUND(part);
    return base + part;
  }
};

// Endpoints that all have the least code of a level, and their codes in the next one.
struct Tied {
  Range codes;
  std::size_t count = 0;
  std::size_t last = 0;
};

// What the keys of endpoints come from.
struct Source {
  Columns columns;
  Thresholds thresholds;
  Care care = Care::Full;           // with every row
  std::uint64_t unknown_depth = 0;  // see Levels

  Keys keys(std::size_t row) const { return Row(columns, row, care).keys(thresholds, unknown_depth); }
};

#ifdef SHUNT_HAVE_AVX2
// Level::code() of four rows.
template <Care care>
class CodesOfFour {
 public:
  SHUNT_AVX2 CodesOfFour(const Source& source, const Level& level)
      : in_(source.columns),
        used_(level.used),
        cut_(level.cut != 0),
        start_(_mm256_set1_epi64x(static_cast<std::int64_t>(level.start))),
        cut_base_(_mm256_set1_epi64x(static_cast<std::int64_t>(level.cut_base))),
        cut_bits_(_mm256_set1_epi64x(level.cut)),
        unknown_depth_(_mm256_set1_pd(std::bit_cast<double>(source.unknown_depth))) {
    for (std::size_t t = 0; t < kMostThresholds; ++t) steps_[t] = _mm256_set1_pd(source.thresholds[t]);
    for (std::size_t key = 0; key < kKeys; ++key) shift_[key] = _mm256_set1_epi64x(level.shift[key]);
  }

  // Asks for each key whether it is used: that costs less than shifting it away.
  SHUNT_AVX2 __m256d of(std::size_t first) const {
    const FourRows<care> rows{in_, first};
    const __m256d room = _mm256_set1_pd(kRoom);
    __m256i code = start_;
    __m256i last = _mm256_setzero_si256();
    if (used_[kTier]) {
      last = tiers(rows);
      code = _mm256_add_epi64(code, _mm256_sllv_epi64(last, shift_[kTier]));
    }
    if (used_[kDepth]) {
      __m256d depth = _mm256_add_pd(room, rows.depth());
      if (care != Care::None) depth = _mm256_blendv_pd(depth, unknown_depth_, rows.no_depth());
      last = _mm256_castpd_si256(depth);
      code = _mm256_add_epi64(code, _mm256_sllv_epi64(last, shift_[kDepth]));
    }
    if (used_[kFreeBlocks]) {
      __m256d free = _mm256_mul_pd(rows.blocks(), _mm256_sub_pd(_mm256_set1_pd(1.0), rows.usage()));
      if (care != Care::None) free = _mm256_andnot_pd(rows.no_usage(), free);
      last = _mm256_castpd_si256(_mm256_sub_pd(room, free));
      code = _mm256_add_epi64(code, _mm256_sllv_epi64(last, shift_[kFreeBlocks]));
    }
    if (used_[kFreeBytes]) {
      last = _mm256_castpd_si256(_mm256_sub_pd(room, rows.free_bytes()));
      code = _mm256_add_epi64(code, _mm256_sllv_epi64(last, shift_[kFreeBytes]));
    }
    if (used_[kServed]) {
      last = _mm256_castpd_si256(_mm256_add_pd(room, rows.served()));
      code = _mm256_add_epi64(code, _mm256_sllv_epi64(last, shift_[kServed]));
    }
    if (cut_) code = _mm256_add_epi64(code, _mm256_srlv_epi64(_mm256_sub_epi64(last, cut_base_), cut_bits_));
    return _mm256_castsi256_pd(code);
  }

 private:
  SHUNT_AVX2 __m256i tiers(const FourRows<care>& rows) const {
    const __m256d usage = rows.usage();
    __m256i reached = _mm256_setzero_si256();
    for (const __m256d step : steps_) {
      // A comparison that holds is -1.
      reached = _mm256_sub_epi64(reached, _mm256_castpd_si256(_mm256_cmp_pd(usage, step, _CMP_GE_OQ)));
    }
    if (care == Care::None) return reached;
    const __m256d unknown = _mm256_castsi256_pd(_mm256_set1_epi64x(kUnknownTier));
    return _mm256_castpd_si256(_mm256_blendv_pd(_mm256_castsi256_pd(reached), unknown, rows.no_usage()));
  }

  Columns in_;
  std::array<bool, kKeys> used_;
  bool cut_;
  __m256i start_, cut_base_, cut_bits_;
  __m256d unknown_depth_;
  __m256d steps_[kMostThresholds];
  __m256i shift_[kKeys];
};

// Scale::of() of four codes.
struct ScaleOfFour {
  __m256d base, factor, high, low;

  SHUNT_AVX2 explicit ScaleOfFour(const Scale& scale)
      : base(_mm256_set1_pd(scale.base)),
        factor(_mm256_set1_pd(scale.factor)),
        high(_mm256_set1_pd(scale.high)),
        low(_mm256_set1_pd(scale.low)) {}
  SHUNT_AVX2 __m256d of(__m256d codes) const {
    __m256d part = _mm256_mul_pd(_mm256_sub_pd(high, codes), factor);
    SHUNT_ROUND(part);
    return _mm256_add_pd(base, part);
  }
};

template <Care care>
SHUNT_AVX2 inline Range write_codes_by_fours(const Source& source, const Level& level, double* codes, std::size_t n) {
  const CodesOfFour<care> made(source, level);
  RangeOfFour written;
  // Backwards, because the last rows were read a moment ago.
  for (std::size_t i = n; i > 0;) {
    i -= 4;
    const __m256d four = made.of(i);
    written.add(four);
    _mm256_storeu_pd(codes + i, four);
  }
  return written.range();
}

SHUNT_AVX2 inline void finish_by_fours(const Scale& given, double* score, std::size_t n) {
  const ScaleOfFour scale(given);
  const __m256d one = _mm256_set1_pd(1.0);
  const __m256d least_code = _mm256_set1_pd(kLeastCode);
  for (std::size_t i = 0; i < n; i += 4) {
    const __m256d codes = _mm256_loadu_pd(score + i);
    const __m256d scores = _mm256_blendv_pd(scale.of(codes), one, _mm256_cmp_pd(codes, scale.low, _CMP_EQ_OQ));
    _mm256_storeu_pd(score + i, _mm256_blendv_pd(codes, scores, _mm256_cmp_pd(codes, least_code, _CMP_GE_OQ)));
  }
}

template <Care care>
SHUNT_AVX2 inline Tied go_on_by_fours(const Source& source, const Scale& given, const Level& next, double* score,
                                      std::size_t n) {
  const CodesOfFour<care> made(source, next);
  const ScaleOfFour scale(given);
  const __m256d least_code = _mm256_set1_pd(kLeastCode);
  const __m256d none = _mm256_set1_pd(std::numeric_limits<double>::infinity());
  RangeOfFour written;
  Tied tied;
  for (std::size_t i = 0; i < n; i += 4) {
    const __m256d codes = _mm256_loadu_pd(score + i);
    const __m256d best = _mm256_cmp_pd(codes, scale.low, _CMP_EQ_OQ);
    __m256d scores = scale.of(codes);
    if (const auto rows = static_cast<unsigned>(_mm256_movemask_pd(best)); rows != 0) {
      const __m256d four = made.of(i);
      written.low = _mm256_min_pd(_mm256_blendv_pd(none, four, best), written.low);
      written.high = _mm256_max_pd(_mm256_and_pd(four, best), written.high);
      scores = _mm256_blendv_pd(scores, four, best);
      tied.count += static_cast<std::size_t>(std::popcount(rows));
      tied.last = i + static_cast<std::size_t>(std::bit_width(rows)) - 1;
    }
    _mm256_storeu_pd(score + i, _mm256_blendv_pd(codes, scores, _mm256_cmp_pd(codes, least_code, _CMP_GE_OQ)));
  }
  tied.codes = written.range();
  return tied;
}
#endif

// Turns columns into scores, level by level. Codes stand where the scores will be; every score is less than every code.
class PressureCodes {
 public:
  // At least one row.
  PressureCodes(const Columns& columns, const Thresholds& thresholds, std::span<double> score)
      : source_{.columns = columns, .thresholds = thresholds}, score_(score) {
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2()) in_fours_ = score.size() / 4 * 4;
#endif
  }

  void write_scores() {
    Levels levels(ranges(), source_.thresholds);
    source_.unknown_depth = levels.unknown_depth();
    Range codes = write_codes(levels.next());
    double base = 0.0;
    double span = 1.0;
    while (levels.more()) {
      const double rest = span / 8;
      const Scale scale(codes, base, span - rest);
      levels.go_on_from(source_.keys(shunt_find_equal(score_.data(), score_.size(), 0, codes.low)));
      const Tied tied = go_on(scale, levels.next());
      if (tied.count == 1) {
        score_[tied.last] = 1.0;
        return;
      }
      codes = tied.codes;
      base += span - rest;
      span = rest;
    }
    finish(Scale(codes, base, span));
  }

 private:
  Ranges ranges() {
    source_.care = source_.columns.complete() ? Care::None : Care::Gaps;
    Ranges ranges = ranges_with<Care::Gaps>();
    if (ranges.plain()) return ranges;
    source_.care = Care::Full;
    return ranges_with<Care::Full>();
  }

  // Rows without a value read as zero: gaps take no care here.
  template <Care care>
  Ranges ranges_with() const {
    Ranges ranges;
#ifdef SHUNT_HAVE_AVX2
    if (in_fours_ > 0) ranges = ranges_by_fours<care>(source_.columns, in_fours_);
#endif
    for (std::size_t i = in_fours_; i < score_.size(); ++i) ranges.add(Row(source_.columns, i, care));
    ranges.unknown = ranges.unknown || care == Care::Full || !source_.columns.complete();
    return ranges;
  }

  // Returns the range of what it writes.
  Range write_codes(const Level& level) {
    Range codes;
#ifdef SHUNT_HAVE_AVX2
    if (in_fours_ > 0) codes = first_codes_by_fours(level);
#endif
    for (std::size_t i = in_fours_; i < score_.size(); ++i) {
      score_[i] = level.code(source_.keys(i));
      codes.add(score_[i]);
    }
    return codes;
  }

  // Scores of all that still have codes but those with the best one, which get codes of the next level.
  Tied go_on(const Scale& scale, const Level& next) {
    Tied tied;
#ifdef SHUNT_HAVE_AVX2
    if (in_fours_ > 0) tied = next_codes_by_fours(scale, next);
#endif
    for (std::size_t i = in_fours_; i < score_.size(); ++i) {
      if (score_[i] > scale.low) score_[i] = scale.of(score_[i]);
      if (score_[i] != scale.low) continue;
      score_[i] = next.code(source_.keys(i));
      tied.codes.add(score_[i]);
      tied.count += 1;
      tied.last = i;
    }
    return tied;
  }

  // Scores of all that still have codes.
  void finish(const Scale& scale) {
#ifdef SHUNT_HAVE_AVX2
    if (in_fours_ > 0) finish_by_fours(scale, score_.data(), in_fours_);
#endif
    for (std::size_t i = in_fours_; i < score_.size(); ++i) {
      if (score_[i] >= scale.low) score_[i] = score_[i] == scale.low ? 1.0 : scale.of(score_[i]);
    }
  }

#ifdef SHUNT_HAVE_AVX2
  Range first_codes_by_fours(const Level& level) {
    switch (source_.care) {
      case Care::None: return write_codes_by_fours<Care::None>(source_, level, score_.data(), in_fours_);
      case Care::Gaps: return write_codes_by_fours<Care::Gaps>(source_, level, score_.data(), in_fours_);
      default: return write_codes_by_fours<Care::Full>(source_, level, score_.data(), in_fours_);
    }
  }
  Tied next_codes_by_fours(const Scale& scale, const Level& next) {
    switch (source_.care) {
      case Care::None: return go_on_by_fours<Care::None>(source_, scale, next, score_.data(), in_fours_);
      case Care::Gaps: return go_on_by_fours<Care::Gaps>(source_, scale, next, score_.data(), in_fours_);
      default: return go_on_by_fours<Care::Full>(source_, scale, next, score_.data(), in_fours_);
    }
  }
#endif

  Source source_;
  std::span<double> score_;
  std::size_t in_fours_ = 0;  // rows that are taken four at a time
};

}  // namespace kv_pressure
