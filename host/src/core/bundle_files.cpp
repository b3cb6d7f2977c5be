// SPDX-License-Identifier: Apache-2.0
#include "bundle_files.hpp"

#include <shunt/abi/cycle.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <shunt/framework/bundle.hpp>
#include <shunt/framework/endpoint_table.hpp>
#include <system_error>
#include <utility>

#include "file_io.hpp"
#include "json_text.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostCharacters = 100;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string hex(std::uint64_t number) {
  std::array<char, 16> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, 16).ptr;
  return {buffer.data(), end};
}

}  // namespace

std::string bundle_file_name(std::string_view id) {
  std::string name(id.substr(0, kMostCharacters));
  for (char& c : name) {
    if (!is_plain(c)) c = '_';
  }
  if (name.empty() || name.front() == '.') name.insert(0, "_");
  if (name != id) name += "-" + hex(endpoint_key(id));
  return name + ".json";
}

Result<BundleWriter> BundleWriter::open(const std::filesystem::path& folder, std::filesystem::path config_folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    return Error{ErrorKind::Operation, "", "cannot make the folder " + folder.string() + ": " + failure.message()};
  }
  return BundleWriter(folder, std::move(config_folder));
}

Result<void> BundleWriter::write(const DecidedRequest& record, const ScheduleOptions& options,
                                 const DecisionOutputOptions& output) {
  json::object bundle = make_bundle(record.decision, record.request, record.snapshot, record.generation, options);
  // A bundle travels: relative folders would count from somewhere else.
  json::object& config = bundle.at("config").as_object();
  if (json::value* directories = config.if_contains("pluginDirs")) {
    for (json::value& directory : directories->as_array()) {
      const std::filesystem::path path = config_folder_ / std::string_view(directory.as_string());
      directory = std::filesystem::absolute(path).lexically_normal().string();
    }
  }
  bundle["output"] = json::object{{"explain", output.explain}, {"whyNot", output.why_not}};
  std::string name = bundle_file_name(record.request.id);
  for (int n = 2; !used_.insert(name).second; ++n) {
    name = bundle_file_name(record.request.id + "-" + std::to_string(n));
  }
  return write_file(folder_ / name, pretty_json(bundle));
}

}  // namespace shunt::host
