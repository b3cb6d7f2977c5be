// SPDX-License-Identifier: Apache-2.0
// reader.hpp: the parts of read_config that have a file of their own. Private to the configuration code.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <shunt/framework/object_reader.hpp>
#include <string>
#include <string_view>

namespace shunt {

void read_plugins(const ObjectReader& root, Config& config, const ReadContext& context);
void read_profiles(const ObjectReader& root, Config& config, const ReadContext& context);
void read_models(const ObjectReader& root, Config& config, const ReadContext& context);
void read_routing(const ObjectReader& root, Config& config, const ReadContext& context);

// Whether it is a config of the llm-d endpoint picker, with either of its API versions.
bool is_peer_config(const boost::json::object& root);
// What is left of one when its plugins and profiles have been read: what has another name here gets it, and what has no place
// is left out with a warning.
void read_peer(const ObjectReader& root, Config& config, const ReadContext& context);

// A priority: a number, or a word for one. Empty, after a complaint, where it is neither.
std::optional<std::int32_t> read_priority(const boost::json::value& value, const std::string& pointer,
                                          std::string_view what, const ReadContext& context);

}  // namespace shunt
