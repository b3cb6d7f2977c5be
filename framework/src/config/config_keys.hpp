// SPDX-License-Identifier: Apache-2.0
// config_keys.hpp: the keys that each object of the config file may have. The reader refuses all others; a test keeps
// the published schema in step with these lists. Private to the configuration code.
#pragma once

#include <array>
#include <string_view>

namespace shunt::config_keys {

inline constexpr std::string_view kApiVersion = "shunt/v1";
inline constexpr std::string_view kKind = "Config";
// Of the llm-d endpoint picker.
inline constexpr std::string_view kPeerKind = "EndpointPickerConfig";
inline constexpr std::array<std::string_view, 10> kPeer = {
    "apiVersion",  "kind",           "featureGates",       "plugins", "schedulingProfiles", "dataLayer",
    "flowControl", "requestHandler", "saturationDetector", "parser"};

inline constexpr std::array<std::string_view, 10> kConfig = {
    "apiVersion",         "kind",   "libraries", "pluginDirs", "attributes", "plugins",
    "schedulingProfiles", "limits", "models",    "routing"};
// Sections that a running host reads; the framework keeps them as they are written.
inline constexpr std::array<std::string_view, 8> kHost = {"endpoints", "discovery", "dataLayer", "upstream",
                                                          "serve",     "admin",     "log",       "reload"};
inline constexpr std::array<std::string_view, 2> kLibrary = {"path", "sha256"};
inline constexpr std::array<std::string_view, 5> kPlugin = {"type", "name", "parameters", "onError", "state"};
inline constexpr std::array<std::string_view, 3> kProfile = {"name", "plugins", "shadow"};
inline constexpr std::array<std::string_view, 2> kShadow = {"every", "of"};
inline constexpr std::array<std::string_view, 3> kReference = {"pluginRef", "weight", "onError"};
inline constexpr std::array<std::string_view, 5> kLimits = {
    "handlerRounds", "pluginBudgetMicroseconds", "pluginHangMilliseconds", "controlHangMilliseconds", "breaker"};
inline constexpr std::array<std::string_view, 6> kBreaker = {
    "enabled", "calls", "failedPercent", "slowPercent", "openMilliseconds", "probes"};
inline constexpr std::array<std::string_view, 2> kRouting = {"scheduler", "swapper"};
inline constexpr std::array<std::string_view, 2> kScheduler = {"use", "settings"};
inline constexpr std::array<std::string_view, 1> kSettings = {"fifo"};
inline constexpr std::array<std::string_view, 1> kFifo = {"priority"};
inline constexpr std::array<std::string_view, 1> kSwapper = {"pluginRef"};

inline constexpr std::array<std::string_view, 4> kAttributeTypes = {"number", "flag", "name", "set"};
inline constexpr std::array<std::string_view, 2> kOnError = {"fail", "skip"};
inline constexpr std::array<std::string_view, 3> kStatePolicies = {"best-effort", "required", "discard"};
inline constexpr std::array<std::string_view, 2> kSchedulers = {"fifo", "serial"};
inline constexpr std::array<std::string_view, 5> kPriorityWords = {"background", "low", "normal", "high", "critical"};

// What a model's key holds, for those that need no code of their own.
enum class Holds { Text, Flag, Count, Seconds, Number, Words, Object };

struct ModelKey {
  std::string_view key;
  Holds holds;
};

inline constexpr std::array<ModelKey, 23> kModel = {{{"cmd", Holds::Text},
                                                     {"cmdStop", Holds::Text},
                                                     {"proxy", Holds::Text},
                                                     {"aliases", Holds::Words},
                                                     {"env", Holds::Words},
                                                     {"checkEndpoint", Holds::Text},
                                                     {"ttl", Holds::Seconds},
                                                     {"unloadTimeout", Holds::Count},
                                                     {"unlisted", Holds::Flag},
                                                     {"useModelName", Holds::Text},
                                                     {"name", Holds::Text},
                                                     {"description", Holds::Text},
                                                     {"metadata", Holds::Object},
                                                     {"concurrencyLimit", Holds::Count},
                                                     {"filters", Holds::Object},
                                                     {"sendLoadingState", Holds::Flag},
                                                     {"timeouts", Holds::Object},
                                                     {"compat", Holds::Object},
                                                     {"capabilities", Holds::Object},
                                                     {"pinned", Holds::Flag},
                                                     {"bytes", Holds::Count},
                                                     {"loadCostMs", Holds::Number},
                                                     {"priority", Holds::Count}}};

inline constexpr std::array<ModelKey, 3> kFilters = {
    {{"stripParams", Holds::Text}, {"setParams", Holds::Object}, {"setParamsByID", Holds::Object}}};
inline constexpr std::array<ModelKey, 6> kTimeouts = {{{"connect", Holds::Count},
                                                       {"keepalive", Holds::Count},
                                                       {"responseHeader", Holds::Count},
                                                       {"tlsHandshake", Holds::Count},
                                                       {"expectContinue", Holds::Count},
                                                       {"idleConn", Holds::Count}}};
inline constexpr std::array<ModelKey, 1> kCompat = {{{"ignoreWebsockets", Holds::Flag}}};
inline constexpr std::array<ModelKey, 5> kCapabilities = {{{"in", Holds::Words},
                                                           {"out", Holds::Words},
                                                           {"tools", Holds::Flag},
                                                           {"reranker", Holds::Flag},
                                                           {"context", Holds::Count}}};

}  // namespace shunt::config_keys
