// SPDX-License-Identifier: Apache-2.0
// call_marks.hpp: which plugin, and which function of it, each thread is in, kept where others can read it whatever happens:
// a signal handler, a watchdog, and, where the page is shared memory, a process that outlives this one.
//
//   use_call_mark_page(*page);                       // first of all, else the marks are kept in memory of the process
//   const CallMark mark(instance.mark(), PluginFunction::Events);
//   instance.observer->events(...);
//
// A mark is one relaxed store at the begin and one at the end of a call, on a cache line that only its thread writes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shunt {

enum class PluginFunction : std::uint8_t {
  None,
  Load,      // constructors of static objects, under the dynamic loader
  Describe,  // the entry function and describe()
  Init,
  Deinit,
  Create,
  Destroy,
  Release,  // of an object that was retired
  Dump,
  SaveState,
  LoadState,
  Events,
  Extract,
  EvictionFor,
  Classify,
  Rekey,
  NextFlow,
  Produce,
  PickProfiles,
  Filter,
  Score,
  Pick,
  ProcessResults,
  Picked,
  Explain
};

// As the ABI names it: "pick_profiles".
std::string_view to_string(PluginFunction function) noexcept;
// Called by a person's wish rather than by a request, and allowed to take its time.
bool is_control(PluginFunction function) noexcept;
// Called by a decision.
bool is_of_cycle(PluginFunction function) noexcept;

// What is in the page has a fixed size and no pointers, but for those that mean something to its own process only. Texts end
// with a zero byte and are cut where they are too long. An index of 0 is none: the tables were full.
struct MarkedLibrary {
  std::atomic<std::uint64_t> text_begin;  // of its executable segments; 0: not mapped yet
  std::atomic<std::uint64_t> text_end;
  char path[384];
  char sha256[72];
};

struct MarkedInstance {
  std::atomic<std::uint32_t> used;
  std::uint32_t library;
  std::atomic<std::uint64_t> generation;  // 0: none has been made of it yet
  char name[120];
  char type[120];
};

struct alignas(64) MarkedThread {
  std::atomic<std::uint64_t> call;  // see MarkedCall
  std::atomic<std::uint64_t> generation;
  std::atomic<const void*> cycle;  // what decides here, while a call of a cycle runs; in its own process
  std::atomic<std::int32_t> thread;
  std::atomic<std::uint32_t> used;
};

struct CallMarkPage {
  static constexpr std::size_t kLibraries = 1024;
  static constexpr std::size_t kInstances = 2048;
  static constexpr std::size_t kThreads = 512;
  std::atomic<std::uint32_t> libraries;  // so many have been used, the first one for none
  std::atomic<std::uint64_t> newest_generation;
  MarkedLibrary library[kLibraries];
  MarkedInstance instance[kInstances];
  MarkedThread thread[kThreads];  // the last one is everybody's for whom there was no other
};

// A mark, taken apart. Equal words are the same call: the number in front counts the calls of the thread.
struct MarkedCall {
  std::uint64_t word = 0;

  PluginFunction function() const noexcept { return static_cast<PluginFunction>(word & 0xff); }
  std::uint32_t callee() const noexcept { return static_cast<std::uint32_t>(word >> 8) & 0xffff; }
  bool running() const noexcept { return (word & 0xff) != 0; }
  // From Load to Deinit the callee is a library, else an instance.
  bool of_library() const noexcept { return running() && function() <= PluginFunction::Deinit; }
};

// Once, before anything is marked. All zero, and as long-lived as the process.
void use_call_mark_page(CallMarkPage& page) noexcept;
CallMarkPage& call_mark_page() noexcept;
// Called by each thread before its first mark. To be set before there are other threads.
void on_first_call_mark(void (*hook)()) noexcept;

// The calling thread's entry, for as long as the thread lives. The second form makes none: safe in a signal handler.
MarkedThread& this_marked_thread() noexcept;
MarkedThread* find_this_marked_thread() noexcept;

// The index of the library; the same for the same hash.
std::uint32_t mark_library(std::string_view path, std::string_view sha256) noexcept;
// Finds where its code lies, once it is mapped: `inside` is an address of it.
void mark_library_text(std::uint32_t library, const void* inside) noexcept;

// An instance that may be named, for as long as this object lives.
class InstanceMark {
 public:
  InstanceMark(std::uint32_t library, std::string_view name, std::string_view type) noexcept;
  ~InstanceMark();
  InstanceMark(const InstanceMark&) = delete;
  InstanceMark& operator=(const InstanceMark&) = delete;

  std::uint32_t index() const noexcept { return index_; }
  void set_generation(std::uint64_t number) const noexcept;

 private:
  std::uint32_t index_ = 0;
};

inline void begin_mark(MarkedThread& thread, std::uint32_t callee, PluginFunction function) noexcept {
  const std::uint64_t number = (thread.call.load(std::memory_order_relaxed) >> 24) + 1;
  thread.call.store(number << 24 | std::uint64_t{callee} << 8 | static_cast<std::uint64_t>(function),
                    std::memory_order_relaxed);
}

inline void end_mark(MarkedThread& thread) noexcept {
  thread.call.store(thread.call.load(std::memory_order_relaxed) >> 24 << 24, std::memory_order_relaxed);
}

// The extent of one call off the request path. What ran around it goes on when it ends.
class CallMark {
 public:
  CallMark(std::uint32_t callee, PluginFunction function, std::uint64_t generation = 0) noexcept
      : thread_(this_marked_thread()), around_(thread_.call.load(std::memory_order_relaxed) & 0xffffff) {
    thread_.generation.store(generation, std::memory_order_relaxed);
    begin_mark(thread_, callee, function);
  }
  CallMark(const InstanceMark& instance, PluginFunction function, std::uint64_t generation = 0) noexcept
      : CallMark(instance.index(), function, generation) {}
  ~CallMark() {
    end_mark(thread_);
    thread_.call.store(thread_.call.load(std::memory_order_relaxed) | around_, std::memory_order_relaxed);
  }
  CallMark(const CallMark&) = delete;
  CallMark& operator=(const CallMark&) = delete;

 private:
  MarkedThread& thread_;
  std::uint64_t around_;
};

}  // namespace shunt
