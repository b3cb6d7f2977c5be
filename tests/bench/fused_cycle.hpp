// SPDX-License-Identifier: Apache-2.0
// fused_cycle.hpp: the work of the `cycle` benchmark without plugins: the floor that their boundary is measured against.
//
// Same inputs, same formulas, same checks: the prompt is hashed in chained blocks and matched in the same index, every score is
// clamped and tested for NaN, ties go by seeded hash. But one pass computes all four scores. Live counters are not read, as
// none of the four scorers asks for them and the cycle fills only the columns that somebody reads.
#pragma once

#include <shunt/sdk/kernels.h>
#include <shunt/framework/request.hpp>
#include <shunt/framework/snapshot.hpp>

#include "prefix_index.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <string_view>
#include <vector>

namespace shunt::bench {

class FusedCycle {
 public:
  FusedCycle(const Snapshot& snapshot, const AttributeTable& attributes)
      : queue_(*attributes.find("queue")),
        usage_(*attributes.find("kv_cache_usage")),
        active_(*attributes.find("active_models")),
        most_(*attributes.find("max_active_models")),
        totals_(snapshot.size() + 16),
        matched_(snapshot.size() + 16) {}

  void remember(const Request& request, const Snapshot& snapshot, std::uint32_t row) {
    index_.insert(snapshot.keys()[row], hash(request), 31250);
  }
  std::uint32_t decide(const Request& request, const Snapshot& snapshot, std::uint64_t seed);

 private:
  static constexpr std::size_t kMaximumBlocks = 2048;
  std::span<const std::uint64_t> hash(const Request& request) {
    std::uint64_t chain = XXH3_64bits(request.model.data(), request.model.size());
    std::size_t n = 0;
    for (std::string_view rest = request.prompt; !rest.empty() && n < kMaximumBlocks;) {
      const std::string_view block = rest.substr(0, 64);
      chain = XXH3_64bits_withSeed(block.data(), block.size(), chain);
      blocks_[n++] = chain;
      rest.remove_prefix(block.size());
    }
    return {blocks_.data(), n};
  }

  AttributeId queue_, usage_, active_, most_;
  approx_prefix::PrefixIndex index_;
  std::array<std::uint64_t, kMaximumBlocks> blocks_{};
  std::array<approx_prefix::Level, approx_prefix::workspace_size(kMaximumBlocks)> workspace_{};
  std::vector<double> totals_, matched_;
  std::uint64_t faults_ = 0;
};

}  // namespace shunt::bench
