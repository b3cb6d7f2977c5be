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

Quarantine::Quarantine(const std::filesystem::path& folder)
    : file_(folder.empty() ? std::filesystem::path() : folder / "quarantine.json") {}

Result<std::vector<QuarantinedLibrary>> Quarantine::read() const {
  std::vector<QuarantinedLibrary> out;
  std::error_code unknown;
  if (file_.empty() || !std::filesystem::exists(file_, unknown)) return out;
  const auto text = read_file(file_);
  if (!text) return text.error();
  boost::system::error_code wrong;
  const json::value value = json::parse(*text, wrong);
  if (wrong) return damaged(file_, wrong.message());
  const json::object* root = value.if_object();
  const json::value* list = root == nullptr ? nullptr : root->if_contains("libraries");
  if (list == nullptr || !list->is_array()) return damaged(file_, "it has no list \"libraries\"");
  for (const json::value& entry : list->get_array()) {
    const json::object* object = entry.if_object();
    if (object == nullptr || text_of(*object, "sha256").size() != 64) {
      return damaged(file_, "each entry needs a \"sha256\" of 64 digits");
    }
    out.push_back({text_of(*object, "sha256"), text_of(*object, "library"), text_of(*object, "plugin"),
                   text_of(*object, "type"), text_of(*object, "function"), text_of(*object, "reason"),
                   text_of(*object, "time"), text_of(*object, "report")});
  }
  return out;
}

Result<void> Quarantine::add(const QuarantinedLibrary& library) const {
  if (file_.empty()) return Error{ErrorKind::Operation, "E362", "there is no state folder to keep a quarantine in"};
  std::error_code failed;
  make_state_folder(file_.parent_path(), failed);
  const StateFolderLock lock(file_.parent_path());
  auto libraries = read();
  // One that cannot be read must not let a library pass that has just crashed.
  std::vector<QuarantinedLibrary> all = libraries ? std::move(*libraries) : std::vector<QuarantinedLibrary>();
  std::erase_if(all, [&](const QuarantinedLibrary& other) { return other.sha256 == library.sha256; });
  all.push_back(library);
  return write(all);
}

Result<std::vector<QuarantinedLibrary>> Quarantine::lift(std::string_view digits) const {
  const StateFolderLock lock(file_.parent_path());
  auto libraries = read();
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
  json::array list;
  for (const QuarantinedLibrary& library : libraries) list.push_back(to_json(library));
  const json::object root{{"schema", 1}, {"libraries", std::move(list)}};
  return write_file(file_, json::serialize(root) + "\n");
}

}  // namespace shunt::host
