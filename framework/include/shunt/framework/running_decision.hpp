// SPDX-License-Identifier: Apache-2.0
// running_decision.hpp: what a thread is deciding on that will never finish, because a plugin has crashed it or hangs.
//
//   boost::json::object asked = running_decision(thread);
//   write_file("request.jsonl", serialize(asked["request"]));
#pragma once

#include <shunt/framework/call_marks.hpp>

#include <boost/json/object.hpp>

namespace shunt {

// `config`, `endpoints` and `request` in the formats of the files that `shunt schedule` reads, and `seed`, `now_ns`,
// `fallbacks`. Empty where the thread is in no call of a decision. The thread must stand still, or hang. Holds the prompt.
boost::json::object running_decision(const MarkedThread& thread);

}  // namespace shunt
