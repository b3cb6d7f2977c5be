// SPDX-License-Identifier: Apache-2.0
#include "child_command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
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

void read_all(int from, std::string& into) {
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t n = ::read(from, part.data(), part.size());
    if (n > 0) into.append(part.data(), static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) return;
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
  read_all(reading.number, out.output);
  int status = 0;
  while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  out.exited = WIFEXITED(status);
  out.status = out.exited ? WEXITSTATUS(status) : WTERMSIG(status);
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return out;
}

}  // namespace shunt::host
