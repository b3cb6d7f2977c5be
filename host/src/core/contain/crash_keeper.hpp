// SPDX-License-Identifier: Apache-2.0
// crash_keeper.hpp: what is left of a lost worker: the report, the bundle, the quarantine.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "console.hpp"
#include "contain/crash_report.hpp"
#include "contain/quarantine.hpp"

namespace shunt::host {

class CrashKeeper {
 public:
  // Where the state folder cannot be written, what has to survive this process only goes to `run_folder`.
  CrashKeeper(std::filesystem::path state_folder, std::filesystem::path run_folder, Console& console);

  // Where the quarantine lies.
  const std::filesystem::path& folder() const { return folder_; }

  // Writes the report, with what the worker has left in `inputs`, and puts the guilty library into quarantine. One line in the
  // log of the worker. Removes `inputs`.
  void keep(CrashReport& report, const WorkerPage& page, const std::filesystem::path& inputs);

 private:
  std::filesystem::path free_name(const CrashReport& report) const;
  std::string keep_bundle(const CrashReport& report, const std::filesystem::path& inputs,
                          const std::filesystem::path& to) const;
  void forget_old() const;
  void narrow_down(CrashReport& report);
  void log(const WorkerPage& page, const std::string& line) const;

  std::filesystem::path folder_;
  Console& console_;
  // Libraries that were running each time that a worker was lost without a word.
  std::set<std::string> suspects_;
};

}  // namespace shunt::host
