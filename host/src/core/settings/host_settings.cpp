// SPDX-License-Identifier: Apache-2.0
#include "settings/host_settings.hpp"

namespace shunt::host {

HostSettings read_host_settings(const Config& config, const std::filesystem::path& folder, Diagnostics& diagnostics) {
  HostSettings settings;
  if (config.document == nullptr || config.host.empty()) return settings;
  const ReadContext context{*config.document, diagnostics};
  const ObjectReader root(config.host, "", "", context);
  settings.endpoints = read_endpoint_settings(root, folder, context);
  settings.data_layer = read_data_layer_settings(root, context);
  settings.upstream = read_upstream_settings(root, folder, context);
  settings.serve = read_serve_settings(root, folder, context);
  settings.admin = read_admin_settings(root, folder, context);
  settings.log = read_log_settings(root, folder, context);
  settings.reload = read_reload_settings(root, context);
  return settings;
}

}  // namespace shunt::host
