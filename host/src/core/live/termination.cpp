// SPDX-License-Identifier: Apache-2.0
#include "live/termination.hpp"

namespace shunt::host {

Termination::Termination(bool replaceable) : replaceable_(replaceable) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGHUP);
  sigaddset(&signals_, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Termination::~Termination() {
  // One that came at the very end has been heeded: the process is ending.
  do {
    reload_ = false;
  } while (wait(std::chrono::milliseconds(0)) || reload_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Termination::wait(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec timeout{static_cast<time_t>(seconds.count()),
                         static_cast<long>(std::chrono::nanoseconds(time - seconds).count())};
  const int signal = sigtimedwait(&signals_, nullptr, &timeout);
  if (signal == SIGHUP) reload_ = true;
  if (signal == SIGUSR2 && !replaceable_) return false;
  hands_over_ = hands_over_ || signal == SIGUSR2;
  return signal > 0 && signal != SIGHUP;
}

}  // namespace shunt::host
