// SPDX-License-Identifier: Apache-2.0
// state_folder.hpp: where a host keeps what has to outlive it: the quarantine and its crash reports.
#pragma once

#include <filesystem>
#include <string>

namespace shunt::host {

// `written` where a flag names one; else $STATE_DIRECTORY as a service manager sets it, else $XDG_STATE_HOME/shunt, else
// ~/.local/state/shunt; empty where none of them is known. Nothing is made.
std::filesystem::path state_folder(const std::string& written);

}  // namespace shunt::host
