// SPDX-License-Identifier: Apache-2.0
// source_watch.hpp: tells when the sources below a folder change: saved in place, renamed over by an editor, added, removed.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <shunt/framework/error.hpp>
#include <string>
#include <vector>

namespace shunt::host {

class SourceWatch {
 public:
  // Folders called `build`, `target` or with a dot in front are results or the business of other programs, and not watched.
  static Result<SourceWatch> of(const std::filesystem::path& folder);
  SourceWatch(SourceWatch&& other) noexcept;
  SourceWatch& operator=(SourceWatch&&) = delete;
  ~SourceWatch();

  // Waits until something was saved and then nothing more for a moment, since one act of saving is often several changes.
  // Answers with the paths below the folder, each once, sorted. Changes since the last call count.
  Result<std::vector<std::string>> wait();

 private:
  SourceWatch(int descriptor, std::filesystem::path folder) : descriptor_(descriptor), folder_(std::move(folder)) {}
  Result<void> watch_below(const std::filesystem::path& folder);
  Result<void> take_events(std::vector<std::string>& changed);

  int descriptor_;
  std::filesystem::path folder_;
  std::map<int, std::filesystem::path> watched_;  // folder of each watch
};

}  // namespace shunt::host
