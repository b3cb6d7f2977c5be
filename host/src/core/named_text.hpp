// SPDX-License-Identifier: Apache-2.0
// named_text.hpp: a file as it was read.
#pragma once

#include <filesystem>
#include <string>

namespace shunt::host {

struct NamedText {
  std::string name;  // in messages
  std::string text;
  std::filesystem::path folder;  // what relative names in it count from
};

}  // namespace shunt::host
