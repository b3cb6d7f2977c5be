// SPDX-License-Identifier: Apache-2.0
#include "fused_cycle.hpp"

#include <algorithm>
#include <cstring>

namespace shunt::bench {
namespace {

struct Inputs {
  const double* queue;
  const double* usage;
  const std::uint8_t* member;
  const double* active;
  const double* most;
  const double* matched;
  double high;
  double range;
  double blocks;
};

SHUNT_AVX2 __m256d clamped(__m256d score, __m256d& odd) {
  const __m256d in = _mm256_min_pd(_mm256_max_pd(score, _mm256_setzero_pd()), _mm256_set1_pd(1.0));
  odd = _mm256_or_pd(odd, _mm256_cmp_pd(score, in, _CMP_NEQ_UQ));  // NaN too
  return in;
}

// All four scores of four endpoints at a time; arrays are padded. Returns whether some score was not in [0, 1].
SHUNT_AVX2 int fuse(const Inputs& in, std::uint32_t n, double* totals) {
  const __m256d one = _mm256_set1_pd(1.0), high = _mm256_set1_pd(in.high), range = _mm256_set1_pd(in.range);
  const __m256d blocks = _mm256_set1_pd(in.blocks), free_slot = _mm256_set1_pd(0.8);
  __m256d odd = _mm256_setzero_pd();
  for (std::uint32_t i = 0; i < n; i += 4) {
    const __m256d kv = _mm256_sub_pd(one, _mm256_loadu_pd(in.usage + i));
    const __m256d queue =
        in.range == 0.0 ? one : _mm256_div_pd(_mm256_sub_pd(high, _mm256_loadu_pd(in.queue + i)), range);
    __m256d prefix = _mm256_loadu_pd(in.matched + i);
    const __m256i bits = _mm256_castpd_si256(prefix);
    if (!_mm256_testz_si256(bits, bits)) prefix = _mm256_div_pd(prefix, blocks);
    std::int32_t four;
    std::memcpy(&four, in.member + i, sizeof four);
    const __m256i member = _mm256_cmpgt_epi64(_mm256_cvtepu8_epi64(_mm_cvtsi32_si128(four)), _mm256_setzero_si256());
    const __m256d room = _mm256_cmp_pd(_mm256_loadu_pd(in.active + i), _mm256_loadu_pd(in.most + i), _CMP_LT_OQ);
    const __m256d lora = _mm256_blendv_pd(_mm256_and_pd(room, free_slot), one, _mm256_castsi256_pd(member));
    __m256d total = _mm256_add_pd(clamped(kv, odd), clamped(queue, odd));
    total = _mm256_add_pd(total, clamped(prefix, odd));
    total = _mm256_add_pd(total, clamped(lora, odd));
    _mm256_storeu_pd(totals + i, total);
  }
  return _mm256_movemask_pd(odd);
}

}  // namespace

std::uint32_t FusedCycle::decide(const Request& request, const Snapshot& snapshot, std::uint64_t seed) {
  const std::uint32_t n = snapshot.size();
  const std::span<const std::uint64_t> chain = hash(request);
  std::fill_n(matched_.data(), n, 0.0);
  for (const approx_prefix::Level& level : index_.match(chain, workspace_)) {
    index_.for_each_holder(level, [&](std::uint64_t key) {
      if (const std::uint32_t row = snapshot.find(key); row != SHUNT_NONE) matched_[row] = level.depth;
    });
  }
  const Symbol model = SymbolTable::process().find(request.model);
  const auto* queue = static_cast<const double*>(snapshot.column(queue_)->data);
  double low = 0.0, high = 0.0;
  shunt_min_max(queue, n, &low, &high);
  const Inputs inputs{queue,
                      static_cast<const double*>(snapshot.column(usage_)->data),
                      snapshot.posting(active_, model).dense,
                      snapshot.column(active_)->set_sizes,
                      static_cast<const double*>(snapshot.column(most_)->data),
                      matched_.data(),
                      high,
                      high - low,
                      static_cast<double>(chain.size())};
  faults_ += fuse(inputs, n, totals_.data()) != 0;

  const double best = shunt_max(totals_.data(), n);
  std::uint64_t row = shunt_find_equal(totals_.data(), n, 0, best);
  std::uint64_t chosen = row;
  while ((row = shunt_find_equal(totals_.data(), n, row + 1, best)) < n) {
    if (shunt_draw(seed, snapshot.keys()[row]) < shunt_draw(seed, snapshot.keys()[chosen])) chosen = row;
  }
  return static_cast<std::uint32_t>(chosen);
}

}  // namespace shunt::bench
