// SPDX-License-Identifier: Apache-2.0
#include "run_memory.hpp"

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace shunt::validate {

namespace json = boost::json;

namespace {

// The newest runs are worth remembering; a file that only grows is not.
constexpr std::size_t kMostLibraries = 200;

json::object read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  // Whatever else stands there is not ours to understand: it counts as nothing.
  if (error || !parsed.is_object()) return {};
  const json::value* failed = parsed.as_object().if_contains("failed");
  return failed != nullptr && failed->is_object() ? failed->as_object() : json::object();
}

std::string key_of(const std::filesystem::path& library) {
  std::error_code ignored;
  const auto absolute = std::filesystem::weakly_canonical(library, ignored);
  return ignored ? library.string() : absolute.string();
}

}  // namespace

std::filesystem::path RunMemory::usual_file() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::filesystem::path(state) / "shunt" / "validate.json";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return std::filesystem::path(home) / ".local" / "state" / "shunt" / "validate.json";
}

std::optional<FailedCases> RunMemory::failed(const std::filesystem::path& library) const {
  const json::object all = read(file_);
  const json::value* cases = all.if_contains(key_of(library));
  if (cases == nullptr || !cases->is_array()) return std::nullopt;
  FailedCases out;
  for (const json::value& one : cases->as_array()) {
    if (one.is_string()) out.emplace(one.as_string());
  }
  return out;
}

std::string RunMemory::remember(const std::filesystem::path& library, const FailedCases& failed) const {
  if (file_.empty()) return "there is no place for it: neither XDG_STATE_HOME nor HOME is set";
  std::error_code error;
  if (file_.has_parent_path()) std::filesystem::create_directories(file_.parent_path(), error);
  if (error) return file_.parent_path().string() + ": " + error.message();
  json::object all = read(file_);
  // stable: the order is that of the runs, and the oldest goes first.
  all.stable_erase(key_of(library));
  while (all.size() >= kMostLibraries) all.stable_erase(all.begin());
  all[key_of(library)] = json::array(failed.begin(), failed.end());
  // Renamed into place, so that nobody reads half of it.
  const std::string fresh = file_.string() + "." + std::to_string(getpid());
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << json::serialize(json::object{{"schema", 1}, {"failed", std::move(all)}}) << '\n';
    if (!out.flush()) return fresh + ": it could not be written";
  }
  std::filesystem::rename(fresh, file_, error);
  return error ? file_.string() + ": " + error.message() : "";
}

}  // namespace shunt::validate
