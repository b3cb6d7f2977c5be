// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace shunt::host {

std::string_view problem_of_address(std::string_view address) {
  if (address.find_first_of("/ \t\r\n") != std::string_view::npos) return "must be host:port and nothing else";
  const std::size_t colon = address.rfind(':');
  const bool in_brackets = address.starts_with('[');
  const std::size_t bracket = address.find(']');
  if (in_brackets && bracket == std::string_view::npos) return "lacks the bracket that closes its host";
  if (colon == std::string_view::npos || (in_brackets && colon < bracket)) return "needs a port";
  const std::string_view host = address.substr(0, colon);
  if (host.empty() || host == "[]") return "needs a host";
  if (in_brackets && bracket + 1 != colon) return "must be host:port and nothing else";
  if (!in_brackets && host.find(':') != std::string_view::npos) return "must have its IPv6 host in brackets";
  const std::string_view digits = address.substr(colon + 1);
  std::uint16_t port = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = result.ec == std::errc{} && result.ptr == digits.data() + digits.size();
  return whole && port != 0 ? std::string_view() : "must have a port from 1 to 65535";
}

}  // namespace shunt::host
