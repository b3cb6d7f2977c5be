// SPDX-License-Identifier: Apache-2.0
// kernels.h: the reductions and element-wise passes that scorers and pickers are made of, vectorised where the processor has
// AVX2, usable from C and C++. GCC 12 vectorises none of these loops without finite-math flags; no author should need flags.
//
//   double low = 0.0, high = 0.0;
//   shunt_min_max(queue, view->count, &low, &high);
//   shunt_descending(queue, view->count, high, high - low, score);
//
// Every function gives bit-identical results with and without AVX2, and whatever processor the compiler is told to build for.
// Arrays need no particular alignment; n may be 0.
#pragma once

#include <shunt/abi/column.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(SHUNT_NO_VECTOR)
#include <immintrin.h>
#define SHUNT_HAVE_AVX2 1
#define SHUNT_AVX2 __attribute__((target("avx2")))
#endif

#ifdef __cplusplus
extern "C" {
// A cast that C and C++ both take.
#define SHUNT_CAST(type, value) static_cast<type>(value)
#else
#define SHUNT_CAST(type, value) ((type)(value))
#endif

// What shunt_clamp_add met.
typedef struct shunt_clamp_counts {
  uint64_t faults;   // NaN and infinities: counted as 0
  uint64_t clamped;  // finite values outside [0, 1]
} shunt_clamp_counts;

static inline int shunt_has_avx2(void) {
#ifdef SHUNT_HAVE_AVX2
  return __builtin_cpu_supports("avx2");
#else
  return 0;
#endif
}

static inline double shunt_bits_to_double(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// A uniformly distributed 64-bit draw for one endpoint: the same for the same seed and key, wherever the row stands.
static inline uint64_t shunt_draw(uint64_t seed, uint64_t key) {
  uint64_t x = seed ^ (key * 0x9e3779b97f4a7c15ull);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// The draw as a number in (0, 1): 52 bits, so that neither end is reached by rounding.
static inline double shunt_draw_unit(uint64_t seed, uint64_t key) {
  return (SHUNT_CAST(double, shunt_draw(seed, key) >> 12) + 0.5) * (1.0 / 4503599627370496.0);
}

// Row of the endpoint `key` in a view, SHUNT_NONE when it is no candidate. Constant time in the base view, a scan elsewhere.
static inline uint32_t shunt_view_find(const shunt_view* view, uint64_t key) {
  if (!view->row_index) {
    for (uint32_t row = 0; row < view->count; ++row) {
      if (view->key[row] == key) return row;
    }
    return SHUNT_NONE;
  }
  for (uint64_t at = key & view->row_index_mask;; at = (at + 1) & view->row_index_mask) {
    const uint32_t row = view->row_index[at];
    if (row == SHUNT_NONE || view->key[row] == key) return row;
  }
}

#ifdef SHUNT_HAVE_AVX2
// For n >= 8. The last eight are read again where n is no multiple of eight: a number counted twice changes no extreme.
SHUNT_AVX2 static inline void shunt_min_max_avx2(const double* x, uint64_t n, double* low, double* high) {
  __m256d lo0 = _mm256_loadu_pd(x), lo1 = _mm256_loadu_pd(x + 4), hi0 = lo0, hi1 = lo1;
  __m256d lo2 = lo0, lo3 = lo1, hi2 = lo0, hi3 = lo1;
  uint64_t i = 8;
  for (; i + 16 <= n; i += 16) {
    const __m256d a = _mm256_loadu_pd(x + i), b = _mm256_loadu_pd(x + i + 4);
    const __m256d c = _mm256_loadu_pd(x + i + 8), d = _mm256_loadu_pd(x + i + 12);
    lo0 = _mm256_min_pd(lo0, a);
    hi0 = _mm256_max_pd(hi0, a);
    lo1 = _mm256_min_pd(lo1, b);
    hi1 = _mm256_max_pd(hi1, b);
    lo2 = _mm256_min_pd(lo2, c);
    hi2 = _mm256_max_pd(hi2, c);
    lo3 = _mm256_min_pd(lo3, d);
    hi3 = _mm256_max_pd(hi3, d);
  }
  for (; i < n; i += 8) {
    const uint64_t at = i + 8 <= n ? i : n - 8;
    const __m256d a = _mm256_loadu_pd(x + at), b = _mm256_loadu_pd(x + at + 4);
    lo0 = _mm256_min_pd(lo0, a);
    hi0 = _mm256_max_pd(hi0, a);
    lo1 = _mm256_min_pd(lo1, b);
    hi1 = _mm256_max_pd(hi1, b);
  }
  double lo[4], hi[4];
  _mm256_storeu_pd(lo, _mm256_min_pd(_mm256_min_pd(lo0, lo1), _mm256_min_pd(lo2, lo3)));
  _mm256_storeu_pd(hi, _mm256_max_pd(_mm256_max_pd(hi0, hi1), _mm256_max_pd(hi2, hi3)));
  for (int k = 1; k < 4; ++k) {
    if (lo[k] < lo[0]) lo[0] = lo[k];
    if (hi[k] > hi[0]) hi[0] = hi[k];
  }
  *low = lo[0] + 0.0;
  *high = hi[0] + 0.0;
}
#endif

// Least and greatest of n numbers without NaN; n == 0 leaves both untouched. A zero is always +0: which of two zeros a
// reduction meets first depends on the order of its lanes, and adding +0 takes the sign away.
static inline void shunt_min_max(const double* x, uint64_t n, double* low, double* high) {
  if (n == 0) return;
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) {
    shunt_min_max_avx2(x, n, low, high);
    return;
  }
#endif
  double lo = x[0], hi = x[0];
  for (uint64_t i = 1; i < n; ++i) {
    lo = x[i] < lo ? x[i] : lo;
    hi = x[i] > hi ? x[i] : hi;
  }
  *low = lo + 0.0;
  *high = hi + 0.0;
}

#ifdef SHUNT_HAVE_AVX2
// For n >= 8; see shunt_min_max_avx2.
SHUNT_AVX2 static inline double shunt_max_avx2(const double* x, uint64_t n) {
  __m256d a = _mm256_loadu_pd(x), b = _mm256_loadu_pd(x + 4), c = a, d = b;
  uint64_t i = 8;
  for (; i + 16 <= n; i += 16) {
    a = _mm256_max_pd(a, _mm256_loadu_pd(x + i));
    b = _mm256_max_pd(b, _mm256_loadu_pd(x + i + 4));
    c = _mm256_max_pd(c, _mm256_loadu_pd(x + i + 8));
    d = _mm256_max_pd(d, _mm256_loadu_pd(x + i + 12));
  }
  for (; i < n; i += 8) {
    const uint64_t at = i + 8 <= n ? i : n - 8;
    a = _mm256_max_pd(a, _mm256_loadu_pd(x + at));
    b = _mm256_max_pd(b, _mm256_loadu_pd(x + at + 4));
  }
  double high[4];
  _mm256_storeu_pd(high, _mm256_max_pd(_mm256_max_pd(a, b), _mm256_max_pd(c, d)));
  for (int k = 1; k < 4; ++k) {
    if (high[k] > high[0]) high[0] = high[k];
  }
  return high[0] + 0.0;
}
#endif

// Greatest of n >= 1 numbers without NaN; a zero is +0, as in shunt_min_max.
static inline double shunt_max(const double* x, uint64_t n) {
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) return shunt_max_avx2(x, n);
#endif
  double high = x[0];
  for (uint64_t i = 1; i < n; ++i) high = x[i] > high ? x[i] : high;
  return high + 0.0;
}

#ifdef SHUNT_HAVE_AVX2
SHUNT_AVX2 static inline uint64_t shunt_find_equal_avx2(const double* x, uint64_t n, uint64_t from, double value) {
  const __m256d wanted = _mm256_set1_pd(value);
  uint64_t i = from;
  for (; i + 16 <= n; i += 16) {
    const __m256d a = _mm256_cmp_pd(_mm256_loadu_pd(x + i), wanted, _CMP_EQ_OQ);
    const __m256d b = _mm256_cmp_pd(_mm256_loadu_pd(x + i + 4), wanted, _CMP_EQ_OQ);
    const __m256d c = _mm256_cmp_pd(_mm256_loadu_pd(x + i + 8), wanted, _CMP_EQ_OQ);
    const __m256d d = _mm256_cmp_pd(_mm256_loadu_pd(x + i + 12), wanted, _CMP_EQ_OQ);
    if (_mm256_movemask_pd(_mm256_or_pd(_mm256_or_pd(a, b), _mm256_or_pd(c, d))) != 0) break;
  }
  for (; i + 8 <= n; i += 8) {
    const __m256d a = _mm256_cmp_pd(_mm256_loadu_pd(x + i), wanted, _CMP_EQ_OQ);
    const __m256d b = _mm256_cmp_pd(_mm256_loadu_pd(x + i + 4), wanted, _CMP_EQ_OQ);
    const int hits = _mm256_movemask_pd(a) | (_mm256_movemask_pd(b) << 4);
    if (hits != 0) return i + SHUNT_CAST(uint64_t, __builtin_ctz(SHUNT_CAST(unsigned, hits)));
  }
  for (; i < n; ++i) {
    if (x[i] == value) return i;
  }
  return n;
}
#endif

// First index not below `from` with x[index] == value, n when there is none.
static inline uint64_t shunt_find_equal(const double* x, uint64_t n, uint64_t from, double value) {
#ifdef SHUNT_HAVE_AVX2
  if (n - from >= 8 && from < n && shunt_has_avx2()) return shunt_find_equal_avx2(x, n, from, value);
#endif
  for (uint64_t i = from; i < n; ++i) {
    if (x[i] == value) return i;
  }
  return n;
}

// First index of the greatest of n >= 1 numbers without NaN.
static inline uint64_t shunt_arg_max(const double* x, uint64_t n) { return shunt_find_equal(x, n, 0, shunt_max(x, n)); }

#ifdef SHUNT_HAVE_AVX2
// For n >= 8; see shunt_min_max_avx2. Differences of finite numbers with themselves are +0, whose bits are all clear.
SHUNT_AVX2 static inline int shunt_any_not_finite_avx2(const double* x, uint64_t n) {
  __m256d any0 = _mm256_setzero_pd(), any1 = any0;
  for (uint64_t i = 0; i < n; i += 8) {
    const uint64_t at = i + 8 <= n ? i : n - 8;
    const __m256d a = _mm256_loadu_pd(x + at), b = _mm256_loadu_pd(x + at + 4);
    any0 = _mm256_or_pd(any0, _mm256_sub_pd(a, a));
    any1 = _mm256_or_pd(any1, _mm256_sub_pd(b, b));
  }
  const __m256i any = _mm256_castpd_si256(_mm256_or_pd(any0, any1));
  return !_mm256_testz_si256(any, any);
}
#endif

// 1 when one of n numbers is NaN or infinite: the difference of a number with itself is 0 exactly when it is finite.
static inline int shunt_any_not_finite(const double* x, uint64_t n) {
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) return shunt_any_not_finite_avx2(x, n);
#endif
  int found = 0;
  for (uint64_t i = 0; i < n; ++i) found |= !(x[i] - x[i] == 0.0);
  return found;
}

