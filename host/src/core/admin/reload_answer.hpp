// SPDX-License-Identifier: Apache-2.0
// reload_answer.hpp: what the admin listener answers about reloads.
#pragma once

#include "admin/http_message.hpp"

namespace shunt::host {

class LiveHost;

// 200 with the report; 409 where the reload was refused, 503 where this host cannot reload.
AdminResponse reload_answer(LiveHost& host, const AdminRequest& request);
AdminResponse rollback_answer(LiveHost& host, const AdminRequest& request);
AdminResponse reloads_answer(LiveHost& host);

}  // namespace shunt::host
