// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <shunt/framework/call_marks.hpp>
#include <shunt/framework/library.hpp>

#include "plugin/library_mapping.hpp"
#include "plugin/library_table.hpp"
#include "plugin/plugin_error.hpp"

namespace shunt {

using detail::plugin_error;

Result<void> LibraryMapping::initialize(const shunt_host* host, const LibraryStart& start, std::string_view path) {
  const std::scoped_lock lock(mutex_);
  return initialize_locked(host, start, path);
}

Result<void> LibraryMapping::acquire(const shunt_host* host, const LibraryStart& start, std::string_view path) {
  const std::scoped_lock lock(mutex_);
  if (Result<void> ready = initialize_locked(host, start, path); !ready) return ready;
  ++users_;
  return {};
}

// A library that failed to start stays failed; one that was ended starts anew for the next user.
void LibraryMapping::release() noexcept {
  const std::scoped_lock lock(mutex_);
  if (--users_ > 0) return;
  called_ = false;
  initialized_.store(false, std::memory_order_release);
  try {
    const CallMark mark(parts_.mark, PluginFunction::Deinit);
    if (parts_.table->deinit != nullptr) parts_.table->deinit();
  } catch (...) {
    // Nothing may be thrown here, and there is nobody left whom it would concern.
  }
}

LibraryUse::~LibraryUse() {
  if (mapping_ != nullptr) mapping_->release();
}

Result<void> LibraryMapping::initialize_locked(const shunt_host* host, const LibraryStart& start,
                                               std::string_view path) {
  if (!called_) {
    called_ = true;
    try {
      const CallMark mark(parts_.mark, PluginFunction::Init);
      const std::int32_t status = parts_.table->init == nullptr ? SHUNT_OK : parts_.table->init(host, start.ctx);
      if (status != SHUNT_OK) {
        const std::string text = start.error_text ? start.error_text() : std::string();
        failure_ = "refused to start: its init() returned status " + std::to_string(status) +
                   (text.empty() ? "; see its log lines, then start a fresh process"
                                 : " (" + text + "); then start a fresh process");
      }
    } catch (...) {
      // Nothing may be thrown here, but a library that does it all the same should at least be named.
      failure_ = "threw an exception out of init(): catch it in the library, then start a fresh process";
    }
    initialized_.store(failure_.empty(), std::memory_order_release);
  }
  if (!failure_.empty()) return plugin_error("P166", path, failure_);
  return {};
}

Result<std::shared_ptr<const Library>> Library::from_entry(shunt_library_entry entry, std::string name) {
  if (entry == nullptr) return plugin_error("P163", name, "has no entry function: pass the one that it defines");
  Result<detail::LibraryTable> table = detail::read_table(entry, name);
  if (!table) return table.error();
  LibraryMapping::Parts parts;
  parts.manifest = std::move(table->facts);
  parts.table = table->library;
  parts.plugins = std::move(table->plugins);
  parts.mark = mark_library(name, "");
  return std::shared_ptr<const Library>(
      std::make_shared<Library>(std::move(name), std::make_shared<LibraryMapping>(std::move(parts))));
}

Library::Library(std::filesystem::path path, std::shared_ptr<LibraryMapping> mapping)
    : path_(std::move(path)),
      file_name_(path_.filename().string()),
      manifest_(mapping->parts().manifest),
      mapping_(std::move(mapping)) {
  for (PluginDescription& plugin : manifest_.plugins) plugin.library = file_name_;
}

Library::~Library() = default;

const std::filesystem::path& Library::staged_path() const { return mapping_->parts().staged_path; }

const std::string& Library::sha256() const { return mapping_->parts().sha256; }

std::uint32_t Library::mark() const { return mapping_->parts().mark; }

const shunt_library& Library::table() const { return *mapping_->parts().table; }

const shunt_plugin* Library::plugin(std::size_t index) const {
  const std::vector<const shunt_plugin*>& plugins = mapping_->parts().plugins;
  return index < plugins.size() ? plugins[index] : nullptr;
}

const shunt_plugin* Library::plugin(std::string_view type) const {
  for (std::size_t index = 0; index < manifest_.plugins.size(); ++index) {
    if (manifest_.plugins[index].type == type) return plugin(index);
  }
  return nullptr;
}

Result<void> Library::initialize(const shunt_host* host, const LibraryStart& start) const {
  return mapping_->initialize(host, start, path_.string());
}

Result<LibraryUse> Library::use(const shunt_host* host, const LibraryStart& start) const {
  if (Result<void> ready = mapping_->acquire(host, start, path_.string()); !ready) return ready.error();
  return LibraryUse(mapping_);
}

bool Library::initialized() const { return mapping_->initialized(); }

}  // namespace shunt
