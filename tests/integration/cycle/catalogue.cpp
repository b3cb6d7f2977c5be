// SPDX-License-Identifier: Apache-2.0
#include "catalogue.hpp"

#include <boost/json/parse.hpp>

#include <array>

namespace shunt::integration {

namespace {

const std::vector<const char*> kSageProfiles = {"fast", "balanced", "cost"};
constexpr const char* kSessionId = R"({"strategy": "session_id", "sessionIdConfig": {"maxSessions": 1024}})";
constexpr const char* kFewUsers = R"({"maxUsers": 1024})";

const std::vector<ShippedType>& types() {
  static const std::vector<ShippedType> kTypes = {
      {"queue_scorer", "queue-scorer", Role::Scorer},
      {"running_requests_size_scorer", "running-requests-size-scorer", Role::Scorer},
      {"kv_cache_utilization_scorer", "kv-cache-utilization-scorer", Role::Scorer},
      {"load_aware_scorer", "load-aware-scorer", Role::Scorer},
      {"lora_affinity_scorer", "lora-affinity-scorer", Role::Scorer},
      {"prefix_cache_scorer", "prefix-cache-scorer", Role::Scorer},
      {"approx_prefix_cache_producer",
       "approx-prefix-cache-producer",
       Role::Producer,
       R"({"lruCapacityPerServer": 1024})",
       {"default"},
       true},
      {"label_selector_filter", "label-selector-filter", Role::Filter, R"({"matchLabels": {"tier": "gold"}})"},
      {"label_selector_filter", "by-label-selector", Role::Filter, R"({"matchLabels": {"tier": "gold"}})"},
      {"label_selector_filter", "by-label", Role::Filter, R"({"label": "tier", "validValues": ["gold"]})"},
      {"role_filters", "decode-filter", Role::Filter},
      {"role_filters", "prefill-filter", Role::Filter},
      {"role_filters", "encode-filter", Role::Filter},
      {"utilization_filter", "utilization-filter", Role::Filter,
       R"({"conditions": [{"metric": "waiting-queue", "maxValue": 6}, {"metric": "active-requests", "maxValue": 1e9}]})"},
      {"max_score_picker", "max-score-picker", Role::Picker, R"({"maxNumOfEndpoints": 3})"},
      {"random_picker", "random-picker", Role::Picker, R"({"maxNumOfEndpoints": 3})"},
      {"weighted_random_picker", "weighted-random-picker", Role::Picker, R"({"maxNumOfEndpoints": 3})"},
      {"single_profile_handler", "single-profile-handler", Role::Handler},
      {"header_profile_handler", "header-profile-handler", Role::Handler, R"({"defaultProfile": "default"})"},
      {"disagg_profile_handler",
       "disagg-profile-handler",
       Role::Handler,
       R"({"stageOrder": "prefill-first"})",
       {"decode", "prefill"}},
      {"disagg_profile_handler", "always-disagg-pd-decider", Role::PrefillDecider},
      {"disagg_profile_handler", "always-disagg-multimodal-decider", Role::EncodeDecider},
      {"disagg_profile_handler", "prefix-based-pd-decider", Role::PrefillDecider, R"({"nonCachedTokens": 16})"},
      {"data_parallel_profile_handler", "data-parallel-profile-handler", Role::Handler},
      {"session_affinity", "session-affinity-filter", Role::Filter, kSessionId, {"default"}, true},
      {"session_affinity", "session-affinity-scorer", Role::Scorer, kSessionId, {"default"}, true},
      {"topology_affinity", "topology-affinity-filter", Role::Filter},
      {"topology_affinity", "topology-affinity-scorer", Role::Scorer},
      {"endpoint_attribute", "endpoint-attribute-filter", Role::Filter,
       R"({"attribute": "queue", "algorithm": {"type": "threshold", "threshold": {"operator": "LessThan", "value": 6}}})"},
      {"endpoint_attribute", "endpoint-attribute-scorer", Role::Scorer,
       R"({"attributeKey": "queue", "algorithm": {"type": "linear_lower_is_better"}})"},
      {"context_length_aware", "context-length-aware", Role::Scorer, R"({"enableFiltering": true})"},
      {"active_request_scorer", "active-request-scorer", Role::Scorer},
      {"token_load_scorer", "token-load-scorer", Role::Scorer},
      {"no_hit_lru_scorer", "no-hit-lru-scorer", Role::Scorer, R"({"lruSize": 4})", {"default"}, true, true},
      {"latency_scorer", "latency-scorer", Role::Scorer},
      {"header_label_affinity_scorer", "header-label-affinity-scorer", Role::Scorer,
       R"({"headerName": "x-tier", "labelKey": "tier"})"},
      {"prefix_cache_affinity_filter", "prefix-cache-affinity-filter", Role::Filter},
      {"slo_headroom_tier_filter", "slo-headroom-tier-filter", Role::Filter},
      {"utilization_detector", "utilization-detector", Role::Filter},
      {"concurrency_detector", "concurrency-detector", Role::Filter, R"({"maxConcurrency": 1e9})"},
      {"capacity_filter", "capacity-filter", Role::Filter},
      {"compatibility_filters", "model-filter", Role::Filter},
      {"compatibility_filters", "request-type-filter", Role::Filter},
      {"health_filter", "health-filter", Role::Filter},
      {"kv_pressure_scorer", "kv-pressure-scorer", Role::Scorer},
      {"instance_statistics_observer", "instance-statistics-observer", Role::Observer, "{}", {"default"}, true},
      {"workload_priority_profile_handler",
       "workload-priority-profile-handler",
       Role::Handler,
       "{}",
       {"latency-critical", "throughput"}},
      {"least_load_scorer", "least-load-scorer", Role::Scorer},
      {"least_load_scorer", "least-connections-scorer", Role::Scorer},
      {"fastest_instance_scorer", "fastest-instance-scorer", Role::Scorer},
      {"fastest_instance_scorer", "least-response-time-scorer", Role::Scorer},
      {"cost_scorer", "cost-scorer", Role::Scorer},
      {"sagellm_profile_handlers", "fifo-profile-handler", Role::Handler, "{}", kSageProfiles},
      {"sagellm_profile_handlers", "priority-profile-handler", Role::Handler, "{}", kSageProfiles},
      {"sagellm_profile_handlers", "slo-aware-profile-handler", Role::Handler, "{}", kSageProfiles},
      {"sagellm_profile_handlers", "cost-optimized-profile-handler", Role::Handler, "{}", kSageProfiles},
      {"sagellm_profile_handlers", "adaptive-profile-handler", Role::Handler, "{}", kSageProfiles},
      {"sagellm_profile_handlers", "pd-phase-profile-handler", Role::Handler, "{}", {"prefill", "decode"}},
      {"balancing_pickers", "round-robin-picker", Role::Picker, "{}", {"default"}, true},
      {"balancing_pickers", "weighted-round-robin-picker", Role::Picker},
      {"balancing_pickers", "power-of-two-picker", Role::Picker},
      {"routing_scorers", "user-affinity-scorer", Role::Scorer, kFewUsers, {"default"}, true},
      {"routing_scorers", "locality-scorer", Role::Scorer},
      {"routing_scorers", "topology-scorer", Role::Scorer, kFewUsers, {"default"}, true},
      {"token_producer", "token-producer", Role::Producer},
      {"token_producer", "tokenizer", Role::Producer},
      {"session_id_producer", "session-id-producer", Role::Producer, R"({"headerName": "x-session"})"},
      {"inflight_load_producer", "inflight-load-producer", Role::Producer, "{}", {"default"}, true},
      {"predicted_latency_producer", "predicted-latency-producer", Role::Producer, "{}", {"default"}, true},
      {"group", "group", Role::Aside, R"({"groups": {"big": {"members": ["base"]}}})"},
      {"prometheus_extractor", "prometheus-extractor", Role::Aside},
  };
  return kTypes;
}

// Loaded once: to load a library again is to read and hash its file.
const std::vector<std::shared_ptr<const Library>>& libraries() {
  static const std::vector<std::shared_ptr<const Library>> kLibraries = [] {
    std::vector<std::shared_ptr<const Library>> loaded;
    std::string last;
    for (const ShippedType& one : types()) {
      if (one.library != last) loaded.push_back(shipped(one.library));
      last = one.library;
    }
    return loaded;
  }();
  return kLibraries;
}

// The request runs the profile whatever the handler does with it, and whatever the type under test is.
void use_profile(Composition& composition, const ShippedType& one, std::string_view profile) {
  composition.profile(profile);
  if (one.role == Role::Filter || one.role == Role::Scorer) composition.use(one.type);
  if (one.role == Role::Producer) composition.use("prefix-cache-scorer");
  if (one.role == Role::Observer) composition.use("fastest-instance-scorer");
  if (std::string_view(one.type) != "queue-scorer") composition.use("queue-scorer", 0.1);
  composition.use(one.role == Role::Picker ? one.type : "picker");
}

}  // namespace

std::span<const ShippedType> shipped_types() { return types(); }

Composition composition_of(const ShippedType& one) {
  Composition composition;
  for (const auto& library : libraries()) composition.library(library);
  const auto parameters = boost::json::parse(one.parameters).as_object();
  if (std::string_view(one.type) == "group") composition.set("models", {{"base", boost::json::object()}});
  composition.plugin(one.type, "", parameters);
  if (std::string_view(one.type) != "queue-scorer") composition.plugin("queue-scorer");
  composition.plugin("max-score-picker", "picker");
  if (one.role == Role::Producer) composition.plugin("prefix-cache-scorer");
  if (one.role == Role::Observer) composition.plugin("fastest-instance-scorer");
  std::vector<const char*> profiles = one.profiles;
  if (one.role == Role::PrefillDecider || one.role == Role::EncodeDecider) {
    const char* stage = one.role == Role::PrefillDecider ? "prefill" : "encode";
    composition.plugin("disagg-profile-handler", "", {{"deciders", {{stage, one.type}}}});
    profiles = {"decode", stage};
  }
  for (const char* profile : profiles) use_profile(composition, one, profile);
  return composition;
}

void fill_pool(Pool& pool, std::span<const std::size_t> endpoints, const std::function<bool(std::size_t)>& absent) {
  static constexpr std::array<const char*, 3> kRoles = {"decode", "prefill", "encode-prefill-decode"};
  for (const std::size_t i : endpoints) {
    const std::string name = "pod-" + std::to_string(i);
    const double at = static_cast<double>(i);
    pool.table
        .add({name,
              "10.0.0." + std::to_string(i % 250) + ":8000",
              {{"llm-d.ai/role", kRoles[i % 3]},
               {"tier", i % 2 == 0 ? "gold" : "free"},
               {"llm-d.ai/context-length-range", i % 2 == 0 ? "0-4096" : "1024-65536"}}})
        .value();
    const auto set = [&](std::string_view attribute, AttributeValue value) {
      if (!absent(i)) pool.set(name, attribute, std::move(value));
    };
    const auto names = [](std::initializer_list<std::string> list) { return std::vector<std::string>(list); };
    set("queue", static_cast<double>(i % 8));
    set("running", static_cast<double>(i % 5));
    set("kv_cache_usage", static_cast<double>(i % 10) / 12);
    set("kv_cache_blocks", 1000.0 + static_cast<double>(i % 3));
    set("kv_cache_free_bytes", static_cast<double>(i % 7) * 4096);
    set("max_active_models", 2.0);
    set("active_models", names({"base", "lora-" + std::to_string(i % 5)}));
    set("waiting_models", names({"lora-" + std::to_string(i % 3)}));
    set("models", names({"lora-3", "base"}));
    set("request_types", names({"chat"}));
    set("max_concurrency", 1e9);
    set("tokens_per_second", 100.0 + at);
    set("gpu_count", static_cast<double>(1 + i % 8));
    set("price_per_gpu_hour", static_cast<double>(1 + i % 3));
    set("predicted_ttft_ms", static_cast<double>(50 + i % 200));
    set("predicted_tpot_ms", static_cast<double>(5 + i % 20));
    set("healthy", true);
    set("machine", "machine-" + std::to_string(i % 4));
    set("rack", "rack-" + std::to_string(i % 2));
    set("zone", std::string("zone"));
    set("region", std::string("region"));
    set("nvlink_peers", names({"pod-" + std::to_string(i + 4)}));
  }
}

void fill_pool(Pool& pool, std::size_t endpoints, const std::function<bool()>& absent) {
  std::vector<std::size_t> all(endpoints);
  for (std::size_t i = 0; i < endpoints; ++i) all[i] = i;
  fill_pool(pool, all, [&](std::size_t) { return absent(); });
}

void fill_request(Request& request, std::uint64_t number, std::uint64_t variety) {
  const std::string which = std::to_string(number % variety);
  request.clear();
  request.id = "r";
  request.number = number;
  request.model = "lora-3";
  request.type = "chat";
  request.prompt.assign(1000, 'p');
  request.prompt.replace(0, which.size(), which);
  request.has_prompt = true;
  request.user.assign("user-").append(which);
  request.session.assign("session-").append(which);
  request.multimodal = true;
  request.priority = static_cast<std::int32_t>(number % 5) - 2;
  request.deadline_ns = 5'000'000'000;
  request.ttft_slo_ns = 150'000'000;
  request.tpot_slo_ns = 15'000'000;
  request.max_tokens = 100;
  request.batch_size = number % 8;
  request.headers = {{"epp-profile", "default"}, {"x-session-id", request.session}, {"x-tier", "gold"}};
}

}  // namespace shunt::integration
