// SPDX-License-Identifier: Apache-2.0
// access_rules.hpp: who may ask the admin listener. A browser on the same machine is a way in for every page it shows: such a
// page can send requests here (Origin tells), and a name of its own that resolves to this address makes it the same origin (Host
// tells).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/http_message.hpp"

namespace shunt::host {

class AccessRules {
 public:
  // `listen`: "host:port". `hosts`: further names. `token`: empty: nothing that changes something is allowed.
  AccessRules(std::string_view listen, std::vector<std::string> hosts, std::string token);

  // The refusal, or nothing. The name in Host has to be localhost, an address, or a name of the config: no other page can have
  // these. A request with an Origin has to come from the same one.
  std::optional<AdminResponse> refuse_source(const AdminRequest& request) const;
  // Of a request that changes something.
  std::optional<AdminResponse> refuse_token(const AdminRequest& request) const;
  bool has_token() const { return !token_.empty(); }

 private:
  bool known_host(std::string_view host) const;

  std::vector<std::string> hosts_;  // lower case, without port
  std::string token_;
};

// Takes as long for equal as for unequal texts of the same length.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace shunt::host
