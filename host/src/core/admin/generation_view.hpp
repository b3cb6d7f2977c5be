// SPDX-License-Identifier: Apache-2.0
// generation_view.hpp: what is composed and by which plugins, as JSON: /v1/plugins, /v1/profiles, /v1/config.
#pragma once

#include <shunt/framework/generation.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/scheduler.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <span>
#include <string>

#include "contain/leave_out.hpp"

namespace shunt::host {

// Interfaces of an instance that requests pass through, joined by "+": "producer", "filter+scorer"; "other" for none of them.
std::string kinds_of(const Instance& instance);

// `totals` by instance, or empty.
boost::json::object plugins_view(const Generation& generation, std::span<const Scheduler::PluginTotals> totals);

// Each profile from left to right: filters, scorers with their weights, the picker; before them what runs for every request.
// `shadows`: see Scheduler::shadow_totals().
boost::json::object profiles_view(const Generation& generation, std::span<const ShadowCounts> shadows);

// Instances that the config wants and that do not run.
boost::json::array left_out_view(std::span<const LeftOutPlugin> plugins);

boost::json::object config_view(const Generation& generation);

}  // namespace shunt::host
