// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/call_marks.hpp>

#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

namespace shunt {
namespace {

constexpr std::array<std::string_view, 25> kFunctions = {
    "none",      "load",       "describe",      "init",   "deinit",  "create",       "destroy",         "release",
    "dump",      "save_state", "load_state",    "events", "extract", "eviction_for", "classify",        "rekey",
    "next_flow", "produce",    "pick_profiles", "filter", "score",   "pick",         "process_results", "picked",
    "explain"};

// Of a process that nobody watches. Never touched beyond what is used.
CallMarkPage own_page;
CallMarkPage* page = &own_page;
void (*first_mark_hook)() = nullptr;
std::mutex writing;  // libraries and instances

// Plain data, so that a signal handler may look at it.
thread_local MarkedThread* own_entry = nullptr;

// Gives the entry back. One that is in the middle of a call stays, and stays the thread's: it ends there, or the process does by
// exit(), which destroys the objects of the calling thread first. Either is a defect that has to be named.
struct Leaving {
  ~Leaving() {
    MarkedThread* const entry = own_entry;
    if (entry == nullptr || MarkedCall{entry->call.load(std::memory_order_relaxed)}.running()) return;
    own_entry = nullptr;
    if (entry != &page->thread[CallMarkPage::kThreads - 1]) entry->used.store(0, std::memory_order_release);
  }
};
thread_local Leaving leaving;

MarkedThread& claim_entry() noexcept {
  MarkedThread* entry = &page->thread[CallMarkPage::kThreads - 1];
  for (std::size_t i = 0; i + 1 < CallMarkPage::kThreads; ++i) {
    std::uint32_t expected = 0;
    if (!page->thread[i].used.compare_exchange_strong(expected, 1, std::memory_order_acq_rel)) continue;
    entry = &page->thread[i];
    break;
  }
  entry->thread.store(gettid(), std::memory_order_relaxed);
  own_entry = entry;
  (void)&leaving;  // registers its destructor
  if (first_mark_hook != nullptr) first_mark_hook();
  return *entry;
}

template <std::size_t size>
void copy_text(char (&to)[size], std::string_view text) noexcept {
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

struct Search {
  std::uint64_t inside;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

int look_at_object(dl_phdr_info* info, std::size_t, void* data) {
  Search& search = *static_cast<Search*>(data);
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool mine = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const std::uint64_t from = info->dlpi_addr + segment.p_vaddr;
    const std::uint64_t to = from + segment.p_memsz;
    mine = mine || (search.inside >= from && search.inside < to);
    if ((segment.p_flags & PF_X) == 0) continue;
    begin = begin == 0 ? from : std::min(begin, from);
    end = std::max(end, to);
  }
  if (!mine) return 0;
  search.begin = begin;
  search.end = end;
  return 1;
}

}  // namespace

std::string_view to_string(PluginFunction function) noexcept {
  const auto index = static_cast<std::size_t>(function);
  return index < kFunctions.size() ? kFunctions[index] : kFunctions[0];
}

bool is_control(PluginFunction function) noexcept {
  return function != PluginFunction::None && function <= PluginFunction::LoadState;
}

bool is_of_cycle(PluginFunction function) noexcept {
  return function >= PluginFunction::Produce && function <= PluginFunction::Explain;
}

void use_call_mark_page(CallMarkPage& shared) noexcept { page = &shared; }

CallMarkPage& call_mark_page() noexcept { return *page; }

void on_first_call_mark(void (*hook)()) noexcept { first_mark_hook = hook; }

MarkedThread& this_marked_thread() noexcept { return own_entry != nullptr ? *own_entry : claim_entry(); }

MarkedThread* find_this_marked_thread() noexcept { return own_entry; }

std::uint32_t mark_library(std::string_view path, std::string_view sha256) noexcept {
  const std::scoped_lock lock(writing);
  const std::uint32_t used = std::max(page->libraries.load(std::memory_order_relaxed), 1U);
  for (std::uint32_t i = 1; i < used; ++i) {
    if (!sha256.empty() && sha256 == page->library[i].sha256) return i;
    if (sha256.empty() && page->library[i].sha256[0] == '\0' && path == page->library[i].path) return i;
  }
  if (used == CallMarkPage::kLibraries) return 0;
  copy_text(page->library[used].path, path);
  copy_text(page->library[used].sha256, sha256);
  page->libraries.store(used + 1, std::memory_order_release);
  return used;
}

void mark_library_text(std::uint32_t library, const void* inside) noexcept {
  if (library == 0) return;
  Search search{reinterpret_cast<std::uint64_t>(inside)};
  dl_iterate_phdr(look_at_object, &search);
  page->library[library].text_begin.store(search.begin, std::memory_order_relaxed);
  page->library[library].text_end.store(search.end, std::memory_order_release);
}

InstanceMark::InstanceMark(std::uint32_t library, std::string_view name, std::string_view type) noexcept {
  const std::scoped_lock lock(writing);
  for (std::uint32_t i = 1; i < CallMarkPage::kInstances; ++i) {
    MarkedInstance& entry = page->instance[i];
    if (entry.used.load(std::memory_order_relaxed) != 0) continue;
    copy_text(entry.name, name);
    copy_text(entry.type, type);
    entry.library = library;
    entry.generation.store(0, std::memory_order_relaxed);
    entry.used.store(1, std::memory_order_release);
    index_ = i;
    return;
  }
}

InstanceMark::~InstanceMark() {
  if (index_ != 0) page->instance[index_].used.store(0, std::memory_order_release);
}

void InstanceMark::set_generation(std::uint64_t number) const noexcept {
  if (index_ != 0) page->instance[index_].generation.store(number, std::memory_order_relaxed);
}

}  // namespace shunt
