// SPDX-License-Identifier: Apache-2.0
// endpoint_settings.hpp: the sections "endpoints" and "discovery": who there is, and who is asked for it.
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "endpoints_file.hpp"

namespace shunt::host {

// A file that lists endpoints, in shunt's own format or the peer's file-discovery YAML.
struct FileDiscoverySettings {
  std::filesystem::path path;
  bool watch = true;
};

// A name whose addresses are endpoints.
struct DnsDiscoverySettings {
  enum class Type { A, Aaaa, Srv };
  std::string name;
  Type type = Type::A;
  std::uint16_t port = 0;  // of every address; SRV records bring their own
  std::int64_t interval_ms = 10'000;
  std::vector<std::pair<std::string, std::string>> labels;
};

struct EndpointSettings {
  std::vector<EndpointEntry> endpoints;  // written in the config itself
  std::vector<FileDiscoverySettings> files;
  std::vector<DnsDiscoverySettings> names;
};

EndpointSettings read_endpoint_settings(const ObjectReader& root, const std::filesystem::path& folder,
                                        const ReadContext& context);

}  // namespace shunt::host
