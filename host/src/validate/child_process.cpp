// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

namespace shunt::validate {

namespace {

using Clock = std::chrono::steady_clock;

// So that nobody can fill our memory through a pipe.
constexpr std::size_t kLogKept = std::size_t{4} << 20;
// Milliseconds from one call of ChildCommand::waiting to the next.
constexpr int kTick = 200;

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return number_; }
  void reset() {
    if (number_ >= 0) close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

// All descriptors stand above those that the child is given, so that moving one never hides another.
Descriptor above(int descriptor) {
  const Descriptor low(descriptor);
  return Descriptor(fcntl(low.get(), F_DUPFD_CLOEXEC, 10));
}

Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Pipe{Descriptor(), Descriptor()};
  return {above(ends[0]), above(ends[1])};
}

Descriptor file_with(const char* name, const void* data, std::size_t bytes) {
  Descriptor file = above(memfd_create(name, MFD_CLOEXEC));
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = write(file.get(), at, bytes);
    if (n <= 0) return Descriptor();
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

// Takes what there is without waiting; false at its end.
bool drain(int descriptor, std::string& into, std::size_t keep, bool keep_end) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = read(descriptor, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    into.append(buffer.data(), static_cast<std::size_t>(n));
    if (into.size() <= keep) continue;
    if (keep_end) {
      into.erase(0, into.size() - keep);
    } else {
      into.resize(keep);
    }
  }
}

int wait_milliseconds(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::max<long long>(0, left + 1));
}

// Reads until the process is gone or the time is up. Others may hold the pipes open longer: nobody waits for them.
bool follow(int process, const Pipe& log, const Pipe& output, Clock::time_point end, const ChildCommand& command,
            ChildOutcome& outcome) {
  std::array<pollfd, 3> all{{{process, POLLIN, 0}, {log.read.get(), POLLIN, 0}, {output.read.get(), POLLIN, 0}}};
  while (Clock::now() < end) {
    const int wait = command.waiting ? std::min(wait_milliseconds(end), kTick) : wait_milliseconds(end);
    const int ready = poll(all.data(), all.size(), wait);
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && command.waiting) command.waiting();
    if (all[1].revents != 0 && !drain(all[1].fd, outcome.log, kLogKept, false)) all[1].fd = -1;
    if (all[2].revents != 0 && !drain(all[2].fd, outcome.output, kOutputKept, true)) all[2].fd = -1;
    if (all[0].revents != 0) return true;
  }
  return false;
}

ChildOutcome failed_to_start(const char* what) {
  ChildOutcome outcome;
  outcome.started = false;
  outcome.output = std::string(what) + ": " + std::strerror(errno);
  return outcome;
}

}  // namespace

ChildOutcome run_child(const ChildCommand& command) {
  Pipe log = make_pipe();
  Pipe output = make_pipe();
  const Descriptor job = file_with("shunt-job", command.input.data(), command.input.size());
  const Descriptor nothing = above(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor preload = command.preload.empty()
                                 ? Descriptor()
                                 : file_with("shunt-preload", command.preload.data(), command.preload.size());
  if (log.write.get() < 0 || output.write.get() < 0 || job.get() < 0) return failed_to_start("a pipe");
  for (const Pipe* pipe : {&log, &output}) fcntl(pipe->read.get(), F_SETFL, O_NONBLOCK);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, nothing.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, job.get(), kJobDescriptor);
  posix_spawn_file_actions_adddup2(&actions, log.write.get(), kLogDescriptor);
  constexpr int kPreloadDescriptor = 5;
  if (preload.get() >= 0) posix_spawn_file_actions_adddup2(&actions, preload.get(), kPreloadDescriptor);

  std::vector<std::string> words = command.words;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  constexpr std::string_view kPreload = "LD_PRELOAD=";
  std::string preloaded(kPreload);
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (preload.get() >= 0 && std::string_view(*variable).starts_with(kPreload)) {
      // Stays in front: a sanitizer's runtime has to come first.
      preloaded.append(std::string_view(*variable).substr(kPreload.size())).append(":");
    } else {
      variables.push_back(*variable);
    }
  }
  preloaded.append("/proc/self/fd/").append(std::to_string(kPreloadDescriptor));
  if (preload.get() >= 0) variables.push_back(preloaded.data());
  variables.push_back(nullptr);

  const Clock::time_point begin = Clock::now();
  pid_t process = -1;
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int error = posix_spawn(&process, argv[0], &actions, &attributes, argv.data(), variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    errno = error;
    return failed_to_start(argv[0]);
  }
  // Ends that only the child should hold, so that the reading ends come to theirs.
  log.write.reset();
  output.write.reset();
  const Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));

  ChildOutcome outcome;
  outcome.timed_out = !follow(handle.get(), log, output, begin + command.time_limit, command, outcome);
  // With everything that it has started. It is not waited for yet, so the number cannot be somebody else's.
  kill(-process, SIGKILL);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  drain(log.read.get(), outcome.log, kLogKept, false);
  drain(output.read.get(), outcome.output, kOutputKept, true);
  outcome.exited = WIFEXITED(status);
  outcome.status = outcome.exited ? WEXITSTATUS(status) : WTERMSIG(status);
  outcome.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  return outcome;
}

}  // namespace shunt::validate
