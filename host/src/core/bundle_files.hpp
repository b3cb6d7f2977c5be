// SPDX-License-Identifier: Apache-2.0
// bundle_files.hpp: repro bundles as files, one per request.
#pragma once

#include <filesystem>
#include <set>
#include <shunt/framework/scheduler.hpp>
#include <string>
#include <string_view>

#include "decision_output.hpp"
#include "plugin_path.hpp"

namespace shunt::host {

// A name for a file, made from a request's id: what is not plain is replaced, and then a hash of the id keeps it unique.
std::string bundle_file_name(std::string_view id);

class BundleWriter {
 public:
  // Makes the folder if need be. `config_folder`: what relative plugin folders of the config count from.
  static Result<BundleWriter> open(const std::filesystem::path& folder, std::filesystem::path config_folder);

  // `output` is kept with the bundle, so that running it prints the same line.
  Result<void> write(const DecidedRequest& record, const ScheduleOptions& options, const DecisionOutputOptions& output);

 private:
  BundleWriter(std::filesystem::path folder, std::filesystem::path config_folder)
      : folder_(std::move(folder)), config_folder_(std::move(config_folder)) {}

  std::filesystem::path folder_;
  std::filesystem::path config_folder_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace shunt::host
