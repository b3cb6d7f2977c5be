// SPDX-License-Identifier: Apache-2.0
// Level 4: threads, and what is left when instances are gone.
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <shunt/testing/swap_builder.hpp>
#include <thread>

#include "allocation_probe.hpp"
#include "answers_compare.hpp"
#include "case_catalog.hpp"

namespace shunt::validate {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kThreads = 8;
// Of processor time: how often something is tried must not depend on who else uses the machine.
constexpr double kLivesMilliseconds = 60;
constexpr double kThreadMilliseconds = 15;

// Whether the calling thread has worked for so long; or has slept for so long that it will not come to it.
class Shift {
 public:
  explicit Shift(double milliseconds) : end_(thread_milliseconds() + milliseconds) {}
  bool is_over() const { return thread_milliseconds() >= end_ || Clock::now() >= latest_; }

 private:
  double end_;
  Clock::time_point latest_ = Clock::now() + std::chrono::seconds(2);
};

std::size_t entries_of(const char* folder) {
  std::error_code ignored;
  std::size_t n = 0;
  for (auto it = std::filesystem::directory_iterator(folder, ignored); it != std::filesystem::directory_iterator();
       ++it)
    ++n;
  return n;
}

// A request, and a question of the swap line: whatever of it the type offers.
void use(CaseRun& run, Subject& subject, const Scene& scene, bool with_swap = true) {
  Frame frame(subject, scene);
  Calls(subject, run.log()).request(frame, {{}, true, false, true});
  const auto* swapper = subject.table<shunt_swapper_table>(SHUNT_SWAPPER_ID);
  if (swapper == nullptr || !with_swap) return;
  testing::SwapBuilder builder("model-target");
  builder.running("model-a");
  builder.running("model-b");
  testing::BuiltSwap asked(builder);
  testing::FakeCall made(subject.instance(), testing::Stage::EvictionFor);
  const PluginCall calling;
  (void)swapper->eviction_for(subject.self(), made.handle(), &asked.query(), &asked.plan());
}

// One instance from create() to destroy(), with a few requests.
bool live_once(CaseRun& run, std::uint32_t endpoints, bool with_swap = true) {
  const auto subject = run.create();
  if (subject == nullptr) return false;
  Scene scene = run.scene(endpoints);
  for (std::uint64_t k = 0; k < 2; ++k) {
    scene.request_number = k;
    use(run, *subject, scene, with_swap);
  }
  return true;
}

std::size_t used_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Less per instance is not growth: the smallest block of the C library takes 32 bytes.
constexpr double kLeastGrowth = 16;
// Freed blocks that it keeps at hand count as used, until it has as many as it wants.
constexpr int kFewestLives = 60;

struct Growth {
  int lives = 0;
  long long bytes = 0;
  double per_life() const { return static_cast<double>(bytes) / lives; }
};

bool live_a_while(CaseRun& run, Growth& growth) {
  const auto before = static_cast<long long>(used_bytes());
  const Shift shift(kLivesMilliseconds);
  while (growth.lives < kFewestLives || (growth.lives < 500 && !shift.is_over())) {
    if (!live_once(run, 4, false)) return false;
    ++growth.lives;
  }
  growth.bytes = static_cast<long long>(used_bytes()) - before;
  return true;
}

// Everything about one thread's requests.
struct Worker {
  std::unique_ptr<Frame> frame;
  std::vector<Answer> expected;
  std::string difference;
};

void work(Subject& subject, CaseLog& log, Worker& worker, std::barrier<>& start, bool observe) {
  Calls calls(subject, log);
  start.arrive_and_wait();
  const Shift shift(kThreadMilliseconds);
  // Few rounds are enough where a plugin is slow: it then spends its time where threads meet.
  for (int round = 0; round < 10 || (round < 4000 && !shift.is_over()); ++round) {
    subject.restart_request(worker.frame->scene().request_number);
    const std::vector<Answer> answers = calls.request(*worker.frame, {{}, true, false, observe});
    if (worker.difference.empty() && !observe) worker.difference = difference(worker.expected, answers);
  }
}

}  // namespace

