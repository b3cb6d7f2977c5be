// SPDX-License-Identifier: Apache-2.0
// admin_settings.hpp: the section "admin": the listener for people and monitoring, and what is kept for them.
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace shunt::host {

struct DecisionRecordSettings {
  std::uint32_t keep = 1'000;  // decisions with their explanation
  std::uint32_t explained_per_second =
      50;                     // of each deciding thread; rejections beyond that are still kept, without one
  std::uint32_t bundles = 0;  // of the last ones, a repro bundle too; these hold prompts
};

struct AdminSettings {
  std::string pointer;
  bool enabled = true;
  std::string listen = "127.0.0.1:9095";
  std::filesystem::path token_file;  // what POST requests have to show; empty: no POST that changes something is taken
  std::vector<std::string> hosts;    // names, besides its address and localhost, under which the listener may be asked
  DecisionRecordSettings decisions;
};

AdminSettings read_admin_settings(const ObjectReader& root, const std::filesystem::path& folder,
                                  const ReadContext& context);

}  // namespace shunt::host
