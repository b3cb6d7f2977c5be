// SPDX-License-Identifier: Apache-2.0
// upstream_settings.hpp: the section "upstream": how endpoints are spoken to, by the HTTP door and by the data layer.
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <filesystem>
#include <string>

namespace shunt::host {

struct UpstreamTlsSettings {
  bool enabled = false;
  std::filesystem::path ca_file;           // empty: the system's
  std::filesystem::path certificate_file;  // empty: no client certificate
  std::filesystem::path key_file;
  std::string server_name;  // empty: the host of the address
  bool verify = true;
};

struct UpstreamSettings {
  UpstreamTlsSettings tls;
  std::filesystem::path api_key_file;  // sent as "Authorization: Bearer ..." in place of the client's; empty: none
};

UpstreamSettings read_upstream_settings(const ObjectReader& root, const std::filesystem::path& folder,
                                        const ReadContext& context);

}  // namespace shunt::host