#ifdef SHUNT_HAVE_AVX2
SHUNT_AVX2 static inline int shunt_any_nan_avx2(const double* x, uint64_t n) {
  __m256d any = _mm256_setzero_pd();
  uint64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const __m256d a = _mm256_loadu_pd(x + i);
    any = _mm256_or_pd(any, _mm256_cmp_pd(a, a, _CMP_UNORD_Q));
  }
  int found = _mm256_movemask_pd(any) != 0;
  for (; i < n; ++i) found |= x[i] != x[i];
  return found;
}
#endif

// 1 when one of n numbers is NaN.
static inline int shunt_any_nan(const double* x, uint64_t n) {
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) return shunt_any_nan_avx2(x, n);
#endif
  int found = 0;
  for (uint64_t i = 0; i < n; ++i) found |= x[i] != x[i];
  return found;
}

#ifdef SHUNT_HAVE_AVX2
SHUNT_AVX2 static inline void shunt_fill_avx2(double* out, uint64_t n, double value) {
  const __m256d v = _mm256_set1_pd(value);
  uint64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    _mm256_storeu_pd(out + i, v);
    _mm256_storeu_pd(out + i + 4, v);
  }
  for (; i < n; ++i) out[i] = value;
}
#endif

// out[i] = value.
static inline void shunt_fill(double* out, uint64_t n, double value) {
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) {
    shunt_fill_avx2(out, n, value);
    return;
  }
