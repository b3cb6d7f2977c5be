// SPDX-License-Identifier: Apache-2.0
// upstream_access.hpp: what it takes to be let in by endpoints: certificates and keys, read once.
#pragma once

#include <shunt/framework/error.hpp>

#include <memory>
#include <string>

#include "settings/upstream_settings.hpp"

struct ssl_ctx_st;

namespace shunt::host {

struct UpstreamAccess {
  std::shared_ptr<ssl_ctx_st> tls;  // empty: plain TCP
  std::string server_name;          // that certificates are checked for; empty: the host of the address
  bool verify = true;
  std::string api_key;  // empty: none
};

// The error names the file that is to blame.
Result<UpstreamAccess> open_upstream_access(const UpstreamSettings& settings);

}  // namespace shunt::host