void case_threads(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  std::array<Worker, kThreads> workers;
  for (std::size_t i = 0; i < kThreads; ++i) {
    Scene scene = run.scene(static_cast<std::uint32_t>(100 + i));
    scene.seed = derived_seed(run.job().seed, i);
    scene.request_number = i;
    workers[i].frame = std::make_unique<Frame>(*subject, scene);
    workers[i].expected = Calls(*subject, run.log()).request(*workers[i].frame, {{}, true, false, false});
  }
  // First those functions whose answers may not change, then with picked(), which may teach the instance something.
  for (const bool observe : {false, true}) {
    run.log().step(observe ? "8 threads, with picked()" : "8 threads");
    std::barrier start(kThreads);
    std::vector<std::thread> threads;
    for (Worker& worker : workers) {
      threads.emplace_back([&] { work(*subject, run.log(), worker, start, observe); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const Worker& worker : workers) {
    if (worker.difference.empty()) continue;
    run.log().fail("beside other threads " + worker.difference,
                   "[hot, concurrent] functions are called by many threads on one instance at once.",
                   "shunt/abi/base.h");
  }
}

void case_leaks(CaseRun& run) {
  if (allocation_probe_image().empty()) {
    run.log().skip("the allocator of a sanitizer does not say what is in use");
    return;
  }
  if (!run.settle()) return;
  run.log().step("many instances, one after the other");
  for (int i = 0; i < kFewestLives; ++i) {
    if (!live_once(run, 4, false)) return;
  }
  const std::size_t descriptors = entries_of("/proc/self/fd");
  // The C library's own books make the number go up a little once in a while; a leak makes it go up all the time.
  std::array<Growth, 2> growth;
  for (Growth& half : growth) {
    if (!live_a_while(run, half)) return;
  }
  run.log().note(std::to_string(growth[0].lives + growth[1].lives) + " instances, " +
                 std::to_string(growth[0].bytes + growth[1].bytes) + " bytes more in use");
  const double each = std::min(growth[0].per_life(), growth[1].per_life());
  if (each >= kLeastGrowth) {
    run.log().fail("each instance leaves " + std::to_string(static_cast<long long>(each)) + " bytes behind",
                   "Nobody frees what the other side allocated: destroy() frees what create() and the calls took.",
                   "shunt/abi/library.h");
  }
  const std::size_t more = entries_of("/proc/self/fd");
  if (more > descriptors) {
    run.log().fail(std::to_string(more - descriptors) + " descriptors are open that were not there before",
                   "destroy() ends an instance with everything that it holds.", "shunt/abi/library.h");
  }
}

void case_own_threads(CaseRun& run) {
  const std::size_t before = entries_of("/proc/self/task");
  const auto subject = run.create();
  if (subject == nullptr) return;
  run.log().step("a request or a swap, and then counting threads");
  use(run, *subject, run.scene(8));
  const std::size_t after = entries_of("/proc/self/task");
  if (after > before) {
    run.log().fail(std::to_string(after - before) + " threads were started",
                   "Plugins start no threads: periodic work belongs into shunt.tick, events into shunt.observer.",
                   "shunt/abi/base.h");
  }
}

void case_output(CaseRun& run) {
  // Output goes to a file in memory meanwhile, and back to where it went before.
  const int caught = memfd_create("output", MFD_CLOEXEC);
  const int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const int err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (caught < 0 || out < 0 || err < 0) {
    run.log().skip("standard output could not be redirected");
    return;
  }
  std::fflush(nullptr);
  dup2(caught, STDOUT_FILENO);
  dup2(caught, STDERR_FILENO);
  (void)live_once(run, 8);
  std::fflush(nullptr);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  struct stat facts {};
  fstat(caught, &facts);
  if (facts.st_size > 0) {
    std::string text(static_cast<std::size_t>(std::min<off_t>(facts.st_size, 80)), '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(pread(caught, text.data(), text.size(), 0), 0)));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    run.log().fail(std::to_string(facts.st_size) + " bytes were printed: \"" + text + "\"",
                   "Standard output and error belong to the host: a plugin logs with shunt_host.log.",
                   "shunt/abi/host.h");
  }
  for (const int descriptor : {caught, out, err}) close(descriptor);
}

// The rest of this case is the end of the process: who runs it expects an ordinary one.
void case_exit(CaseRun& run) {
  (void)live_once(run, 8);
  run.log().step("the end of the process");
}

}  // namespace shunt::validate
