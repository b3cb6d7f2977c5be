// SPDX-License-Identifier: Apache-2.0
// discovery_file.hpp: the endpoints that a file names, in shunt's endpoints file or the file-discovery YAML of llm-d-router.
//
//   auto found = read_discovery_file("pool.yaml", text, folder, diagnostics);
//   if (!found) keep_what_was_known();
#pragma once

#include <shunt/framework/diagnostic.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "endpoints_file.hpp"

namespace shunt::host {

inline constexpr std::size_t kMaximumDiscoveryBytes = std::size_t{1} << 20;

struct DiscoveredEndpoints {
  std::vector<EndpointEntry> endpoints;  // every one sound, with an address
  std::size_t skipped = 0;
};

// Leaves out entries in which something is wrong, each with a diagnostic. Nothing where there is no list of endpoints at all:
// such a text says nothing about who is there. `folder`: what names of files in it count from.
std::optional<DiscoveredEndpoints> read_discovery_file(const std::string& file, std::string text,
                                                       const std::filesystem::path& folder, Diagnostics& diagnostics);

}  // namespace shunt::host
