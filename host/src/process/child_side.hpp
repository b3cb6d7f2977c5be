// SPDX-License-Identifier: Apache-2.0
// child_side.hpp: what a process does first that run_child() has started to carry out a job.
#pragma once

#include <string>

namespace shunt::process {

// Descriptors of such a process: where its job is read from, and where it tells what came of it.
inline constexpr int kJobDescriptor = 3;
inline constexpr int kLogDescriptor = 4;

// Makes this process end with its parent, leave no core file and ignore SIGPIPE, and answers with the job. What it starts later
// has neither of the descriptors.
std::string begin_job();

}  // namespace shunt::process
