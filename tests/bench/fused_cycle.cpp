// SPDX-License-Identifier: Apache-2.0
#include "fused_cycle.hpp"

#include <algorithm>

namespace shunt::bench {
namespace {

inline double clamped(double score) {
  // False for NaN as well, which then counts 0.
  return score >= 0.0 ? (score <= 1.0 ? score : 1.0) : 0.0;
}

__attribute__((target("avx2"))) void fuse(const double* queue, const double* usage, const std::uint8_t* member,
                                          const double* active, const double* most, const double* matched,
                                          double high, double range, double total_blocks, std::uint32_t n,
                                          double* totals) {
  for (std::uint32_t i = 0; i < n; ++i) {
    const double kv = 1.0 - usage[i];
    const double q = range == 0.0 ? 1.0 : (high - queue[i]) / range;
    const double prefix = total_blocks > 0.0 ? matched[i] / total_blocks : 0.0;
    const double lora = member[i] != 0 ? 1.0 : (active[i] < most[i] ? 0.8 : 0.0);
    totals[i] = clamped(kv) + clamped(q) + clamped(prefix) + clamped(lora);
  }
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
  for (std::uint32_t i = 0; i < n; ++i) live_[i] = static_cast<double>(snapshot.live().in_flight(i));

  const Symbol model = SymbolTable::process().find(request.model);
  const auto* queue = static_cast<const double*>(snapshot.column(queue_)->data);
  double low = 0.0, high = 0.0;
  shunt_min_max(queue, n, &low, &high);
  fuse(queue, static_cast<const double*>(snapshot.column(usage_)->data), snapshot.posting(active_, model).dense,
       snapshot.column(active_)->set_sizes, static_cast<const double*>(snapshot.column(most_)->data), matched_.data(),
       high, high - low, static_cast<double>(chain.size()), n, totals_.data());

  const double best = shunt_max(totals_.data(), n);
  std::uint64_t row = shunt_find_equal(totals_.data(), n, 0, best);
  std::uint64_t chosen = row;
  while ((row = shunt_find_equal(totals_.data(), n, row + 1, best)) < n) {
    if (shunt_draw(seed, snapshot.keys()[row]) < shunt_draw(seed, snapshot.keys()[chosen])) chosen = row;
  }
  return static_cast<std::uint32_t>(chosen);
}

}  // namespace shunt::bench