#endif
  for (uint64_t i = 0; i < n; ++i) out[i] = value;
}

#ifdef SHUNT_HAVE_AVX2
SHUNT_AVX2 static inline void shunt_descending_avx2(const double* x, uint64_t n, double high, double range,
                                                    double* out) {
  const __m256d top = _mm256_set1_pd(high), width = _mm256_set1_pd(range);
  uint64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    _mm256_storeu_pd(out + i, _mm256_div_pd(_mm256_sub_pd(top, _mm256_loadu_pd(x + i)), width));
  }
  for (; i < n; ++i) out[i] = (high - x[i]) / range;
}
#endif

// out[i] = (high - x[i]) / range, the min-max score of "less is better"; range 0 gives 1 everywhere.
static inline void shunt_descending(const double* x, uint64_t n, double high, double range, double* out) {
  if (range == 0.0) {
    shunt_fill(out, n, 1.0);
    return;
  }
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) {
    shunt_descending_avx2(x, n, high, range, out);
    return;
  }
#endif
  for (uint64_t i = 0; i < n; ++i) out[i] = (high - x[i]) / range;
}

#ifdef SHUNT_HAVE_AVX2
SHUNT_AVX2 static inline void shunt_subtract_from_avx2(double from, const double* x, uint64_t n, double* out) {
  const __m256d top = _mm256_set1_pd(from);
  uint64_t i = 0;
  for (; i + 4 <= n; i += 4) _mm256_storeu_pd(out + i, _mm256_sub_pd(top, _mm256_loadu_pd(x + i)));
  for (; i < n; ++i) out[i] = from - x[i];
}
#endif

