// SPDX-License-Identifier: Apache-2.0
// host_settings.hpp: what the config file says to a running host: endpoints, where they come from, what is fetched from them,
// the doors, the admin listener, the log.
//
//   HostSettings settings = read_host_settings(config, diagnostics);
//
// Each section is read by a file of its own and is plain data; no part of the host is needed to check it.
#pragma once

#include <shunt/framework/config.hpp>
#include <shunt/framework/diagnostic.hpp>

#include "settings/admin_settings.hpp"
#include "settings/data_layer_settings.hpp"
#include "settings/endpoint_settings.hpp"
#include "settings/log_settings.hpp"
#include "settings/reload_settings.hpp"
#include "settings/serve_settings.hpp"
#include "settings/upstream_settings.hpp"

namespace shunt::host {

struct HostSettings {
  EndpointSettings endpoints;
  DataLayerSettings data_layer;
  UpstreamSettings upstream;
  ServeSettings serve;
  AdminSettings admin;
  LogSettings log;
  ReloadSettings reload;
};

// Reports every problem of every section; what is wrong keeps its default, so that the rest can still be judged. File names
// count from `folder`.
HostSettings read_host_settings(const Config& config, const std::filesystem::path& folder, Diagnostics& diagnostics);

}  // namespace shunt::host
