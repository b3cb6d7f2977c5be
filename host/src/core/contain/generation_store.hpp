// SPDX-License-Identifier: Apache-2.0
// generation_store.hpp: the last generations that decided, with everything that it takes to build them again: config, and the
// bytes of their libraries as they were loaded, whatever has become of the files since. A folder that worker and supervisor share.
#pragma once

#include <shunt/framework/error.hpp>
#include <shunt/framework/generation.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contain/leave_out.hpp"
#include "named_text.hpp"

namespace shunt::host {

// A library of such a generation.
struct KeptLibrary {
  std::filesystem::path path;  // as it was found
  std::string sha256;
  std::filesystem::path copy;
};

struct KeptGeneration {
  std::uint64_t number = 0;
  std::string file;  // name of the config in messages
  std::string text;
  std::filesystem::path folder;  // that relative names in it count from
  std::vector<KeptLibrary> libraries;
  std::vector<LeftOutPlugin> left_out;  // instances of the config that it does not have
};

class GenerationStore {
 public:
  explicit GenerationStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Remembers a generation. Of those before it stay a few, and the newest one of each set of libraries that was in force lately. One
  // that differs from the newest in its number alone is there already, under that one's number.
  Result<void> add(const Generation& generation, const std::filesystem::path& config_folder,
                   std::span<const LeftOutPlugin> left_out) const;
  // The config that the host was started with: sockets, threads and files of all its workers are as it says. Kept once.
  Result<void> keep_start(const NamedText& config) const;
  std::optional<NamedText> start() const;
  // The one that was published last first.
  std::vector<KeptGeneration> read() const;

 private:
  bool is_newest(boost::json::object generation) const;
  std::optional<KeptGeneration> read_one(const std::filesystem::path& file) const;
  std::uint64_t newest_place() const;
  Result<void> keep_bytes(const Library& library) const;
  void tidy() const;

  std::filesystem::path folder_;
};

}  // namespace shunt::host
