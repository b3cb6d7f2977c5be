// SPDX-License-Identifier: Apache-2.0
// peer_parameters.hpp: parameters of plugins of the llm-d endpoint picker that have another name here, or no counterpart. Private
// to the configuration code.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <shunt/framework/object_reader.hpp>
#include <string>
#include <string_view>

namespace shunt {

class PeerParameters {
 public:
  PeerParameters(Config& config, const ReadContext& context) : config_(config), context_(context) {}

  // Those of one instance, which are then in the words of this program. Its type may change too.
  void translate(PluginConfig& plugin) const;

 private:
  void ignore(const PluginConfig& plugin, std::string_view key, std::string_view why) const;
  void take_extractor(PluginConfig& plugin, boost::json::object& parameters) const;
  static void take_disagg_handler(boost::json::object& parameters);
  void take_token_producer(const PluginConfig& plugin, boost::json::object& parameters) const;
  void take_load_reader(const PluginConfig& plugin, boost::json::object& parameters) const;
  static void take_session_sources(boost::json::object& parameters);

  Config& config_;
  const ReadContext& context_;
};

inline constexpr std::string_view kPeerExtractor = "core-metrics-extractor";
inline constexpr std::string_view kPeerPages = "metrics-data-source";
inline constexpr std::string_view kOwnExtractor = "prometheus-extractor";
inline constexpr std::string_view kSessionProducer = "session-id-producer";

// What a metrics source says that an extractor says here; empty where it leaves it out, or says what an extractor does anyway.
struct PageSettings {
  std::optional<std::string> path;
  std::optional<std::int64_t> interval_ms;
};
// Complains about every other parameter.
PageSettings read_page_settings(const PluginConfig& source, const ReadContext& context);

// True where the plugin looks for the id of a session that the session-id-producer writes.
bool reads_session_id(const PluginConfig& plugin);

// A text parameter; empty where there is none.
std::string_view text_parameter(const PluginConfig& plugin, std::string_view key);

// "1s", "1m30s", "0.5s", "200ms" as milliseconds. Empty for anything else.
std::optional<double> duration_ms(std::string_view text);

}  // namespace shunt
