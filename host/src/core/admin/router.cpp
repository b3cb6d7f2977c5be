// SPDX-License-Identifier: Apache-2.0
#include "admin/router.hpp"

#include <algorithm>
#include <exception>
#include <optional>

namespace shunt::host {

namespace {

// What stands at the place of the pattern; empty text where it has none.
std::optional<std::string> match(std::string_view pattern, std::string_view path) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const std::string_view before = pattern.substr(0, open);
  const std::string_view behind = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind)) {
    return std::nullopt;
  }
  const std::string_view argument = path.substr(before.size(), path.size() - before.size() - behind.size());
  return std::string(argument);
}

bool fits(std::string_view method, std::string_view asked) {
  return method == asked || (method == "GET" && asked == "HEAD");
}

}  // namespace

Router::Match Router::find(const AdminRequest& request) const {
  Match found;
  for (const Route& route : routes_) {
    auto argument = match(route.pattern, request.path);
    if (!argument) continue;
    // A name may hold slashes: the first row with the longer pattern has it.
    if (found.route == nullptr && fits(route.method, request.method)) {
      found.route = &route;
      found.argument = std::move(*argument);
    }
    if (std::ranges::find(found.allowed, route.method) == found.allowed.end()) found.allowed.push_back(route.method);
  }
  return found;
}

std::optional<AdminResponse> Router::refuse(const AdminRequest& request) const {
  if (auto refusal = rules_.refuse_source(request)) return refusal;
  const Match found = find(request);
  if (found.route == nullptr && found.allowed.empty()) {
    return error_response(404, "not-found", "there is no such path; GET /help lists what there is");
  }
  if (found.route == nullptr) {
    std::string allow;
    for (const std::string_view method : found.allowed) {
      if (!allow.empty()) allow += ", ";
      allow += method == "GET" ? "GET, HEAD" : method;
    }
    AdminResponse refusal = error_response(405, "method-not-allowed", "this path takes " + allow + " only");
    refusal.headers.emplace_back("Allow", allow);
    return refusal;
  }
  return found.route->changes ? rules_.refuse_token(request) : std::nullopt;
}

AdminResponse Router::answer(const AdminRequest& request) const noexcept {
  try {
    if (auto refusal = refuse(request)) return std::move(*refusal);
    Match found = find(request);
    return found.route->answer({request, std::move(found.argument)});
  } catch (const std::exception& error) {
    AdminResponse failure;
    failure.status = 500;
    failure.body = "{\"schema\":1,\"error\":{\"code\":\"internal\",\"message\":\"this request failed\"}}\n";
    return failure;
  }
}

}  // namespace shunt::host
