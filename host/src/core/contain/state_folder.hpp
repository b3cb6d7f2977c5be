// SPDX-License-Identifier: Apache-2.0
// state_folder.hpp: where a host keeps what has to outlive it: the quarantine and its crash reports.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace shunt::host {

// `written` where a flag names one; else $STATE_DIRECTORY as a service manager sets it, else $XDG_STATE_HOME/shunt, else
// ~/.local/state/shunt; empty where none of them is known. Nothing is made.
std::filesystem::path state_folder(const std::string& written);

// Makes it where it is not there, for the owner alone: what is kept tells of traffic and of places. One that is there keeps its
// permissions.
void make_state_folder(const std::filesystem::path& folder, std::error_code& failed);

// While it lives no other process that has one for this folder is in between. Several hosts may share a state folder.
class StateFolderLock {
 public:
  // Waits for the others, but not for long: whoever holds it longer than it takes to write a file is no host. A folder that
  // cannot be locked is not: what is written there is whole all the same.
  explicit StateFolderLock(const std::filesystem::path& folder);
  ~StateFolderLock();
  StateFolderLock(const StateFolderLock&) = delete;
  StateFolderLock& operator=(const StateFolderLock&) = delete;

  // Somebody else has it and keeps it.
  bool taken() const { return taken_; }

 private:
  int descriptor_;
  bool taken_ = false;
};

}  // namespace shunt::host
