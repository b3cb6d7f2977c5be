// SPDX-License-Identifier: Apache-2.0
// library_mapping.hpp: code in memory, shared by all Library objects that name it.
#pragma once

#include <shunt/abi/library.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <shunt/framework/error.hpp>
#include <shunt/framework/library.hpp>
#include <shunt/framework/manifest.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

class LibraryMapping {
 public:
  struct Parts {
    std::string sha256;
    std::filesystem::path staged_path;
    Manifest manifest;
    const shunt_library* table = nullptr;
    std::vector<const shunt_plugin*> plugins;  // in the order of the manifest
    std::uint32_t mark = 0;                    // see mark_library()
  };

  explicit LibraryMapping(Parts parts) : parts_(std::move(parts)) {}

  const Parts& parts() const { return parts_; }
  bool initialized() const { return initialized_.load(std::memory_order_acquire); }

  // See Library::initialize(); `path` is for the message.
  Result<void> initialize(const shunt_host* host, const LibraryStart& start, std::string_view path);

  // See LibraryUse.
  Result<void> acquire(const shunt_host* host, const LibraryStart& start, std::string_view path);
  void release() noexcept;

 private:
  Result<void> initialize_locked(const shunt_host* host, const LibraryStart& start, std::string_view path);

  Parts parts_;
  std::mutex mutex_;
  std::size_t users_ = 0;
  bool called_ = false;  // init(), and no deinit() since
  std::string failure_;  // text behind the path; empty after success
  std::atomic<bool> initialized_{false};
};

}  // namespace shunt
