// SPDX-License-Identifier: Apache-2.0
// log_level_answer.hpp: POST /v1/log-level: {"level": "debug", "requests": true}, both optional.
#pragma once

#include "admin/http_message.hpp"

namespace shunt::host {

AdminResponse log_level_answer(const AdminRequest& request);

}  // namespace shunt::host
