// SPDX-License-Identifier: Apache-2.0
// Every plugin type of the llm-d endpoint picker is a plugin here, is not needed, or is known to be missing.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "config/peer_types.hpp"

namespace shunt {
namespace {

constexpr std::string_view kTypes[] = {
    // Filters.
    "label-selector-filter", "by-label-selector", "by-label", "decode-filter", "prefill-filter", "encode-filter",
    "session-affinity-filter", "endpoint-attribute-filter", "topology-affinity-filter", "utilization-filter",
    "prefix-cache-affinity-filter", "slo-headroom-tier-filter", "context-length-aware", "utilization-detector",
    "concurrency-detector", "multicluster-session-affinity-filter", "header-based-testing-filter",
    // Scorers.
    "queue-scorer", "running-requests-size-scorer", "kv-cache-utilization-scorer", "load-aware-scorer",
    "lora-affinity-scorer", "prefix-cache-scorer", "precise-prefix-cache-scorer", "token-load-scorer",
    "active-request-scorer", "no-hit-lru-scorer", "session-affinity-scorer", "header-label-affinity-scorer",
    "topology-affinity-scorer", "endpoint-attribute-scorer", "latency-scorer", "mm-embeddings-cache-scorer",
    "multicluster-queue-scorer", "multicluster-kv-cache-utilization-scorer", "multicluster-prefix-cache-scorer",
    // Pickers, handlers, deciders.
    "max-score-picker", "random-picker", "weighted-random-picker", "single-profile-handler", "disagg-profile-handler",
    "pd-profile-handler", "data-parallel-profile-handler", "header-profile-handler", "always-disagg-pd-decider",
    "always-disagg-multimodal-decider", "prefix-based-pd-decider", "disagg-headers-handler", "prefill-header-handler",
    // Producers.
    "approx-prefix-cache-producer", "precise-prefix-cache-producer", "inflight-load-producer",
    "predicted-latency-producer", "token-producer", "tokenizer", "session-id-producer", "mm-embeddings-cache-producer",
    "burst-prefix-cache-producer", "p2p-source-producer", "multicluster-approx-prefix-cache-producer",
    // Admission, flow control, parsers.
    "probabilistic-admitter", "latency-slo-admitter", "disaggregatedset-rollout-screener", "agent-identity",
    "request-attribute-reporter", "global-strict-fairness-policy", "round-robin-fairness-policy",
    "program-aware-fairness", "fcfs-ordering-policy", "edf-ordering-policy", "slo-deadline-ordering-policy",
    "static-usage-limit-policy", "priority-holdback-policy", "soft-reflective-ceiling-policy",
    "sheddable-eviction-filter", "priority-then-time-eviction-order-policy", "openai-parser", "anthropic-parser",
    "vllmhttp-parser", "sglanghttp-parser", "vllmgrpc-parser", "vertexai-parser", "passthrough-parser",
    // The data layer.
    "metrics-data-source", "models-data-source", "models-data-extractor", "dcgm-data-source", "dcgm-extractor",
    "k8s-notification-source", "endpoint-notification-source", "topology-extractor", "multicluster-file-discovery",
    "destination-endpoint-served-verifier"};

class PeerTypes : public testing::Test {
 protected:
  PeerTypes() {
    std::ifstream in(SHUNT_SOURCE_DIRECTORY "/docs/reference/plugins.md");
    page_.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  bool is_plugin(std::string_view type) const {
    return page_.find("| [" + std::string(type) + "](") != std::string::npos;
  }

  std::string page_;
};

TEST_F(PeerTypes, AreAllKnown) {
  ASSERT_TRUE(is_plugin("queue-scorer"));
  for (const std::string_view type : kTypes) {
    const bool covered = covered_peer_type(type) != nullptr;
    const MissingType* missing = missing_peer_type(type);
    EXPECT_EQ((is_plugin(type) ? 1 : 0) + (covered ? 1 : 0) + (missing != nullptr ? 1 : 0), 1) << type;
    if (missing == nullptr) continue;
    EXPECT_FALSE(missing->why.empty()) << type;
    EXPECT_TRUE(missing->nearest.empty() || is_plugin(missing->nearest)) << type << ": " << missing->nearest;
  }
}

TEST_F(PeerTypes, SuccessorsOfDeprecatedOnesExist) {
  for (std::size_t at = page_.find("| deprecated |"); at != std::string::npos;
       at = page_.find("| deprecated |", at + 1)) {
    const std::size_t from = page_.rfind("\n| [", at) + 4;
    const std::string type = page_.substr(from, page_.find(']', from) - from);
    EXPECT_TRUE(is_plugin(successor_of_type(type))) << type;
  }
  EXPECT_EQ(successor_of_type("queue-scorer"), "");
}

}  // namespace
}  // namespace shunt
