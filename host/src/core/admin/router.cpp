// SPDX-License-Identifier: Apache-2.0
#include "admin/router.hpp"

#include <shunt/framework/suggest.hpp>

#include <algorithm>
#include <cctype>
#include <exception>
#include <optional>
#include <utility>

#include "field_reader.hpp"

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

// Probes and scrapers add what they like; below this nothing is guessed.
constexpr std::string_view kStrict = "/v1/";

std::string listed(const Router::Route& route) {
  std::string text;
  for (const auto& names : {route.flags, route.values}) {
    for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  }
  return text.empty() ? "none" : text;
}

// "DRY-RUN" for "dry_run" is not as far off as it looks.
std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

AdminResponse unknown_parameter(const Router::Route& route, std::string_view name) {
  std::vector<std::string> known(route.flags.begin(), route.flags.end());
  known.insert(known.end(), route.values.begin(), route.values.end());
  const auto close = suggest(folded(name), known);
  return error_response(400, "bad-parameter",
                        "there is no query parameter " + in_quotes(name) + " here" +
                            (close ? ", " + did_you_mean(*close) : std::string()) + "; there are: " + listed(route));
}

// Who misspells dry_run must not get the real thing.
std::optional<AdminResponse> refuse_query(const Router::Route& route, const AdminRequest& request) {
  if (!route.pattern.starts_with(kStrict)) return std::nullopt;
  for (const auto& [name, value] : request.query) {
    const bool is_flag = std::ranges::find(route.flags, name) != route.flags.end();
    if (!is_flag && std::ranges::find(route.values, name) == route.values.end()) return unknown_parameter(route, name);
    if (std::ranges::count(request.query, name, &std::pair<std::string, std::string>::first) > 1) {
      return error_response(400, "bad-parameter", "the query parameter " + in_quotes(name) + " is there twice");
    }
    const auto& words = AdminRequest::kFlagWords;
    if (is_flag && std::ranges::find(words, value) == words.end()) {
      return error_response(
          400, "bad-parameter",
          "the query parameter " + in_quotes(name) + " is 1 or 0, true or false, not " + in_quotes(value));
    }
  }
  return std::nullopt;
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
  if (found.route->changes) {
    if (auto refusal = rules_.refuse_token(request)) return refusal;
  }
  return refuse_query(*found.route, request);
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
