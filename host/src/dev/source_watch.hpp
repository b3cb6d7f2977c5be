// SPDX-License-Identifier: Apache-2.0
// source_watch.hpp: tells when the sources below a folder change: saved in place, renamed over by an editor, added, removed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <shunt/framework/error.hpp>
#include <string>
#include <utility>
#include <vector>

namespace shunt::host {

class SourceWatch {
 public:
  // Folders called `build`, `target` or with a dot in front are results or the business of other programs, and not watched.
  // Nor are libraries and object files, and nothing below `results`.
  static Result<SourceWatch> of(const std::filesystem::path& folder, const std::filesystem::path& results);
  SourceWatch(SourceWatch&& other) noexcept;
  SourceWatch& operator=(SourceWatch&&) = delete;
  ~SourceWatch();

  // Waits until something was saved and then nothing more for a moment, since one act of saving is often several changes.
  // Answers with the paths below the folder, each once, sorted. Changes since the last call count. A folder that is gone is waited
  // for, and is a change itself, ".". Throws Interrupted as process::Interruption says.
  Result<std::vector<std::string>> wait();

 private:
  SourceWatch(int descriptor, std::filesystem::path folder, std::filesystem::path results)
      : descriptor_(descriptor), folder_(std::move(folder)), results_(std::move(results)) {}
  bool is_left_out(const std::filesystem::path& folder) const;
  Result<void> watch_all();
  Result<void> watch_below(const std::filesystem::path& folder);
  Result<void> take_events(std::vector<std::string>& changed);
  bool is_same_folder() const;
  Result<bool> find_again();

  int descriptor_;
  std::filesystem::path folder_;
  std::filesystem::path results_;
  std::map<int, std::filesystem::path> watched_;  // folder of each watch
  // Of `folder_`: its watch, and which folder of all that ever had its name is watched.
  int watch_ = -1;
  std::pair<std::uint64_t, std::uint64_t> identity_;
};

}  // namespace shunt::host
