// SPDX-License-Identifier: Apache-2.0
// requests_file.hpp: reads the requests file: one request a line, a list of requests, or a published trace.
//
//   std::vector<Request> requests = read_requests("requests.jsonl", text, diagnostics);
//   if (!diagnostics.has_errors()) decide(requests);
#pragma once

#include <optional>
#include <set>
#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/request.hpp>
#include <string>
#include <vector>

namespace shunt::host {

using EndpointNames = std::set<std::string, std::less<>>;

// In file order, numbered from 0. Every problem is reported at its line; requests that are wrong are left out. With
// `endpoints` a request that prefers or excludes another one gets a warning, one for each name.
std::vector<Request> read_requests(const std::string& file, std::string text, Diagnostics& diagnostics,
                                   std::optional<EndpointNames> endpoints = std::nullopt);

}  // namespace shunt::host
