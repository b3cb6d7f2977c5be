// SPDX-License-Identifier: Apache-2.0
#include "child_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

extern char** environ;

namespace shunt::host {

namespace {

class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (number != -1) ::close(number);
    number = -1;
  }
  int number = -1;
};

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto replaced = [&](const auto& one) { return text.starts_with(one.first + "="); };
    if (std::ranges::none_of(more, replaced)) out.push_back(text);
  }
  for (const auto& [name, value] : more) out.push_back(name + "=" + value);
  return out;
}

CommandOutcome not_started(const std::string& program, int error) {
  CommandOutcome out;
  out.output = "cannot run " + program + ": " + std::generic_category().message(error) + "\n";
  return out;
}

// False where the time was up before the end.
bool read_all(int from, std::chrono::steady_clock::time_point end, std::string& into) {
  std::array<char, 4096> part;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const int wait =
        end == std::chrono::steady_clock::time_point::max() ? -1 : static_cast<int>(std::max<long>(left.count(), 0));
    pollfd ready{from, POLLIN, 0};
    const int polled = ::poll(&ready, 1, wait);
    if (polled == 0) return false;
    if (polled < 0) continue;
    const ssize_t n = ::read(from, part.data(), part.size());
    if (n > 0) into.append(part.data(), static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) return true;
  }
}

}  // namespace

CommandOutcome run_command(const std::vector<std::string>& words, const CommandPlace& place) {
  const auto begin = std::chrono::steady_clock::now();
  Descriptor reading;
  Descriptor writing;
  {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return not_started(words[0], errno);
    reading.number = ends[0];
    writing.number = ends[1];
  }
  SpawnActions actions;
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(actions.get(), writing.number, STDOUT_FILENO);
  if (place.with_errors) {
    posix_spawn_file_actions_adddup2(actions.get(), writing.number, STDERR_FILENO);
  } else {
    posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  if (!place.folder.empty()) posix_spawn_file_actions_addchdir_np(actions.get(), place.folder.c_str());
  std::vector<std::string> arguments = words;
  std::vector<std::string> environment = environment_with(place.environment);
  pid_t child = 0;
  const int failure = ::posix_spawnp(&child, words[0].c_str(), actions.get(), nullptr, pointers_to(arguments).data(),
                                     pointers_to(environment).data());
  if (failure != 0) return not_started(words[0], failure);
  writing.close();
  CommandOutcome out;
  const auto end =
      place.time_limit.count() == 0 ? std::chrono::steady_clock::time_point::max() : begin + place.time_limit;
  if (!read_all(reading.number, end, out.output)) {
    ::kill(child, SIGKILL);
    out.output += "it did not end within " + std::to_string(place.time_limit.count()) + " s and was stopped\n";
  }
  int status = 0;
  while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  out.exited = WIFEXITED(status);
  out.status = out.exited ? WEXITSTATUS(status) : WTERMSIG(status);
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return out;
}

}  // namespace shunt::host
