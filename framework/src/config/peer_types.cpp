// SPDX-License-Identifier: Apache-2.0
#include "peer_types.hpp"

#include <algorithm>
#include <array>

namespace shunt {

namespace {

constexpr std::string_view kUnderstood = "is not needed: the host understands these requests itself";
constexpr std::string_view kOtherApi =
    "is not taken over: the host understands requests in the forms of OpenAI and Anthropic only";
constexpr std::string_view kNothingWaits = "is not needed: requests do not wait in this host";
constexpr std::string_view kHeaders = "is not needed: disagg-profile-handler sets these headers itself";
constexpr std::string_view kModels =
    "is not taken over: no list of models is fetched; the attribute \"models\" of an endpoint says what it serves";
constexpr std::string_view kNotified = "is not needed: plugins hear of endpoints from the host itself";

constexpr std::array<CoveredType, 25> kCovered = {{
    {"metrics-data-source",
     "is not needed: prometheus-extractor asks for the page itself, see its \"path\" and \"intervalMs\""},
    {"models-data-source", kModels},
    {"models-data-extractor", kModels},
    {"k8s-notification-source", kNotified},
    {"endpoint-notification-source", kNotified},
    {"openai-parser", kUnderstood},
    {"anthropic-parser", kUnderstood},
    {"vllmhttp-parser", kUnderstood},
    {"passthrough-parser", kUnderstood},
    {"sglanghttp-parser", kOtherApi},
    {"vllmgrpc-parser", kOtherApi},
    {"vertexai-parser", kOtherApi},
    {"disagg-headers-handler", kHeaders},
    {"prefill-header-handler", kHeaders},
    {"fcfs-ordering-policy", kNothingWaits},
    {"edf-ordering-policy", kNothingWaits},
    {"slo-deadline-ordering-policy", kNothingWaits},
    {"global-strict-fairness-policy", kNothingWaits},
    {"round-robin-fairness-policy", kNothingWaits},
    {"program-aware-fairness", kNothingWaits},
    {"static-usage-limit-policy", kNothingWaits},
    {"priority-holdback-policy", kNothingWaits},
    {"soft-reflective-ceiling-policy", kNothingWaits},
    {"sheddable-eviction-filter", kNothingWaits},
    {"priority-then-time-eviction-order-policy", kNothingWaits},
}};

constexpr std::string_view kEvents = "it goes by the prompts that were sent, not by events of the model servers";
constexpr std::string_view kMedia = "no plugin knows which images, audio or video an endpoint has in its cache";
constexpr std::string_view kOneCluster = "there is no variant for several clusters";
constexpr std::string_view kNoRefusal = "no plugin refuses a request before its endpoint is looked for";

constexpr std::array<MissingType, 27> kMissing = {{
    {"pd-profile-handler", "disagg-profile-handler", "\"deciders.prefill\" of it says which requests are prefilled"},
    {"precise-prefix-cache-producer", "approx-prefix-cache-producer", kEvents},
    {"precise-prefix-cache-scorer", "prefix-cache-scorer", kEvents},
    {"mm-embeddings-cache-producer", "approx-prefix-cache-producer", kMedia},
    {"mm-embeddings-cache-scorer", "prefix-cache-scorer", kMedia},
    {"burst-prefix-cache-producer", "approx-prefix-cache-producer",
     "requests are not collected before they are placed"},
    {"p2p-source-producer", "approx-prefix-cache-producer",
     "it says who has the prompt in its cache, but no plugin tells a model server to fetch it from there"},
    {"multicluster-approx-prefix-cache-producer", "approx-prefix-cache-producer", kOneCluster},
    {"multicluster-prefix-cache-scorer", "prefix-cache-scorer", kOneCluster},
    {"multicluster-queue-scorer", "queue-scorer", kOneCluster},
    {"multicluster-kv-cache-utilization-scorer", "kv-cache-utilization-scorer", kOneCluster},
    {"multicluster-session-affinity-filter", "session-affinity-filter", kOneCluster},
    {"multicluster-metrics-data-source", "prometheus-extractor", kOneCluster},
    {"multicluster-metrics-extractor", "prometheus-extractor", kOneCluster},
    {"multicluster-file-discovery", "",
     "there is none for several clusters; file-discovery reads one file, and the section \"discovery\" of a config of "
     "this "
     "program names of hosts as well"},
    {"dcgm-data-source", "prometheus-extractor",
     "it reads pages at the port of an endpoint, not those of the machines that endpoints run on"},
    {"dcgm-extractor", "prometheus-extractor",
     "\"customMetrics\" of it reads metrics of GPUs that stand on the page of an endpoint"},
    {"topology-extractor", "topology-affinity-filter",
     "topology plugins read the attributes and labels of endpoints; no plugin writes them"},
    {"model-server-protocol-metrics", "prometheus-extractor", "the former name of core-metrics-extractor"},
    {"probabilistic-admitter", "utilization-filter", kNoRefusal},
    {"latency-slo-admitter", "slo-headroom-tier-filter", kNoRefusal},
    {"disaggregatedset-rollout-screener", "label-selector-filter",
     "labels can set endpoints apart; no plugin follows a roll-out"},
    {"agent-identity", "session-id-producer",
     "it makes a header or a cookie the request's session; no plugin says which agent sent it"},
    {"request-attribute-reporter", "", "there is none that adds to the metadata of a response"},
    {"header-based-testing-filter", "session-affinity-filter",
     "a token in a header names one endpoint there; lists of addresses are for tests of the endpoint picker itself"},
    {"destination-endpoint-served-verifier", "", "there is none: it is for tests of the endpoint picker itself"},
    {"kv-cache-scorer", "kv-cache-utilization-scorer", "this is its former name"},
}};

struct Renamed {
  std::string_view type;
  std::string_view now;
};
constexpr std::array<Renamed, 3> kRenamed = {{
    {"by-label-selector", "label-selector-filter"},
    {"by-label", "label-selector-filter"},
    {"tokenizer", "token-producer"},
}};

template <class Table>
const typename Table::value_type* entry(const Table& table, std::string_view type) {
  const auto found = std::ranges::find(table, type, &Table::value_type::type);
  return found != table.end() ? &*found : nullptr;
}

}  // namespace

const CoveredType* covered_peer_type(std::string_view type) { return entry(kCovered, type); }

const MissingType* missing_peer_type(std::string_view type) { return entry(kMissing, type); }

std::string_view successor_of_type(std::string_view type) {
  const Renamed* renamed = entry(kRenamed, type);
  return renamed != nullptr ? renamed->now : std::string_view();
}

}  // namespace shunt
