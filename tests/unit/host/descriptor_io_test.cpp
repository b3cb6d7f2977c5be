// SPDX-License-Identifier: Apache-2.0
#include "process/descriptor_io.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

namespace shunt::process {
namespace {

std::atomic<int> g_signals{0};

TEST(WriteWhole, GoesOnAfterSignalsWhileTheReaderTakesItsTime) {
  struct sigaction counting {};  // without SA_RESTART: calls of the kernel are interrupted
  counting.sa_handler = [](int) { ++g_signals; };
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &counting, &before), 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const int capacity = fcntl(ends[1], F_GETPIPE_SZ);
  const std::string text(static_cast<std::size_t>(capacity) * 3, 'x');
  std::string read_text;
  std::thread reader([&, writer = pthread_self()] {
    int waiting = 0;
    while (waiting < capacity && ioctl(ends[0], FIONREAD, &waiting) == 0) sched_yield();
    // Full, so it writes nothing while it waits. One of so many signals meets it there.
    for (int sent = 1; sent <= 50; ++sent) {
      pthread_kill(writer, SIGUSR1);
      while (g_signals < sent) sched_yield();
    }
    std::array<char, 4096> block{};
    for (ssize_t n = 0; (n = read(ends[0], block.data(), block.size())) > 0;) {
      read_text.append(block.data(), static_cast<std::size_t>(n));
    }
  });
  const bool whole = write_whole(ends[1], text);
  close(ends[1]);
  reader.join();
  close(ends[0]);
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_TRUE(whole);
  EXPECT_EQ(read_text.size(), text.size());
}

TEST(WriteWhole, SaysWhereItCouldNot) {
  EXPECT_FALSE(write_whole(-1, "text"));
  EXPECT_TRUE(write_whole(-1, ""));
}

}  // namespace
}  // namespace shunt::process
