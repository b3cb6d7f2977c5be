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
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "child_side.hpp"
#include "descriptor_io.hpp"
#include "interruption.hpp"
#include "own_time.hpp"

namespace shunt::process {

namespace {

using Clock = std::chrono::steady_clock;

// So that nobody can fill our memory through a pipe.
constexpr std::size_t kLogKept = std::size_t{4} << 20;
// Milliseconds from one call of ChildCommand::waiting to the next.
constexpr int kTick = 200;
// Milliseconds from one look at the process to the next, where the kernel does not tell when it ends.
constexpr int kLook = 10;
// Milliseconds after which it is looked at for no reason at all, so that no number grows too large.
constexpr int kLong = 60'000;
// The same, to see whether it works, sleeps or is not let.
constexpr int kOwnLook = 20;
// Where the child finds the library that is to be loaded first.
constexpr int kPreloadDescriptor = 5;

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
  bool is_open() const { return number_ >= 0; }
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

// Its reading end does not block.
Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Pipe{Descriptor(), Descriptor()};
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {above(ends[0]), above(ends[1])};
}

Descriptor file_with(const char* name, const void* data, std::size_t bytes) {
  Descriptor file = above(memfd_create(name, MFD_CLOEXEC));
  if (!write_whole(file.get(), {static_cast<const char*>(data), bytes})) return Descriptor();
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

// What the parent has to do with the child's descriptors.
struct Channels {
  Pipe log;
  Pipe output = make_pipe();
  Descriptor nothing = above(open("/dev/null", O_RDWR | O_CLOEXEC));
  Descriptor job;
  Descriptor preload;

  explicit Channels(const ChildCommand& command) {
    if (command.job) {
      log = make_pipe();
      job = file_with("shunt-job", command.job->data(), command.job->size());
    }
    if (!command.preload.empty()) {
      preload = file_with("shunt-preload", command.preload.data(), command.preload.size());
    }
  }
  bool are_open(const ChildCommand& command) const {
    return output.write.is_open() && nothing.is_open() && (!command.job || (log.write.is_open() && job.is_open()));
  }
};

class SpawnSettings {
 public:
  SpawnSettings(const ChildCommand& command, const Channels& channels) {
    posix_spawn_file_actions_init(&actions_);
    give(channels.nothing, STDIN_FILENO);
    give(channels.output.write, STDOUT_FILENO);
    give(command.with_errors ? channels.output.write : channels.nothing, STDERR_FILENO);
    give(channels.job, kJobDescriptor);
    give(channels.log.write, kLogDescriptor);
    give(channels.preload, kPreloadDescriptor);
    if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions_, command.folder.c_str());
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes_, 0);
    // This program ignores it, and a child would inherit that.
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void give(const Descriptor& own, int number) {
    if (own.is_open()) posix_spawn_file_actions_adddup2(&actions_, own.get(), number);
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_of(const ChildCommand& command, bool has_preload) {
  constexpr std::string_view kPreload = "LD_PRELOAD=";
  std::string preloaded(kPreload);
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto replaces = [&](const auto& one) { return text.starts_with(one.first + "="); };
    if (has_preload && text.starts_with(kPreload)) {
      // Stays in front: a sanitizer's runtime has to come first.
      preloaded.append(text.substr(kPreload.size())).append(":");
    } else if (std::ranges::none_of(command.environment, replaces)) {
      out.emplace_back(text);
    }
  }
  for (const auto& [name, value] : command.environment) out.push_back(name + "=" + value);
  if (has_preload) out.push_back(preloaded + "/proc/self/fd/" + std::to_string(kPreloadDescriptor));
  return out;
}

// Takes what there is without waiting, and no more than fits into some pipes: whoever writes without end must not keep us here.
// False at its end.
bool drain(int descriptor, std::string& into, std::size_t keep, bool keep_end) {
  std::array<char, 65536> buffer;
  for (int rounds = 0; rounds < 32; ++rounds) {
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
  return true;
}

// A process that was started and has to be waited for.
class Child {
 public:
  explicit Child(pid_t process) : process_(process), handle_(static_cast<int>(syscall(SYS_pidfd_open, process, 0))) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  // Readable when it has ended; -1 where the kernel or a sandbox has no such thing.
  int handle() const { return handle_.get(); }
  bool has_ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
  }
  // With everything that it has started and that is still in its group, and itself where it has left that. Its wait status.
  int end() {
    if (process_ == -1) return status_;
    // It is not waited for yet, so the number cannot be somebody else's.
    kill(-process_, SIGKILL);
    kill(process_, SIGKILL);
    while (waitpid(process_, &status_, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return status_;
  }

 private:
  pid_t process_;
  Descriptor handle_;
  int status_ = 0;
};

// How much longer a process may take.
class TimeLeft {
 public:
  TimeLeft(const ChildCommand& command, pid_t process, Clock::time_point begin)
      : limit_(command.time_limit), begin_(begin) {
    if (limit_.count() > 0 && command.limits_own_time) own_.emplace(process);
  }
  // Milliseconds until the next look at it, at most `longest`; 0: its time is up.
  int until_look(int longest) {
    if (limit_.count() == 0) return longest;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(limit_ - (own_ ? own_->look() : Clock::now() - begin_));
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, own_ ? std::min(longest, kOwnLook) : longest));
  }

 private:
  std::chrono::milliseconds limit_;
  Clock::time_point begin_;
  std::optional<OwnTime> own_;
};

// Reads until the process is gone or the time is up: false then. Others may hold the pipes open longer: nobody waits for them.
bool follow(const Child& child, const Channels& channels, TimeLeft time, const ChildCommand& command,
            ChildOutcome& outcome) {
  std::array<pollfd, 4> all{{{child.handle(), POLLIN, 0},
                             {Interruption::descriptor(), POLLIN, 0},
                             {channels.log.read.get(), POLLIN, 0},
                             {channels.output.read.get(), POLLIN, 0}}};
  const int longest = child.handle() < 0 ? kLook : command.waiting ? kTick : kLong;
  Clock::time_point next_tick = Clock::now() + std::chrono::milliseconds(kTick);
  for (int look = time.until_look(longest); look > 0; look = time.until_look(longest)) {
    if (poll(all.data(), all.size(), look) < 0 && errno != EINTR) return false;
    Interruption::check();
    if (command.waiting && Clock::now() >= next_tick) {
      command.waiting();
      next_tick = Clock::now() + std::chrono::milliseconds(kTick);
    }
    if (all[2].revents != 0 && !drain(all[2].fd, outcome.log, kLogKept, false)) all[2].fd = -1;
    if (all[3].revents != 0 && !drain(all[3].fd, outcome.output, command.output_kept, true)) all[3].fd = -1;
    if (all[0].revents != 0 || (child.handle() < 0 && child.has_ended())) return true;
  }
  return false;
}

ChildOutcome failed_to_start(const std::string& what, int error) {
  ChildOutcome outcome;
  outcome.started = false;
  outcome.output = what + ": " + std::strerror(error);
  return outcome;
}

}  // namespace

ChildOutcome run_child(const ChildCommand& command) {
  Interruption::check();
  Channels channels(command);
  if (!channels.are_open(command)) return failed_to_start("a pipe", errno);
  std::vector<std::string> words = command.words;
  std::vector<std::string> environment = environment_of(command, channels.preload.is_open());
  const Clock::time_point begin = Clock::now();
  pid_t process = -1;
  {
    const SpawnSettings settings(command, channels);
    const int error = posix_spawnp(&process, words[0].c_str(), settings.actions(), settings.attributes(),
                                   pointers_to(words).data(), pointers_to(environment).data());
    if (error != 0) return failed_to_start(words[0], error);
  }
  Child child(process);
  // Ends that only the child should hold, so that the reading ends come to theirs.
  channels.log.write.reset();
  channels.output.write.reset();

  ChildOutcome outcome;
  outcome.timed_out = !follow(child, channels, TimeLeft(command, process, begin), command, outcome);
  const int status = child.end();
  if (command.job) drain(channels.log.read.get(), outcome.log, kLogKept, false);
  drain(channels.output.read.get(), outcome.output, command.output_kept, true);
  outcome.exited = WIFEXITED(status);
  outcome.status = outcome.exited ? WEXITSTATUS(status) : WTERMSIG(status);
  outcome.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  return outcome;
}

}  // namespace shunt::process
