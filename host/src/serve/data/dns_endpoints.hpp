// SPDX-License-Identifier: Apache-2.0
// dns_endpoints.hpp: from a DNS name to endpoints whose names stay the same as long as their addresses do.
#pragma once

#include <string>
#include <vector>

#include "data/resolver.hpp"
#include "endpoints_file.hpp"
#include "settings/endpoint_settings.hpp"

namespace shunt::host {

// "pool.svc:8000 (A)": what the endpoints of one entry of discovery.dns come from.
std::string source_name(const DnsDiscoverySettings& settings);

struct DnsEndpoints {
  bool good = false;
  std::string problem = {};
  std::vector<EndpointEntry> endpoints = {};  // sorted by name
};

// Blocks. An endpoint is called after the name that was asked for and its address: "pool.svc/10.0.0.7:8000".
DnsEndpoints resolve_endpoints(Resolver& resolver, const DnsDiscoverySettings& settings);

}  // namespace shunt::host
