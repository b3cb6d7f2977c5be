// SPDX-License-Identifier: Apache-2.0
#include "contain/worker_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

namespace shunt::host {

namespace {

constexpr int kFirstSocket = 3;

// As the kernel has kept them, each with its zero byte.
std::vector<std::string> own_words() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::string> words;
  for (std::size_t at = 0; at < all.size();) {
    words.emplace_back(all.c_str() + at);
    at += words.back().size() + 1;
  }
  return words;
}

// The new process's side: nothing returns from here.
[[noreturn]] void become_worker(const WorkerStart& start, const std::vector<int>& high, int page, std::string& job,
                                std::vector<char*>& words) {
  setpgid(0, 0);
  // They wait until the worker takes them: one that is starting must not be ended by being told to read its config.
  sigset_t later;
  sigemptyset(&later);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR2}) sigaddset(&later, signal);
  sigprocmask(SIG_SETMASK, &later, nullptr);
  if (start.standard_input >= 0) {
    lseek(start.standard_input, 0, SEEK_SET);
    dup2(start.standard_input, STDIN_FILENO);
  }
  int next = kFirstSocket;
  std::string names;
  for (const auto& [name, descriptor] : start.sockets) names.append(names.empty() ? "" : ":").append(name);
  for (const int descriptor : high) dup2(descriptor, next++);
  dup2(page, next);
  setenv("LISTEN_FDS", std::to_string(high.size()).c_str(), 1);
  setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  setenv("LISTEN_FDNAMES", names.c_str(), 1);
  setenv("NOTIFY_SOCKET", start.notify_socket.c_str(), 1);
  unsetenv("WATCHDOG_PID");
  setenv(kWorkerVariable, job.c_str(), 1);
  execv("/proc/self/exe", words.data());
  static constexpr char kFailed[] = "shunt: a worker could not be started\n";
  const ssize_t ignored = write(STDERR_FILENO, kFailed, sizeof kFailed - 1);
  (void)ignored;
  _exit(EXIT_FAILURE);
}

}  // namespace

Result<pid_t> start_worker(const WorkerStart& start) {
  std::vector<std::string> words = own_words();
  if (words.empty()) return Error{ErrorKind::Operation, "E361", "/proc/self/cmdline cannot be read"};
  words[0] = "shunt-worker";
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // Above the numbers that they shall have, so that moving one never hides another.
  const int above = kFirstSocket + static_cast<int>(start.sockets.size()) + 1;
  std::vector<int> high;
  for (const auto& [name, descriptor] : start.sockets) high.push_back(fcntl(descriptor, F_DUPFD_CLOEXEC, above));
  const int page = fcntl(start.job.page, F_DUPFD_CLOEXEC, above);
  WorkerJob job = start.job;
  job.page = kFirstSocket + static_cast<int>(high.size());
  std::string text = job.to_text();
  const pid_t process = fork();
  const int error = errno;
  if (process == 0) become_worker(start, high, page, text, pointers);
  for (const int descriptor : high) close(descriptor);
  close(page);
  if (process < 0) {
    return Error{ErrorKind::Operation, "E361", std::string("a worker could not be started: ") + std::strerror(error)};
  }
  return process;
}

}  // namespace shunt::host
