// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/library.hpp>

// Prefers endpoints with free KV cache.
struct KvHeadroom {
  SHUNT_PLUGIN("kv-headroom", "1.0.0", "1 - kv cache usage")
  shunt::sdk::Column<double> usage;
  explicit KvHeadroom(shunt::sdk::Init& init) : usage(init.column<double>("kv_cache_usage")) {}
  void score(const shunt::sdk::Cycle&, shunt::sdk::View view, std::span<double> score) const {
    const auto used = usage(view);
    for (std::size_t i = 0; i < score.size(); ++i) score[i] = used.has(i) ? 1.0 - used[i] : 0.0;
  }
};
SHUNT_LIBRARY(KvHeadroom)
