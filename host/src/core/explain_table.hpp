// SPDX-License-Identifier: Apache-2.0
// explain_table.hpp: a decision as a table for people: who was dropped and why, every score, the total, the margin.
//
//   request r1  profile default  generation 1  endpoints 4
//    filter  decode-role        4 -> 3    ep-4 dropped: role=prefill
//    scorer            weight   ep-1          ep-2
//    queue-depth            1   0.25   0.25      1      1
//    total                            0.25             1
//    picker  max-score          -> ep-2   margin 0.75
#pragma once

#include <shunt/framework/decision.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>
#include <shunt/framework/snapshot.hpp>
#include <string>

namespace shunt::host {

// `decision` has to be made with ScheduleOptions::trace. Ends with a line end. Of a wide pool only the best columns appear.
std::string explain_table(const Decision& decision, const Request& request, const Snapshot& snapshot,
                          const Generation& generation, bool timings);

}  // namespace shunt::host
