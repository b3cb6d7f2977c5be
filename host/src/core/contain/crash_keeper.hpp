// SPDX-License-Identifier: Apache-2.0
// crash_keeper.hpp: what is left of a lost worker: the report, the bundle, the quarantine.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

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
  // log of the worker. Removes `inputs`. Where the state folder takes nothing, the run folder has to do. True where a library was put
  // into quarantine that was not there.
  bool keep(CrashReport& report, const WorkerPage& page, const std::filesystem::path& inputs);

  // What no worker shall load, whatever has become of the file.
  std::vector<QuarantinedLibrary> quarantined();
  // Those of them that the file does not name. Tries once more to write them there.
  std::vector<QuarantinedLibrary> unwritten();

 private:
  struct Place {
    std::filesystem::path report;
    std::string problem;  // why there is none
  };
  Place write_report(const CrashReport& report, const std::filesystem::path& folder) const;
  std::string put_into_quarantine(const CrashReport& report, const std::filesystem::path& file);
  void narrow_down(CrashReport& report);
  void log(const WorkerPage& page, const std::string& line) const;

  std::filesystem::path folder_;
  std::filesystem::path run_folder_;
  Console& console_;
  std::vector<QuarantinedLibrary> unwritten_;
  std::vector<QuarantinedLibrary> last_read_;  // from the file, or written to it, when that worked last
  // Libraries that were running each time that a worker was lost without a word.
  std::set<std::string> suspects_;
};

}  // namespace shunt::host
