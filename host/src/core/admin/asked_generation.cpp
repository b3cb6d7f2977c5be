// SPDX-License-Identifier: Apache-2.0
#include "admin/asked_generation.hpp"

#include "live/live_host.hpp"

namespace shunt::host {

std::shared_ptr<const Generation> asked_generation(LiveHost& host, const AdminRequest& request) {
  if (!request.flag("canary")) return host.scheduler().current();
  const auto out = host.canaries().current();
  return out == nullptr ? nullptr : out->generation;
}

AdminResponse no_canary() {
  return error_response(404, "no-canary", "no canary is out; GET /v1/reloads says what became of the last one");
}

}  // namespace shunt::host
