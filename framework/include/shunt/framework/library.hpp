// SPDX-License-Identifier: Apache-2.0
// library.hpp: one loaded library: its file, its facts, its tables.
//
//   auto library = store.load("/opt/acme/fancy.so");        // see library_store.hpp
//   for (const auto& plugin : (*library)->plugins()) std::cout << plugin.type << ' ' << plugin.summary << '\n';
//
//   auto linked_in = shunt::Library::from_entry(&shunt_library_entry_v1, "built-in");  // no file at all
#pragma once

#include <shunt/abi/library.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <shunt/framework/error.hpp>
#include <shunt/framework/manifest.hpp>
#include <shunt/framework/plugin_description.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt {

class LibraryMapping;

// Keeps a library started: init() was called, and deinit() is called when the last use of the mapping is gone. [control]
class LibraryUse {
 public:
  LibraryUse() = default;
  LibraryUse(LibraryUse&& other) noexcept = default;
  LibraryUse& operator=(LibraryUse&& other) noexcept {
    std::swap(mapping_, other.mapping_);
    return *this;
  }
  ~LibraryUse();

 private:
  friend class Library;
  explicit LibraryUse(std::shared_ptr<LibraryMapping> mapping) : mapping_(std::move(mapping)) {}
  std::shared_ptr<LibraryMapping> mapping_;
};

// What init() is given, and how to learn what it gave to set_error() there.
struct LibraryStart {
  shunt_ctx* ctx = nullptr;
  std::function<std::string()> error_text;
};

// Immutable, safe to use from several threads, and never unmapped: its pointers stay valid for the rest of the process,
// also after the last Library object is gone. Several objects share one mapping where files of different paths have
// equal bytes; each keeps the path that it was loaded by.
class Library {
 public:
  // A library that is linked into the program. Its manifest is made from its table. `name` stands where messages name a
  // file. To be called once per entry and process: each answer calls init() for itself.
  static Result<std::shared_ptr<const Library>> from_entry(shunt_library_entry entry, std::string name);

  // For the store: a mapping under the name it was asked for.
  Library(std::filesystem::path path, std::shared_ptr<LibraryMapping> mapping);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // As configured, made absolute. For a library without a file: its name.
  const std::filesystem::path& path() const { return path_; }

  // "fancy.so".
  const std::string& file_name() const { return file_name_; }

  // The private copy that is mapped; empty for a library without a file.
  const std::filesystem::path& staged_path() const;

  // Of the bytes that are mapped, lower-case hex; empty for a library without a file.
  const std::string& sha256() const;

  // Its index in the page of call marks.
  std::uint32_t mark() const;

  // As its note states them, compared with the table. `plugins[i].library` is file_name().
  const Manifest& manifest() const { return manifest_; }
  const std::vector<PluginDescription>& plugins() const { return manifest_.plugins; }

  const shunt_library& table() const;

  // Tables in the order of plugins(); null beyond the last, or for a type that it does not offer.
  const shunt_plugin* plugin(std::size_t index) const;
  const shunt_plugin* plugin(std::string_view type) const;

  // True when both are the same code in memory.
  bool same_mapping(const Library& other) const { return mapping_ == other.mapping_; }

  // Calls the library's init() unless it was called before, through this object or another of the same mapping. Must
  // have succeeded before the first create(). A failure is final: it is remembered and answered again. [control]
  Result<void> initialize(const shunt_host* host, const LibraryStart& start = {}) const;

  // Likewise, until the last use is gone: then deinit() is called, and the next use calls init() again.
  Result<LibraryUse> use(const shunt_host* host, const LibraryStart& start = {}) const;

  // True while it is started.
  bool initialized() const;

 private:
  std::filesystem::path path_;
  std::string file_name_;
  Manifest manifest_;
  std::shared_ptr<LibraryMapping> mapping_;
};

}  // namespace shunt
