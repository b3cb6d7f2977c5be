// SPDX-License-Identifier: Apache-2.0
#include "interruption.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace shunt::process {

namespace {

constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};

// Of the one that lives: handlers of signals have no other way to it.
volatile std::sig_atomic_t g_came = 0;
volatile std::sig_atomic_t g_event = -1;

extern "C" void remember_signal(int signal) {
  const int error = errno;
  g_came = signal;
  const std::uint64_t once = 1;
  [[maybe_unused]] const ssize_t written = write(g_event, &once, sizeof once);
  errno = error;
}

}  // namespace

Interruption::Interruption() {
  g_came = 0;
  g_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = remember_signal;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

Interruption::~Interruption() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  if (g_event != -1) close(g_event);
  g_event = -1;
  const int came = g_came;
  g_came = 0;
  if (came != 0) raise(came);
}

int Interruption::descriptor() { return g_event; }

void Interruption::check() {
  if (g_came != 0) throw Interrupted();
}

}  // namespace shunt::process
