// SPDX-License-Identifier: Apache-2.0
#include "contain/quarantine.hpp"

#include <boost/json.hpp>

#include <algorithm>

#include "contain/state_folder.hpp"
#include "file_io.hpp"
#include "json_text.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::size_t kHashDigits = 64;

Error damaged(const std::filesystem::path& file, const std::string& why) {
  return {ErrorKind::Operation, "E362",
          file.string() + " is no quarantine file: " + why + "; correct it, or remove it to lift every quarantine"};
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object to_json(const QuarantinedLibrary& library) {
  return {{"sha256", library.sha256}, {"library", library.library},   {"plugin", library.plugin},
          {"type", library.type},     {"function", library.function}, {"reason", library.reason},
          {"time", library.time},     {"report", library.report}};
}

}  // namespace

std::string QuarantinedLibrary::sentence() const {
  std::string out = "is quarantined: ";
  if (!plugin.empty()) out += "plugin \"" + plugin + "\" ";
  out += reason + " in " + function + " at " + time + "; load a corrected build, or run: shunt quarantine lift " +
         sha256.substr(0, 12);
  return out;
}

json::array to_json(const std::vector<QuarantinedLibrary>& libraries) {
  json::array list;
  for (const QuarantinedLibrary& library : libraries) list.push_back(to_json(library));
  return list;
}

std::optional<std::vector<QuarantinedLibrary>> quarantined_from_json(const json::value& value) {
  if (!value.is_array()) return std::nullopt;
  std::vector<QuarantinedLibrary> out;
  for (const json::value& entry : value.get_array()) {
    const json::object* object = entry.if_object();
    if (object == nullptr || text_of(*object, "sha256").size() != kHashDigits) return std::nullopt;
    out.push_back({text_of(*object, "sha256"), text_of(*object, "library"), text_of(*object, "plugin"),
                   text_of(*object, "type"), text_of(*object, "function"), text_of(*object, "reason"),
                   text_of(*object, "time"), text_of(*object, "report")});
  }
  return out;
}

Quarantine::Quarantine(const std::filesystem::path& folder, std::vector<QuarantinedLibrary> also)
    : file_(folder.empty() ? std::filesystem::path() : folder / "quarantine.json"), also_(std::move(also)) {}

Result<std::vector<QuarantinedLibrary>> Quarantine::read() const {
  auto libraries = read_file_only();
  if (!libraries) return libraries;
  for (const QuarantinedLibrary& library : also_) {
    if (std::ranges::find(*libraries, library.sha256, &QuarantinedLibrary::sha256) == libraries->end()) {
      libraries->push_back(library);
    }
  }
  std::erase_if(*libraries, [this](const QuarantinedLibrary& library) {
    return std::ranges::find(spared_, library.sha256) != spared_.end();
  });
  return libraries;
}

std::vector<QuarantinedLibrary> Quarantine::read_or_known() const {
  auto libraries = read();
  return libraries ? *std::move(libraries) : also_;
}

Result<std::vector<QuarantinedLibrary>> Quarantine::read_file_only() const {
  std::error_code unknown;
  if (file_.empty() || !std::filesystem::exists(file_, unknown)) return std::vector<QuarantinedLibrary>();
  const auto text = read_file(file_);
  if (!text) return Error{ErrorKind::Operation, "E362", file_.string() + ": " + text.error().message};
  boost::system::error_code wrong;
  const json::value value = json::parse(*text, wrong);
  if (wrong) return damaged(file_, wrong.message());
  const json::object* root = value.if_object();
  const json::value* list = root == nullptr ? nullptr : root->if_contains("libraries");
  if (list == nullptr || !list->is_array()) return damaged(file_, "it has no list \"libraries\"");
  auto libraries = quarantined_from_json(*list);
  if (!libraries) return damaged(file_, "each entry needs a \"sha256\" of 64 digits");
  return *std::move(libraries);
}

Result<bool> Quarantine::add(const QuarantinedLibrary& library) const {
  if (file_.empty()) return Error{ErrorKind::Operation, "E362", "there is no state folder to keep a quarantine in"};
  std::error_code failed;
  make_state_folder(file_.parent_path(), failed);
  const StateFolderLock lock(file_.parent_path());
  auto libraries = read_file_only();
  // One that cannot be read must not let a library pass that has just crashed.
  std::vector<QuarantinedLibrary> all = libraries ? std::move(*libraries) : std::vector<QuarantinedLibrary>();
  std::erase_if(all, [&](const QuarantinedLibrary& other) { return other.sha256 == library.sha256; });
  all.push_back(library);
  if (const auto written = write(all); !written) return written.error();
  return !lock.taken();
}

Result<std::vector<QuarantinedLibrary>> Quarantine::lift(std::string_view digits) const {
  const StateFolderLock lock(file_.parent_path());
  if (lock.taken()) {
    return Error{ErrorKind::Operation, "E362",
                 file_.parent_path().string() + " is locked by another process; nothing was changed"};
  }
  auto libraries = read_file_only();
  if (!libraries) return libraries.error();
  std::vector<QuarantinedLibrary> lifted;
  std::vector<QuarantinedLibrary> left;
  for (QuarantinedLibrary& library : *libraries) {
    (library.sha256.starts_with(digits) ? lifted : left).push_back(std::move(library));
  }
  if (lifted.empty()) return lifted;
  if (const auto written = write(left); !written) return written.error();
  return lifted;
}

Result<void> Quarantine::write(const std::vector<QuarantinedLibrary>& libraries) const {
  const json::object root{{"schema", 1}, {"libraries", to_json(libraries)}};
  if (const auto written = write_file(file_, json::serialize(root) + "\n"); !written) {
    return Error{ErrorKind::Operation, "E362", written.error().message};
  }
  return {};
}

}  // namespace shunt::host
