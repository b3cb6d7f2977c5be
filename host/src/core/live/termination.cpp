// SPDX-License-Identifier: Apache-2.0
#include "live/termination.hpp"

namespace shunt::host {

Termination::Termination() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Termination::~Termination() {
  // One that came at the very end has been heeded: the process is ending.
  while (wait(std::chrono::milliseconds(0))) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Termination::wait(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec timeout{static_cast<time_t>(seconds.count()),
                         static_cast<long>(std::chrono::nanoseconds(time - seconds).count())};
  return sigtimedwait(&signals_, nullptr, &timeout) > 0;
}

}  // namespace shunt::host
