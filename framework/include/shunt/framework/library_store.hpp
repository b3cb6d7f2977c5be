// SPDX-License-Identifier: Apache-2.0
// library_store.hpp: where shared objects become libraries: trusted, copied, checked, mapped once per content.
//
//   shunt::LibraryStore store;
//   auto library = store.load("/opt/acme/fancy.so", "9f86d081884c7d65...");
//   if (!library) std::cerr << library.error().code << ": " << library.error().message << '\n';
//
// What is mapped is a private copy under a name of its own, never the file itself: overwriting a mapped file changes
// running code or kills the process, and opening a name a second time hands back the old library even if a new file
// stands there.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <shunt/framework/error.hpp>
#include <shunt/framework/library.hpp>
#include <string>
#include <vector>

namespace shunt {

struct LibraryStoreOptions {
  // Where the directory of copies is made. Empty: $XDG_RUNTIME_DIR, else the directory for temporary files, whichever
  // is usable first and not mounted noexec.
  std::filesystem::path staging_parent;
  // Files directly in these are trusted as the running program is: its own plugin folder.
  std::vector<std::filesystem::path> trusted_directories;
  // Mappings cannot be given back, and the kernel limits how many a process has.
  std::size_t maximum_libraries = 1000;
  // Off: owner and permissions of files and directories do not matter. The file must still be a regular one.
  bool check_trust = true;
  // Asked with the SHA-256 of what is about to be loaded; a text refuses it and says why. Empty: nothing is refused.
  std::function<std::optional<std::string>(const std::string&)> refuse = {};
  // Asked with path and SHA-256 of what has passed every check and is about to be mapped, which runs its code; an error
  // keeps it from that. Not asked about bytes that this store has mapped before. Empty: everything may be mapped.
  std::function<std::optional<Error>(const std::filesystem::path&, const std::string&)> before_mapping = {};
};

// Safe to use from several threads; loads are serialised. On destruction the copies are removed, the mappings stay.
class LibraryStore {
 public:
  explicit LibraryStore(LibraryStoreOptions options = {});
  ~LibraryStore();
  LibraryStore(const LibraryStore&) = delete;
  LibraryStore& operator=(const LibraryStore&) = delete;

  // Loads a file, or finds that its content is loaded already. A relative path counts from the working directory.
  // Nothing of the library runs before trust, pin, audit, manifest and ABI have passed; then its constructors, its
  // entry function and describe() do. Equal path and content give the same object; equal content the same mapping.
  Result<std::shared_ptr<const Library>> load(const std::filesystem::path& path,
                                              const std::optional<std::string>& sha256_pin = std::nullopt);

  // The same for bytes that were kept: reads them from `copy`, a file of the caller's own, under the name that they had.
  Result<std::shared_ptr<const Library>> load_copy(const std::filesystem::path& copy, const std::filesystem::path& path,
                                                   const std::string& sha256);

  // Distinct contents mapped through this store, libraries included that were found unusable once mapped.
  std::size_t distinct() const;

  // At most so many; then loads of new contents are refused.
  std::size_t maximum() const;

  // From now on so many beyond that: for a process that is about to be replaced by one that has mapped little.
  void allow_beyond(std::size_t libraries);

  // Made with the first load; empty before.
  std::filesystem::path staging_directory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shunt
