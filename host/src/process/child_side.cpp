// SPDX-License-Identifier: Apache-2.0
#include "child_side.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace shunt::process {

std::string begin_job() {
  // Nobody is left to read the result when the parent is gone.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // As in the program itself: what a plugin writes to may be closed.
  std::signal(SIGPIPE, SIG_IGN);
  // A crash is a finding; its memory is of no use to anybody.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (const int descriptor : {kJobDescriptor, kLogDescriptor}) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  std::string job;
  std::array<char, 65536> part;
  for (;;) {
    const ssize_t n = read(kJobDescriptor, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return job;
    job.append(part.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace shunt::process
