// SPDX-License-Identifier: Apache-2.0
#include "contain/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>

namespace shunt::host {

namespace {

// The supervisor does nothing else meanwhile, and may have a worker to start.
constexpr std::chrono::milliseconds kPatience{1'000};
constexpr std::chrono::milliseconds kBetweenTries{5};

// What does not begin with a slash is no folder that such a variable may name.
std::string_view folder_in_environment(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr && *text == '/' ? std::string_view(text) : std::string_view();
}

}  // namespace

std::filesystem::path state_folder(const std::string& written) {
  if (!written.empty()) return std::filesystem::absolute(written);
  if (const auto folders = folder_in_environment("STATE_DIRECTORY"); !folders.empty()) {
    return folders.substr(0, folders.find(':'));
  }
  if (const auto home = folder_in_environment("XDG_STATE_HOME"); !home.empty()) {
    return std::filesystem::path(home) / "shunt";
  }
  if (const auto home = folder_in_environment("HOME"); !home.empty()) {
    return std::filesystem::path(home) / ".local/state/shunt";
  }
  return {};
}

void make_state_folder(const std::filesystem::path& folder, std::error_code& failed) {
  if (!folder.has_parent_path() || std::filesystem::exists(folder, failed)) return;
  std::filesystem::create_directories(folder.parent_path(), failed);
  if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) failed.assign(errno, std::generic_category());
}

// The lock goes with the descriptor, however the process ends.
StateFolderLock::StateFolderLock(const std::filesystem::path& folder)
    : descriptor_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) return;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
    taken_ = std::chrono::steady_clock::now() >= until;
    if (taken_) return;
    std::this_thread::sleep_for(kBetweenTries);
  }
}

StateFolderLock::~StateFolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace shunt::host
