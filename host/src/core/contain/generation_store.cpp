// SPDX-License-Identifier: Apache-2.0
#include "contain/generation_store.hpp"

#include <shunt/framework/document.hpp>
#include <shunt/framework/library.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <set>
#include <system_error>

#include "file_io.hpp"

namespace shunt::host {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

// The last ones, for a config with which no worker gets as far as to serve.
constexpr std::size_t kKept = 4;
// And the newest one of each of so many sets of libraries, for a library that crashes.
constexpr std::size_t kSets = 8;
constexpr std::size_t kDigits = 20;
constexpr std::string_view kStart = "start.json";

using Hashes = std::set<std::string>;

Hashes hashes_of(const KeptGeneration& kept) {
  Hashes hashes;
  for (const KeptLibrary& library : kept.libraries) hashes.insert(library.sha256);
  return hashes;
}

// In the order in which they were published: a rollback publishes an old number anew. Names sort as the places do.
std::string name_of(std::uint64_t place) {
  const std::string digits = std::to_string(place);
  return "generation-" + std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits + ".json";
}

std::vector<fs::path> files_in(const fs::path& folder, std::string_view beginning) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    const fs::path& path = entry->path();
    if (path.extension() == ".json" && path.filename().string().starts_with(beginning)) files.push_back(path);
  }
  std::ranges::sort(files, std::ranges::greater());
  return files;
}

KeptGeneration from_json(const json::object& object, const fs::path& folder) {
  KeptGeneration kept;
  kept.number = object.at("number").to_number<std::uint64_t>();
  kept.file = object.at("file").as_string();
  kept.text = object.at("text").as_string();
  kept.folder = std::string(object.at("folder").as_string());
  for (const json::value& entry : object.at("libraries").as_array()) {
    const std::string sha256(entry.at("sha256").as_string());
    kept.libraries.push_back({std::string(entry.at("path").as_string()), sha256, folder / (sha256 + ".so")});
  }
  const auto text = [](const json::value& entry, const char* key) { return std::string(entry.at(key).as_string()); };
  for (const json::value& entry : object.at("left_out").as_array()) {
    kept.left_out.push_back({text(entry, "name"), text(entry, "type"), text(entry, "library"), text(entry, "why")});
  }
  return kept;
}

}  // namespace

Result<void> GenerationStore::add(const Generation& generation, const fs::path& config_folder,
                                  std::span<const LeftOutPlugin> left_out) const {
  const auto& document = generation.config().document;
  json::array libraries;
  for (const auto& library : generation.libraries()) {
    if (library->sha256().empty()) continue;  // linked into the program
    if (const auto kept = keep_bytes(*library); !kept) return kept.error();
    libraries.push_back(json::object{{"path", library->path().string()}, {"sha256", library->sha256()}});
  }
  json::array missing;
  for (const LeftOutPlugin& plugin : left_out) {
    missing.push_back(
        json::object{{"name", plugin.name}, {"type", plugin.type}, {"library", plugin.library}, {"why", plugin.why}});
  }
  const json::object root{{"number", generation.number()},
                          {"file", document == nullptr ? "" : document->file()},
                          {"text", document == nullptr ? "" : document->text()},
                          {"folder", fs::absolute(config_folder.empty() ? "." : config_folder).string()},
                          {"libraries", std::move(libraries)},
                          {"left_out", std::move(missing)}};
  if (is_newest(root)) return {};
  if (const auto written = write_file(folder_ / name_of(newest_place() + 1), json::serialize(root)); !written) {
    return Error{ErrorKind::Operation, "E361", written.error().message};
  }
  tidy();
  return {};
}

Result<void> GenerationStore::keep_start(const NamedText& config) const {
  std::error_code unknown;
  if (fs::exists(folder_ / kStart, unknown)) return {};
  const json::object root{{"file", config.name},
                          {"text", config.text},
                          {"folder", fs::absolute(config.folder.empty() ? "." : config.folder).string()}};
  if (const auto written = write_file(folder_ / kStart, json::serialize(root)); !written) {
    return Error{ErrorKind::Operation, "E361", written.error().message};
  }
  return {};
}

std::optional<NamedText> GenerationStore::start() const {
  const auto text = read_file(folder_ / kStart);
  if (!text) return std::nullopt;
  try {
    const json::value root = json::parse(*text);
    const auto word = [&root](const char* key) { return std::string(root.at(key).as_string()); };
    return NamedText{word("file"), word("text"), word("folder")};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// A worker that takes over begins with what the one before had, under another number.
bool GenerationStore::is_newest(json::object generation) const {
  const auto files = files_in(folder_, "generation-");
  const auto text = files.empty() ? Result<std::string>(std::string()) : read_file(files.front());
  boost::system::error_code wrong;
  const json::value newest = text ? json::parse(*text, wrong) : json::value();
  if (wrong || !newest.is_object()) return false;
  json::object kept = newest.get_object();
  kept.erase("number");
  generation.erase("number");
  return kept == generation;
}

std::uint64_t GenerationStore::newest_place() const {
  const auto files = files_in(folder_, "generation-");
  if (files.empty()) return 0;
  const std::string name = files.front().stem().string();
  std::uint64_t place = 0;
  std::from_chars(name.data() + name.rfind('-') + 1, name.data() + name.size(), place);
  return place;
}

// The staged copy is never written to again, so another name for it will do.
Result<void> GenerationStore::keep_bytes(const Library& library) const {
  const fs::path to = folder_ / (library.sha256() + ".so");
  std::error_code failed;
  if (fs::exists(to, failed)) return {};
  fs::create_hard_link(library.staged_path(), to, failed);
  if (failed) fs::copy_file(library.staged_path(), to, fs::copy_options::overwrite_existing, failed);
  if (failed) {
    return Error{ErrorKind::Operation, "E361",
                 "the bytes of " + library.path().string() + " could not be kept: " + failed.message()};
  }
  return {};
}

std::vector<KeptGeneration> GenerationStore::read() const {
  std::vector<KeptGeneration> out;
  for (const fs::path& file : files_in(folder_, "generation-")) {
    if (auto kept = read_one(file)) out.push_back(std::move(*kept));
  }
  return out;
}

std::optional<KeptGeneration> GenerationStore::read_one(const fs::path& file) const {
  const auto text = read_file(file);
  if (!text) return std::nullopt;
  try {
    return from_json(json::parse(*text).as_object(), folder_);
  } catch (const std::exception&) {
    return std::nullopt;  // what a dying worker has left half-done is none
  }
}

// However often the config changes, an earlier version of a library stays.
void GenerationStore::tidy() const {
  std::error_code ignored;
  std::set<Hashes> sets;
  std::set<fs::path> needed;
  std::size_t newer = 0;
  for (const fs::path& file : files_in(folder_, "generation-")) {
    const auto kept = read_one(file);
    const bool of_another_set = kept && sets.size() < kSets && sets.insert(hashes_of(*kept)).second;
    if (!of_another_set && (!kept || newer >= kKept)) {
      fs::remove(file, ignored);
      continue;
    }
    ++newer;
    for (const KeptLibrary& library : kept->libraries) needed.insert(library.copy);
  }
  std::vector<fs::path> unneeded;
  for (fs::directory_iterator entry(folder_, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    if (entry->path().extension() == ".so" && !needed.contains(entry->path())) unneeded.push_back(entry->path());
  }
  for (const fs::path& file : unneeded) fs::remove(file, ignored);
}

}  // namespace shunt::host
