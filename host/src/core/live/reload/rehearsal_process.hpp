// SPDX-License-Identifier: Apache-2.0
// rehearsal_process.hpp: the other side of rehearse(): a process that builds a config and decides with it.
#pragma once

namespace shunt::host {

// The only argument of the program when it is to be such a process. No command of the program.
inline constexpr char kRehearsalProcessWord[] = "rehearsal-process";

// Reads its job from descriptor 3 and tells on descriptor 4 what came of it.
int rehearsal_process_main();

}  // namespace shunt::host
