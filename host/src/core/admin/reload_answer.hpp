// SPDX-License-Identifier: Apache-2.0
// reload_answer.hpp: what the admin listener answers about reloads.
#pragma once

#include "admin/http_message.hpp"

namespace shunt::host {

class LiveHost;

// 200 with the report; 409 where the reload was refused, 503 where this host cannot reload, 400 where the body is wrong. A body is
// {"canary": {...}} with the keys of the section of the config, for this reload alone, or {"canary": false}.
AdminResponse reload_answer(LiveHost& host, const AdminRequest& request);
AdminResponse promote_answer(LiveHost& host, const AdminRequest& request);
AdminResponse rollback_answer(LiveHost& host, const AdminRequest& request);
AdminResponse reloads_answer(LiveHost& host);

}  // namespace shunt::host
