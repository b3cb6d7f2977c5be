// SPDX-License-Identifier: Apache-2.0
#include "contain/crash_handler.hpp"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace shunt::host {

namespace {

constexpr std::array<int, 7> kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
// For the handler alone; it needs little, but the kernel saves all registers there.
constexpr std::size_t kStackBytes = std::size_t{64} << 10;
// It takes the witness a few milliseconds, more on a busy machine. It asks for memory, and the crash may hold the allocator's
// lock: then nothing comes of it, and this is what the next worker is late by.
constexpr long kWitnessNs = 250'000'000;

WorkerPage* page_of_process = nullptr;
struct sigaction actions_before[kSignals.size()];

class AlternateStack {
 public:
  AlternateStack() {
    stack_t before{};
    // A sanitizer brings its own, and takes it away again.
    if (sigaltstack(nullptr, &before) == 0 && (before.ss_flags & SS_DISABLE) == 0) return;
    const std::size_t bytes = kStackBytes + page_bytes();
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return;
    mprotect(memory, page_bytes(), PROT_NONE);
    const stack_t mine{static_cast<char*>(memory) + page_bytes(), 0, kStackBytes};
    if (sigaltstack(&mine, nullptr) == 0) {
      memory_ = memory;
    } else {
      munmap(memory, bytes);
    }
  }
  ~AlternateStack() {
    if (memory_ == nullptr) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
    munmap(memory_, kStackBytes + page_bytes());
  }
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  static std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
  void* memory_ = nullptr;
};

void give_alternate_stack() { static thread_local const AlternateStack stack; }

struct Registers {
  std::uint64_t place = 0;
  std::uint64_t stack = 0;
};

Registers registers_of(const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<std::uint64_t>(machine.gregs[REG_RIP]), static_cast<std::uint64_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
  return {machine.pc, machine.sp};
#else
  (void)machine;
  return {};
#endif
}

void write_text(const char* text) {
  const ssize_t ignored = write(STDERR_FILENO, text, std::strlen(text));
  (void)ignored;
}

// Without a supervisor: one line, and the signal does the rest.
void tell_on_standard_error(int signal) {
  const MarkedThread* thread = find_this_marked_thread();
  const MarkedCall call{thread == nullptr ? 0 : thread->call.load(std::memory_order_relaxed)};
  const CallMarkPage& marks = call_mark_page();
  if (!call.running()) return;
  write_text("shunt: ");
  write_text(signal == 0 ? "exit() was called" : sigabbrev_np(signal) == nullptr ? "a signal" : "SIG");
  if (signal != 0 && sigabbrev_np(signal) != nullptr) write_text(sigabbrev_np(signal));
  write_text(" in ");
  write_text(to_string(call.function()).data());
  const std::uint32_t library = call.of_library() ? call.callee() : marks.instance[call.callee()].library;
  if (!call.of_library()) {
    write_text(" of plugin \"");
    write_text(marks.instance[call.callee()].name);
    write_text("\"");
  }
  write_text(" from ");
  write_text(marks.library[library].path);
  write_text("\n");
}

// What crashes one thread often crashes the next one too, and that must not cut off what is being written about the first.
void let_the_first_finish() {
  if (page_of_process->end.kind.load() == EndKind::Hang) return;  // then this is what it is aborted by
  const timespec time{0, 2 * kWitnessNs};
  nanosleep(&time, nullptr);
}

void handle(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  if (page_of_process == nullptr) {
    tell_on_standard_error(signal);
  } else if (const MarkedThread* thread = find_this_marked_thread();
             begin_end_note(*page_of_process, EndKind::Signal, thread)) {
    EndNote& note = page_of_process->end;
    const Registers registers = registers_of(context);
    note.signal = signal;
    note.address = reinterpret_cast<std::uint64_t>(info->si_addr);
    note.place = registers.place;
    note.stack = registers.stack;
    end_note_written(*page_of_process);
    call_witness(*page_of_process, thread);
  } else {
    let_the_first_finish();
  }
  // The default, or what a sanitizer does about it, is in force again. A fault comes back by itself when this returns; what was sent has to be sent again.
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == signal) sigaction(signal, &actions_before[i], nullptr);
  }
  if (info->si_code <= 0) raise(signal);
  errno = error;
}

void at_exit(int status, void* /*unused*/) {
  const MarkedThread* thread = find_this_marked_thread();
  if (thread == nullptr || !MarkedCall{thread->call.load(std::memory_order_relaxed)}.running()) return;
  if (page_of_process == nullptr) {
    tell_on_standard_error(0);
  } else if (begin_end_note(*page_of_process, EndKind::Exit, thread)) {
    page_of_process->end.status = status;
    end_note_written(*page_of_process);
    call_witness(*page_of_process, thread);
  } else {
    let_the_first_finish();
  }
  // Other threads go on with what is about to be destroyed: no further step.
  _exit(status == 0 ? EXIT_FAILURE : status);
}

void at_quick_exit_() { at_exit(EXIT_FAILURE, nullptr); }

}  // namespace

bool begin_end_note(WorkerPage& page, EndKind kind, const MarkedThread* thread) noexcept {
  EndKind before = EndKind::None;
  // An end that was orderly up to here is none if a destructor of the last moment crashes.
  if (!page.end.kind.compare_exchange_strong(before, kind) &&
      (before != EndKind::Orderly || !page.end.kind.compare_exchange_strong(before, kind))) {
    return false;
  }
  if (thread != nullptr) {
    page.end.word = thread->call.load(std::memory_order_relaxed);
    page.end.generation = thread->generation.load(std::memory_order_relaxed);
    page.end.thread = thread->thread.load(std::memory_order_relaxed);
  }
  return true;
}

void end_note_written(WorkerPage& page) noexcept { page.end.complete.store(1, std::memory_order_release); }

void call_witness(WorkerPage& page, const MarkedThread* thread) noexcept {
  if (thread == nullptr) return;
  if (!is_of_cycle(MarkedCall{thread->call.load(std::memory_order_relaxed)}.function())) return;
  page.witness_thread.store(static_cast<std::uint32_t>(thread - page.marks.thread), std::memory_order_relaxed);
  page.witness.store(1, std::memory_order_release);
  syscall(SYS_futex, &page.witness, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  const timespec limit{0, kWitnessNs};
  while (page.witness.load(std::memory_order_acquire) == 1) {
    if (syscall(SYS_futex, &page.witness, FUTEX_WAIT, 1, &limit, nullptr, 0) != 0 && errno == ETIMEDOUT) return;
  }
}

void install_crash_handler(WorkerPage* page) {
  page_of_process = page;
  give_alternate_stack();
  on_first_call_mark(give_alternate_stack);
  struct sigaction action {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &actions_before[i]);
  at_quick_exit(at_quick_exit_);
  watch_for_exit();
}

void watch_for_exit() { on_exit(at_exit, nullptr); }

}  // namespace shunt::host
