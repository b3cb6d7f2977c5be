// SPDX-License-Identifier: Apache-2.0
#include "guarded_memory.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <utility>

#include "case_log.hpp"

#if defined(__x86_64__)
#include <ucontext.h>
#endif

namespace shunt::validate {

namespace {

constexpr std::byte kPattern{0xc5};

// What the signal handler may look at: fixed places, filled before the name is set.
struct Region {
  std::atomic<const char*> name{nullptr};
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};    // of the accessible pages
  std::atomic<std::uintptr_t> guard{0};  // end of the guard page
  std::atomic<bool> is_output{false};
  std::atomic<bool> has_ended{false};  // it was taken back
};
std::array<Region, 8192> g_regions;
std::mutex g_regions_mutex;
std::size_t g_first_free = 0;
int g_fault_descriptor = -1;
constexpr std::size_t kNoSlot = ~std::size_t{0};

std::size_t page_bytes() {
  static const auto kBytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return kBytes;
}

std::size_t take_slot(const char* name, std::byte* map, std::size_t bytes, bool is_output) {
  const std::lock_guard lock(g_regions_mutex);
  for (std::size_t tried = 0; tried < g_regions.size(); ++tried) {
    const std::size_t slot = (g_first_free + tried) % g_regions.size();
    Region& region = g_regions[slot];
    if (region.name.load() != nullptr) continue;
    region.begin = reinterpret_cast<std::uintptr_t>(map);
    region.end = region.begin + bytes;
    region.guard = region.end + page_bytes();
    region.is_output = is_output;
    region.has_ended = false;
    region.name = name;
    g_first_free = slot + 1;
    return slot;
  }
  return kNoSlot;  // a fault there is reported without a name
}

// What was taken back stays mapped for a while and cannot be touched: who kept a pointer to it runs into a fault that can be
// named, instead of into whatever comes to lie there next. The newest of it, in a ring.
struct TakenBack {
  std::byte* map = nullptr;
  std::size_t bytes = 0;
  std::size_t slot = kNoSlot;
};
std::array<TakenBack, 1024> g_taken_back;
std::mutex g_taken_back_mutex;
std::size_t g_oldest = 0;

void take_back(TakenBack block) {
  mprotect(block.map, block.bytes, PROT_NONE);
  madvise(block.map, block.bytes, MADV_DONTNEED);
  if (block.slot != kNoSlot) g_regions[block.slot].has_ended = true;
  {
    const std::lock_guard lock(g_taken_back_mutex);
    std::swap(g_taken_back[g_oldest], block);
    g_oldest = (g_oldest + 1) % g_taken_back.size();
  }
  if (block.map == nullptr) return;
  if (block.slot != kNoSlot) g_regions[block.slot].name = nullptr;
  munmap(block.map, block.bytes);
}

// Only what a signal handler may do: no allocation, no locks.
class Line {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      if (length_ < text_.size()) text_[length_++] = c;
    }
  }
  void send(int descriptor) const {
    if (::write(descriptor, text_.data(), length_) < 0) return;
  }

 private:
  std::array<char, 512> text_{};
  std::size_t length_ = 0;
};

void describe(const Region& region, bool in_guard, bool is_write, bool is_known) {
  const bool has_ended = region.has_ended.load();
  Line line;
  line.add(kFaultPrefix);
  line.add(!is_known ? "an access" : is_write ? "a write" : "a read");
  if (has_ended) {
    line.add(is_write ? " to " : " of ");
  } else {
    line.add(in_guard ? " behind the end of " : region.is_output.load() ? " to " : " to the read-only ");
  }
  line.add(region.name.load());
  if (has_ended) line.add(" when it was no longer lent");
  line.add(kFaultSuffix);
  line.send(g_fault_descriptor);
}

void on_fault(int signal, siginfo_t* info, void* context) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  bool is_write = false;
  bool is_known = false;
#if defined(__x86_64__)
  constexpr long long kWriteBit = 2;
  is_write = (static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & kWriteBit) != 0;
  is_known = true;
#else
  (void)context;
#endif
  for (const Region& region : g_regions) {
    if (region.name.load() == nullptr || at < region.begin.load() || at >= region.guard.load()) continue;
    describe(region, at >= region.end.load(), is_write, is_known);
    break;
  }
  // Back to the default: returning repeats the access, which then ends the process as it would have.
  ::signal(signal, SIG_DFL);
}

}  // namespace

std::byte* GuardedMemory::add(const char* name, std::size_t bytes, std::size_t alignment, bool is_output) {
  const std::size_t page = page_bytes();
  const std::size_t body = (bytes + alignment - 1) / alignment * alignment;
  const std::size_t lead = is_output ? 64 : 0;
  const std::size_t usable = std::max<std::size_t>((body + lead + page - 1) / page * page, page);
  void* map = mmap(nullptr, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<std::byte*>(map);
  mprotect(begin + usable, page, PROT_NONE);
  std::byte* data = begin + usable - body;
  if (is_output) {
    // Far enough before the data to catch an index of -1 in a large type.
    std::memset(data - lead, static_cast<int>(kPattern), lead);
    std::memset(data + bytes, static_cast<int>(kPattern), body - bytes);
  }
  blocks_.push_back({begin, usable, data, bytes, is_output, name, take_slot(name, begin, usable, is_output)});
  return data;
}

GuardedMemory::~GuardedMemory() {
  for (const Block& block : blocks_) take_back({block.map, block.map_bytes + page_bytes(), block.slot});
}

const char* GuardedMemory::lasting_name(std::string_view name) {
  std::string kept(name.substr(0, 200));
  // Stands in a line of JSON that a signal handler puts together.
  std::ranges::replace_if(
      kept, [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }, '?');
  static std::mutex mutex;
  static std::set<std::string> names;
  const std::lock_guard lock(mutex);
  return names.insert(std::move(kept)).first->c_str();
}

void GuardedMemory::protect(bool read_only) {
  for (const Block& block : blocks_) {
    if (!block.is_output) mprotect(block.map, block.map_bytes, read_only ? PROT_READ : PROT_READ | PROT_WRITE);
  }
}

const char* GuardedMemory::damaged() const {
  const auto is_pattern = [](std::byte value) { return value == kPattern; };
  for (const Block& block : blocks_) {
    if (!block.is_output) continue;
    if (!std::all_of(block.data - 64, block.data, is_pattern)) return block.name;
    if (!std::all_of(block.data + block.bytes, block.map + block.map_bytes, is_pattern)) return block.name;
  }
  return nullptr;
}

void GuardedMemory::report_faults_to(int descriptor) {
  g_fault_descriptor = descriptor;
  // A stack of its own, so that an exhausted one can still be reported.
  static std::array<std::byte, 65536> stack;
  stack_t alternative{};
  alternative.ss_sp = stack.data();
  alternative.ss_size = stack.size();
  sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace shunt::validate
