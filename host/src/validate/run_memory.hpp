// SPDX-License-Identifier: Apache-2.0
// run_memory.hpp: which cases failed in the last run, by library, in a small file.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

namespace shunt::validate {

// "queue-scorer/permutation", or "load" for cases about the library.
using FailedCases = std::set<std::string>;

class RunMemory {
 public:
  explicit RunMemory(std::filesystem::path file) : file_(std::move(file)) {}
  // $XDG_STATE_HOME/shunt/validate.json, else below ~/.local/state; empty where neither is known.
  static std::filesystem::path usual_file();

  const std::filesystem::path& file() const { return file_; }
  // What failed in the last run of this library; nothing where none is known.
  std::optional<FailedCases> failed(const std::filesystem::path& library) const;
  // Empty after success, else why the file could not be written.
  std::string remember(const std::filesystem::path& library, const FailedCases& failed) const;

 private:
  std::filesystem::path file_;
};

}  // namespace shunt::validate
