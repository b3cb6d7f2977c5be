// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::View;

class KvCacheUtilizationScorer {
 public:
  SHUNT_PLUGIN("kv-cache-utilization-scorer", "1.0.0", "Prefers endpoints with much free KV cache")
  static constexpr std::string_view kReads[] = {"kv_cache_usage"};

  explicit KvCacheUtilizationScorer(Init& init) : usage_(init.column<double>("kv_cache_usage")) {}

  void score(const Cycle&, View view, std::span<double> score) const {
    const auto usage = usage_(view);
    shunt_subtract_from(1.0, usage.data(), score.size(), score.data());
    if (usage.complete()) return;
    // A row without value reads as usage 0, which would make an endpoint that reports nothing the best one.
    for (std::size_t i = 0; i < score.size(); ++i) {
      if (!usage.has(i)) score[i] = 0.0;
    }
  }

 private:
  Column<double> usage_;
};

}  // namespace

SHUNT_LIBRARY(KvCacheUtilizationScorer)
