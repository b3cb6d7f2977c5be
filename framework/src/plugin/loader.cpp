// SPDX-License-Identifier: Apache-2.0
#include "plugin/loader.hpp"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <deque>
#include <mutex>
#include <string_view>
#include <utility>

namespace shunt::detail {
namespace {

namespace dll = boost::dll;

// Boost.DLL knows no such mode, but hands its modes to dlopen() as they are, and the enumeration is wide enough.
// Without NODELETE, a thread, a signal handler, a thread-specific key or a string that a library leaves behind would
// end the process once the last handle is closed.
constexpr auto kNeverUnmap = static_cast<dll::load_mode::type>(RTLD_NODELETE);
constexpr dll::load_mode::type kMode = dll::load_mode::rtld_now | dll::load_mode::rtld_local | kNeverUnmap;

// Handles that are never closed. Reachable until the very end, so that leak checkers see no leak.
void keep(dll::shared_library library) {
  static std::mutex mutex;
  static auto* const libraries = new std::deque<dll::shared_library>;
  const std::scoped_lock lock(mutex);
  libraries->push_back(std::move(library));
}

// Boost.DLL wraps the text of dlerror() in one of its own and appends a system error that has nothing to do with it.
std::string loader_text(std::string_view what) {
  constexpr std::string_view kBefore = "dlerror system message: ";
  constexpr std::string_view kAfter = "): Bad file descriptor";
  if (const std::size_t start = what.find(kBefore); start != std::string_view::npos) {
    what.remove_prefix(start + kBefore.size());
  }
  return std::string(what.substr(0, what.rfind(kAfter)));
}

}  // namespace

LoadOutcome map_for_good(const std::filesystem::path& file) {
  LoadOutcome outcome;
  try {
    // The overload that throws is the one that keeps the loader's text.
    dll::shared_library library(file, kMode);
    outcome.mapped = true;
    if (library.has(SHUNT_LIBRARY_ENTRY_NAME)) {
      outcome.entry = &library.get<const shunt_library*()>(SHUNT_LIBRARY_ENTRY_NAME);
    }
    keep(std::move(library));
  } catch (const std::exception& failure) {
    outcome.text = loader_text(failure.what());
  }
  return outcome;
}

}  // namespace shunt::detail
