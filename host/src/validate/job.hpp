// SPDX-License-Identifier: Apache-2.0
// job.hpp: one case for one plugin type of one library, as a process is told to run it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::validate {

struct Job {
  std::string file;
  std::string type;  // empty for cases about the library
  std::string case_name;
  std::uint64_t seed = 1;
  std::string parameters;             // JSON object; empty: derived from the schema
  std::vector<std::string> profiles;  // scheduling profiles that exist; empty: whatever create() accepts
  std::string staging;                // where the private copy goes; removed by whoever made it
  std::vector<std::string> trusted;   // folders that are trusted as the program is
};

std::string to_json_text(const Job& job);
// Throws std::exception where the text is none of ours: both ends are this program.
Job job_from_json_text(std::string_view text);

}  // namespace shunt::validate
