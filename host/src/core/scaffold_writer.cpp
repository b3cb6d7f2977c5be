// SPDX-License-Identifier: Apache-2.0
#include "scaffold_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "file_io.hpp"

namespace shunt::host {

namespace {

namespace fs = std::filesystem;

Error failed(const fs::path& path, const std::string& why) {
  return {ErrorKind::Operation, "E324", "cannot write " + path.string() + ": " + why};
}

// Deletes what it was told of unless it is released, the last first.
class Rollback {
 public:
  Rollback() = default;
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  ~Rollback() {
    std::error_code ignored;
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) fs::remove(*path, ignored);
  }
  void add(fs::path path) { made_.push_back(std::move(path)); }
  void release() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

// Makes a folder and those above it.
Result<void> make_folders(const fs::path& folder, Rollback& made) {
  std::error_code failure;
  if (folder.empty() || fs::is_directory(folder, failure)) return {};
  if (auto above = make_folders(folder.parent_path(), made); !above) return above.error();
  fs::create_directory(folder, failure);
  if (failure) return failed(folder, failure.message());
  made.add(folder);
  return {};
}

// Moves a file or a folder; another one that has come into being there meanwhile stays.
Result<void> move(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  const int cause = errno;
  // Some file systems know no flags.
  if (cause == EINVAL && !fs::exists(fs::symlink_status(to)) && std::rename(from.c_str(), to.c_str()) == 0) return {};
  return failed(to, std::error_code(cause, std::generic_category()).message());
}

Result<void> write_all(const fs::path& folder, const std::vector<ScaffoldFile>& files, Rollback& made) {
  for (const ScaffoldFile& file : files) {
    const fs::path path = folder / file.path;
    if (auto folders = make_folders(path.parent_path(), made); !folders) return folders.error();
    made.add(path);
    if (auto written = write_file(path, file.text); !written) {
      return Error{ErrorKind::Operation, "E324", written.error().message};
    }
  }
  return {};
}

Result<void> move_all(const fs::path& from, const fs::path& folder, const std::vector<ScaffoldFile>& files,
                      Rollback& made) {
  for (const ScaffoldFile& file : files) {
    const fs::path path = folder / file.path;
    if (auto folders = make_folders(path.parent_path(), made); !folders) return folders.error();
    if (auto moved = move(from / file.path, path); !moved) return moved.error();
    made.add(path);
  }
  return {};
}

}  // namespace

std::vector<std::string> files_in_the_way(const fs::path& folder, const std::vector<ScaffoldFile>& files) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const ScaffoldFile& file : files) {
    if (fs::exists(fs::symlink_status(folder / file.path, ignored))) found.push_back((folder / file.path).string());
  }
  return found;
}

Result<void> write_scaffold(const fs::path& given, const std::vector<ScaffoldFile>& files) {
  std::error_code failure;
  fs::path folder = fs::absolute(given, failure).lexically_normal();
  if (failure) return failed(given, failure.message());
  if (!folder.has_filename()) folder = folder.parent_path();  // "a/b/"
  const bool exists = fs::exists(folder, failure);
  if (exists && !fs::is_directory(folder, failure)) return failed(given, "it is no folder");

  Rollback made;
  if (auto above = make_folders(folder.parent_path(), made); !above) return above.error();
  // Beside the folder, because only within one file system moving is one step.
  const fs::path stage =
      folder.parent_path() / ("." + folder.filename().string() + ".new-" + std::to_string(::getpid()));
  {
    Rollback staged;
    if (auto ready = make_folders(stage, staged); !ready) return ready.error();
    if (auto written = write_all(stage, files, staged); !written) return written.error();
    if (!exists) {
      if (auto moved = move(stage, folder); !moved) return moved.error();
    } else if (auto moved = move_all(stage, folder, files, made); !moved) {
      return moved.error();
    }
  }  // removes what is left of the stage: nothing, or its empty folders
  made.release();
  return {};
}

}  // namespace shunt::host
