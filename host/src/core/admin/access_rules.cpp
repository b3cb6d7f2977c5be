// SPDX-License-Identifier: Apache-2.0
#include "admin/access_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace shunt::host {

namespace {

constexpr std::string_view kBearer = "Bearer ";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// "[::1]:80" -> "::1", "localhost:80" -> "localhost". Empty where it is neither.
std::string_view without_port(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    const bool whole = end != std::string_view::npos && (end + 1 == authority.size() || authority[end + 1] == ':');
    return whole ? authority.substr(1, end - 1) : std::string_view();
  }
  const std::size_t colon = authority.find(':');
  if (colon != std::string_view::npos && authority.find(':', colon + 1) != std::string_view::npos) return {};
  return authority.substr(0, colon);
}

bool is_ip_address(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

}  // namespace

AccessRules::AccessRules(std::string_view listen, std::vector<std::string> hosts, std::string token)
    : token_(std::move(token)) {
  hosts_.emplace_back("localhost");
  hosts_.push_back(lower(without_port(listen)));
  for (const std::string& host : hosts) hosts_.push_back(lower(host));
}

bool AccessRules::known_host(std::string_view host) const {
  std::string name = lower(without_port(host));
  if (!name.empty() && name.back() == '.') name.pop_back();
  return !name.empty() && (std::ranges::find(hosts_, name) != hosts_.end() || is_ip_address(name));
}

std::optional<AdminResponse> AccessRules::refuse_source(const AdminRequest& request) const {
  if (request.hosts.size() != 1) return error_response(400, "bad-host", "a request needs one Host header");
  const std::string& host = request.hosts.front();
  if (!known_host(host)) {
    return error_response(403, "foreign-host",
                          "the admin listener does not go by the name in the Host header; names are added with "
                          "admin.hosts in the config");
  }
  if (!request.origin) return std::nullopt;
  const std::string origin = lower(*request.origin);
  const std::size_t slashes = origin.find("://");
  const bool web = origin.starts_with("http://") || origin.starts_with("https://");
  if (web && origin.substr(slashes + 3) == lower(host)) return std::nullopt;
  return error_response(403, "foreign-origin", "pages of other origins may not ask the admin listener");
}

std::optional<AdminResponse> AccessRules::refuse_token(const AdminRequest& request) const {
  if (token_.empty()) {
    return error_response(403, "no-token-configured",
                          "this needs a token, and none is configured: set admin.tokenFile in the config");
  }
  const std::string_view given = request.authorization;
  const bool bearer = given.size() > kBearer.size() && lower(given.substr(0, kBearer.size())) == lower(kBearer);
  if (bearer && equal_in_constant_time(given.substr(kBearer.size()), token_)) return std::nullopt;
  AdminResponse refusal =
      error_response(401, "unauthorized", "this needs the header Authorization: Bearer with the admin token");
  refusal.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"shunt admin\"");
  return refusal;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  unsigned char different = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    // Volatile: the compiler may not stop at the first difference.
    const volatile unsigned char a = static_cast<unsigned char>(left[i]);
    const volatile unsigned char b = static_cast<unsigned char>(right[i]);
    different = static_cast<unsigned char>(different | (a ^ b));
  }
  return different == 0;
}

}  // namespace shunt::host
