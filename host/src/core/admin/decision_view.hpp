// SPDX-License-Identifier: Apache-2.0
// decision_view.hpp: remembered decisions as JSON: /v1/decisions and what hangs below it.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "admin/http_message.hpp"
#include "live/decision_ring.hpp"

namespace shunt::host {

// One line of the list: everything but explanation and bundle.
boost::json::object decision_summary(const DecisionRecord& record);

// /v1/decisions: newest first. Parameters: limit, after (a sequence number), outcome, endpoint.
AdminResponse decisions_answer(const DecisionRing& ring, const AdminRequest& request);
// /v1/decisions/{id}, with why_not=NAME.
AdminResponse decision_answer(const DecisionRing& ring, std::string_view id, const AdminRequest& request);
// /v1/decisions/{id}/bundle.
AdminResponse bundle_answer(const DecisionRing& ring, std::string_view id);

}  // namespace shunt::host
