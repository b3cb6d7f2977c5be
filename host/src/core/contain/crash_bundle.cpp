// SPDX-License-Identifier: Apache-2.0
#include "contain/crash_bundle.hpp"

#include <shunt/framework/file_digest.hpp>
#include <shunt/framework/json_text.hpp>

#include <boost/json.hpp>

#include <stdexcept>

#include "file_io.hpp"
#include "process/shell_word.hpp"

namespace shunt::host {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* kLibrary = "library.so";
constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

// The run folder has the libraries of the generations that a worker may go back to; one that was loaded a moment ago may still lie
// where it came from only.
bool copy_library(const PluginCall& guilty, const fs::path& run_folder, const fs::path& to) {
  std::error_code failed;
  const fs::path kept = run_folder / (guilty.sha256 + ".so");
  const bool as_kept = fs::exists(kept, failed);
  if (!as_kept && file_sha256(guilty.library) != guilty.sha256) return false;
  return fs::copy_file(as_kept ? kept : fs::path(guilty.library), to / kLibrary, failed);
}

json::object read_object(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) throw std::runtime_error(text.error().message);
  return json::parse(*text).as_object();
}

// Each library by name, and all but the guilty one by hash: nothing takes part that lies on the plugin path by now.
void name_libraries(const CrashReport& report, const json::object& options, const fs::path& to, bool has_library) {
  json::object config = read_object(to / "config.json");
  json::array libraries;
  for (const json::value& library : options.at("libraries").as_array()) {
    const bool is_guilty = has_library && library.at("sha256").as_string() == report.guilty->sha256;
    libraries.push_back(is_guilty ? json::value{{"path", kLibrary}, {"sha256", report.guilty->sha256}} : library);
  }
  config["pluginDirs"] = json::array{"."};  // of this folder, wherever it is moved
  config["libraries"] = std::move(libraries);
  if (const auto written = write_file(to / "config.json", json_text(config) + "\n"); !written) {
    throw std::runtime_error(written.error().message);
  }
}

std::string read_me(const json::object& options, const fs::path& to) {
  const auto file = [&to](const char* name) { return process::shell_path((to / name).string()); };
  const std::int64_t now_ms = options.at("now_ns").to_number<std::int64_t>() / kNanosecondsPerMillisecond;
  return "config.json, endpoints.json and requests.jsonl are what the plugin was called with, options.json has seed "
         "and\n"
         "time (now_ns), and library.so is the library as it was loaded. config.json names it, and each other library "
         "with\n"
         "the hash of its bytes. To decide the same again, for example under a debugger:\n"
         "\n"
         "  shunt schedule -c " +
         file("config.json") + " --endpoints " + file("endpoints.json") + " --requests " + file("requests.jsonl") +
         " --seed " + json::serialize(options.at("seed")) + " --now-ms " + std::to_string(now_ms) + " --fallbacks " +
         json::serialize(options.at("fallbacks")) +
         "\n"
         "\n"
         "The request is as confidential as the traffic: it holds the prompt.\n";
}

void write_bundle(const CrashReport& report, const fs::path& inputs, const fs::path& to) {
  fs::create_directories(to);
  fs::permissions(to, fs::perms::owner_all);
  fs::copy(inputs, to, fs::copy_options::overwrite_existing | fs::copy_options::recursive);
  const bool has_library = report.guilty && copy_library(*report.guilty, inputs.parent_path(), to);
  const json::object options = read_object(to / "options.json");
  name_libraries(report, options, to, has_library);
  if (const auto written = write_file(to / "README", read_me(options, to)); !written) {
    throw std::runtime_error(written.error().message);
  }
}

}  // namespace

std::string keep_crash_bundle(const CrashReport& report, const fs::path& inputs, const fs::path& to) {
  std::error_code failed;
  if (!fs::exists(inputs / "options.json", failed)) return {};
  try {
    write_bundle(report, inputs, to);
    return to.string();
  } catch (const std::exception&) {  // half of one would lead astray
    fs::remove_all(to, failed);
    return {};
  }
}

}  // namespace shunt::host