// out[i] = from - x[i].
static inline void shunt_subtract_from(double from, const double* x, uint64_t n, double* out) {
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) {
    shunt_subtract_from_avx2(from, x, n, out);
    return;
  }
#endif
  for (uint64_t i = 0; i < n; ++i) out[i] = from - x[i];
}

// Keeps the compiler from fusing a product with the sum that follows, which would round once instead of twice: GCC does so
// wherever the target has such an instruction. Emits nothing itself.
#if defined(__x86_64__)
#define SHUNT_ROUND(product) __asm__("" : "+x"(product))
#elif defined(__aarch64__)
#define SHUNT_ROUND(product) __asm__("" : "+w"(product))
#else
#define SHUNT_ROUND(product) __asm__("" : "+m"(product))
#endif

// One row of shunt_clamp_add.
static inline void shunt_clamp_add_row(double* total, double score, double weight, shunt_clamp_counts* counts) {
  double in = score > 0.0 ? score : 0.0;  // a negative zero becomes a zero, as it does in four at a time
  if (!(score >= 0.0 && score <= 1.0)) {
    const int finite = score - score == 0.0;
    counts->faults += !finite;
    counts->clamped += SHUNT_CAST(uint64_t, finite);
    in = finite && score > 1.0 ? 1.0 : 0.0;
  }
  double product = weight * in;
  SHUNT_ROUND(product);
  *total += product;
}

#ifdef SHUNT_HAVE_AVX2
// The first `rows` of four lanes.
SHUNT_AVX2 static inline __m256i shunt_first_lanes(uint64_t rows) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(SHUNT_CAST(long long, rows)), _mm256_setr_epi64x(0, 1, 2, 3));
}

// Sign bits of the lanes of `score` that are not in [+0, 1]. Read as integers, the numbers above 1, the infinities and the
// NaNs are greater than 1.0, and everything negative carries the sign bit itself: no floating point operation is needed.
SHUNT_AVX2 static inline __m256d shunt_out_of_range(__m256d score, __m256i one) {
  return _mm256_or_pd(score, _mm256_castsi256_pd(_mm256_cmpgt_epi64(_mm256_castpd_si256(score), one)));
}

