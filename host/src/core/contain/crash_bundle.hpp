// SPDX-License-Identifier: Apache-2.0
// crash_bundle.hpp: what a lost worker was deciding, in a folder from which `shunt schedule` decides it again with the same libraries.
#pragma once

#include <filesystem>
#include <string>

#include "contain/crash_report.hpp"

namespace shunt::host {

// Copies what the worker has left in `inputs`, which lies in the run folder, and the guilty library as it was loaded to the folder
// `to`. Answers that folder; empty, and nothing is there, where the worker has left nothing or it could not be written.
std::string keep_crash_bundle(const CrashReport& report, const std::filesystem::path& inputs,
                              const std::filesystem::path& to);

}  // namespace shunt::host
