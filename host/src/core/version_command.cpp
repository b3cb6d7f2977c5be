// SPDX-License-Identifier: Apache-2.0
// `shunt version`.
#include <boost/json/object.hpp>
#include <shunt/framework/manifest.hpp>
#include <string>
#include <string_view>

#include "build_info.hpp"
#include "commands.hpp"
#include "json_text.hpp"

namespace shunt::host {

ExitCode run_version(const VersionArguments& arguments, Surroundings& surroundings) {
  const std::string_view commit = SHUNT_BUILD_COMMIT;
  if (arguments.format != OutputFormat::Text) {
    boost::json::object out{
        {"schema", 1},
        {"version", SHUNT_BUILD_VERSION},
        {"abi",
         boost::json::object{{"major", kHostAbi.major}, {"minor", kHostAbi.minor}, {"text", to_string(kHostAbi)}}},
        {"compiler", SHUNT_BUILD_COMPILER},
        {"buildType", SHUNT_BUILD_TYPE}};
    if (!commit.empty()) out["commit"] = commit;
    surroundings.console.line(compact_json(out));
    return ExitCode::Ok;
  }
  surroundings.console.write("shunt " SHUNT_BUILD_VERSION "\nabi " + to_string(kHostAbi) +
                             "\ncompiler " SHUNT_BUILD_COMPILER "\nbuild type " SHUNT_BUILD_TYPE "\n" +
                             (commit.empty() ? std::string() : "commit " + std::string(commit) + "\n"));
  return ExitCode::Ok;
}

}  // namespace shunt::host