SHUNT_AVX2 static inline shunt_clamp_counts shunt_clamp_add_avx2(double* total, const double* score, double weight,
                                                                 uint64_t n) {
  const __m256d w = _mm256_set1_pd(weight);
  const __m256i one = _mm256_castpd_si256(_mm256_set1_pd(1.0));
  shunt_clamp_counts counts = {0, 0};
  uint64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256d a = _mm256_loadu_pd(score + i), b = _mm256_loadu_pd(score + i + 4);
    const __m256d odd = _mm256_or_pd(shunt_out_of_range(a, one), shunt_out_of_range(b, one));
    if (__builtin_expect(_mm256_movemask_pd(odd) != 0, 0)) {
      for (uint64_t k = i; k < i + 8; ++k) shunt_clamp_add_row(total + k, score[k], weight, &counts);
      continue;
    }
    __m256d first = _mm256_mul_pd(w, a), second = _mm256_mul_pd(w, b);
    SHUNT_ROUND(first);
    SHUNT_ROUND(second);
    _mm256_storeu_pd(total + i, _mm256_add_pd(_mm256_loadu_pd(total + i), first));
    _mm256_storeu_pd(total + i + 4, _mm256_add_pd(_mm256_loadu_pd(total + i + 4), second));
  }
  for (; i < n; i += 4) {
    // Lanes beyond the end read as zero, which is in range.
    const __m256i lanes = shunt_first_lanes(n - i);
    const __m256d a = _mm256_maskload_pd(score + i, lanes);
    if (__builtin_expect(_mm256_movemask_pd(shunt_out_of_range(a, one)) != 0, 0)) {
      for (uint64_t k = i; k < n && k < i + 4; ++k) shunt_clamp_add_row(total + k, score[k], weight, &counts);
      continue;
    }
    __m256d product = _mm256_mul_pd(w, a);
    SHUNT_ROUND(product);
    _mm256_maskstore_pd(total + i, lanes, _mm256_add_pd(_mm256_maskload_pd(total + i, lanes), product));
  }
  return counts;
}
#endif

// total[i] += weight * score[i], with scores clamped to [0, 1] and NaN and infinities taken as 0.
static inline shunt_clamp_counts shunt_clamp_add(double* total, const double* score, double weight, uint64_t n) {
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) return shunt_clamp_add_avx2(total, score, weight, n);
#endif
  shunt_clamp_counts counts = {0, 0};
  for (uint64_t i = 0; i < n; ++i) shunt_clamp_add_row(total + i, score[i], weight, &counts);
  return counts;
}

#ifdef SHUNT_HAVE_AVX2
// Eight zeros need no division: counts of matches are zero for most endpoints, and a division takes longest of all here.
SHUNT_AVX2 static inline void shunt_divide_avx2(const double* x, uint64_t n, double divisor, double* out) {
  const __m256d by = _mm256_set1_pd(divisor);
  const int skip = divisor > 0.0;
  uint64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256d a = _mm256_loadu_pd(x + i), b = _mm256_loadu_pd(x + i + 4);
    const __m256i bits = _mm256_castpd_si256(_mm256_or_pd(a, b));
    if (skip && _mm256_testz_si256(bits, bits)) {
      _mm256_storeu_pd(out + i, _mm256_setzero_pd());
      _mm256_storeu_pd(out + i + 4, _mm256_setzero_pd());
      continue;
    }
    _mm256_storeu_pd(out + i, _mm256_div_pd(a, by));
    _mm256_storeu_pd(out + i + 4, _mm256_div_pd(b, by));
  }
  for (; i < n; ++i) out[i] = x[i] / divisor;
}
#endif

// out[i] = x[i] / divisor.
static inline void shunt_divide(const double* x, uint64_t n, double divisor, double* out) {
#ifdef SHUNT_HAVE_AVX2
  if (n >= 8 && shunt_has_avx2()) {
    shunt_divide_avx2(x, n, divisor, out);
    return;
  }
#endif
  for (uint64_t i = 0; i < n; ++i) out[i] = x[i] / divisor;
}

// out[k] = in[rows[k]] for n rows, for each width that columns have.
static inline void shunt_gather_f64(const double* in, const uint32_t* rows, uint64_t n, double* out) {
  for (uint64_t k = 0; k < n; ++k) out[k] = in[rows[k]];
}
static inline void shunt_gather_u64(const uint64_t* in, const uint32_t* rows, uint64_t n, uint64_t* out) {
  for (uint64_t k = 0; k < n; ++k) out[k] = in[rows[k]];
}
static inline void shunt_gather_u32(const uint32_t* in, const uint32_t* rows, uint64_t n, uint32_t* out) {
  for (uint64_t k = 0; k < n; ++k) out[k] = in[rows[k]];
}
static inline void shunt_gather_u8(const uint8_t* in, const uint32_t* rows, uint64_t n, uint8_t* out) {
  for (uint64_t k = 0; k < n; ++k) out[k] = in[rows[k]];
}

#ifdef __cplusplus
}
#endif
