// SPDX-License-Identifier: Apache-2.0
// worker_page.hpp: memory that a worker shares with its supervisor: which plugin each thread is in, and how it came to its end.
// It can be read whatever became of the worker, and nothing in it may be believed to be whole: plugins can write to it too.
//
//   auto page = SharedWorkerPage::create();        // supervisor
//   auto page = SharedWorkerPage::open(number);    // worker, with the descriptor that it was given
#pragma once

#include <shunt/framework/call_marks.hpp>
#include <shunt/framework/error.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace shunt::host {

enum class EndKind : std::uint32_t {
  None,     // it said nothing
  Orderly,  // it has ended by itself, with `status`
  Signal,   // a fault, or abort()
  Hang,     // a call took longer than is allowed
  Exit      // exit() was called in a plugin
};

// The last words of a worker. Written once, by whoever comes first.
struct EndNote {
  std::atomic<EndKind> kind;
  std::int32_t signal;
  std::int32_t status;
  std::int32_t thread;  // the kernel's number
  std::uint64_t word;   // see MarkedCall
  std::uint64_t generation;
  std::uint64_t address;  // that could not be accessed
  std::uint64_t place;    // of the instruction
  std::uint64_t stack;
  std::atomic<std::uint32_t> complete;
};

struct WorkerPage {
  CallMarkPage marks;
  EndNote end;
  // 0: nothing to do, 1: the inputs of the thread in `end` shall be written down, 2: that is done. A futex.
  std::atomic<std::uint32_t> witness;
  std::atomic<std::uint32_t> witness_thread;  // index in marks.thread
  // Not 0: another worker has been told what to begin with, so nothing may be replaced here any more.
  std::atomic<std::uint32_t> frozen;
  // How the log of this worker looks like, for the line that only another process can write.
  std::atomic<std::uint32_t> log_known;
  std::uint32_t log_json;
  char log_file[1024];
};

class SharedWorkerPage {
 public:
  // All zero.
  static Result<SharedWorkerPage> create();
  static Result<SharedWorkerPage> open(int descriptor);
  SharedWorkerPage(SharedWorkerPage&& other) noexcept
      : page_(std::exchange(other.page_, nullptr)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  SharedWorkerPage& operator=(SharedWorkerPage&& other) noexcept {
    std::swap(page_, other.page_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~SharedWorkerPage();

  WorkerPage& operator*() const { return *page_; }
  WorkerPage* operator->() const { return page_; }
  int descriptor() const { return descriptor_; }
  // The memory stays mapped until the process ends: its threads go on writing marks.
  WorkerPage& keep_for_good() && { return *std::exchange(page_, nullptr); }

 private:
  SharedWorkerPage(WorkerPage* page, int descriptor) : page_(page), descriptor_(descriptor) {}
  WorkerPage* page_;
  int descriptor_;
};

}  // namespace shunt::host
