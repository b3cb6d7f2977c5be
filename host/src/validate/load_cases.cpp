// SPDX-License-Identifier: Apache-2.0
// Level 1: the library, its tables, its first instance.
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <shunt/sdk/text.hpp>
#include <thread>
#include <vector>

#include "case_catalog.hpp"

namespace shunt::validate {

namespace {

constexpr std::string_view kHeader = "shunt/abi/library.h";

// What a table of an interface must hold: its size, and functions that may not be NULL.
struct TableShape {
  std::string_view id;
  std::size_t size;
  std::array<std::size_t, 2> functions;  // offsets; 0: none
};
#define SHUNT_SHAPE(id, type, ...)    \
  TableShape {                        \
    id, sizeof(type), { __VA_ARGS__ } \
  }
constexpr std::array kShapes{
    SHUNT_SHAPE(SHUNT_FILTER_ID, shunt_filter_table, offsetof(shunt_filter_table, filter)),
    SHUNT_SHAPE(SHUNT_SCORER_ID, shunt_scorer_table, offsetof(shunt_scorer_table, score)),
    SHUNT_SHAPE(SHUNT_PICKER_ID, shunt_picker_table, offsetof(shunt_picker_table, pick)),
    SHUNT_SHAPE(SHUNT_PROFILE_HANDLER_ID, shunt_profile_handler_table,
                offsetof(shunt_profile_handler_table, pick_profiles),
                offsetof(shunt_profile_handler_table, process_results)),
    SHUNT_SHAPE(SHUNT_SWAPPER_ID, shunt_swapper_table, offsetof(shunt_swapper_table, eviction_for)),
    SHUNT_SHAPE(SHUNT_PRODUCER_ID, shunt_producer_table, offsetof(shunt_producer_table, produce)),
    SHUNT_SHAPE(SHUNT_EXTRACTOR_ID, shunt_extractor_table, offsetof(shunt_extractor_table, extract)),
    SHUNT_SHAPE(SHUNT_EXPLAIN_ID, shunt_explain_table, offsetof(shunt_explain_table, explain)),
    SHUNT_SHAPE(SHUNT_STATE_ID, shunt_state_table, offsetof(shunt_state_table, save),
                offsetof(shunt_state_table, load)),
    TableShape{SHUNT_OBSERVER_ID, sizeof(shunt_observer_table), {}}};

// Of a library that is loaded; null where the loader does not find it under its name any more.
shunt_library_entry entry_of(const Library& library) {
  void* const handle = dlopen(library.staged_path().c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (handle == nullptr) return nullptr;
  return reinterpret_cast<shunt_library_entry>(dlsym(handle, SHUNT_LIBRARY_ENTRY_NAME));
}

void check_table(CaseRun& run, const Subject& subject, shunt_str id) {
  const std::string name(sdk::to_view(id));
  run.log().step("interface_table(\"" + name + "\")");
  const PluginCall calling;
  const void* first = subject.plugin().interface_table(subject.self(), id);
  if (first == nullptr) {
    run.log().fail("the type lists " + name + ", and its instance has no table for it",
                   "interface_table() answers for every interface that the type lists.", kHeader);
    return;
  }
  for (int i = 0; i < 3; ++i) {
    if (subject.plugin().interface_table(subject.self(), id) == first) continue;
    run.log().fail("interface_table(\"" + name + "\") answered with two tables",
                   "interface_table() gives the same answer for as long as the instance lives.", kHeader);
    return;
  }
  std::uint32_t size = 0;
  std::memcpy(&size, first, sizeof size);
  const auto* shape = std::ranges::find(kShapes, std::string_view(name), &TableShape::id);
  if (shape == kShapes.end()) return;
  if (size < shape->size) {
    run.log().fail("the table of " + name + " says that it has " + std::to_string(size) + " bytes, not " +
                       std::to_string(shape->size),
                   "The first member of a table is its size: sizeof of the struct that it was built with.",
                   "shunt/abi/base.h");
    return;
  }
  for (const std::size_t offset : shape->functions) {
    const void* function = nullptr;
    if (offset != 0) std::memcpy(&function, static_cast<const char*>(first) + offset, sizeof function);
    if (offset == 0 || function != nullptr) continue;
    run.log().fail("a function of the table of " + name + " is NULL",
                   "Functions of a table are set unless their comment says that they may be NULL.", kHeader);
  }
}

}  // namespace

void case_load(CaseRun& run) { (void)run.load(); }

void case_entry(CaseRun& run) {
  if (!run.load()) return;
  run.log().step("the entry function and describe() again and again, on four threads");
  const shunt_library& library = run.library().table();
  const shunt_library_entry entry = entry_of(run.library());
  std::vector<const shunt_plugin*> expected;
  for (std::uint32_t i = 0; i < library.plugin_count; ++i) expected.push_back(library.describe(i));
  std::array<bool, 4> same{};
  std::vector<std::thread> threads;
  for (bool& answer : same) {
    threads.emplace_back([&] {
      answer = true;
      for (int round = 0; round < 100; ++round) {
        answer = answer && (entry == nullptr || entry() == &library);
        for (std::uint32_t i = 0; i < expected.size(); ++i) answer = answer && library.describe(i) == expected[i];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (std::ranges::find(same, false) != same.end()) {
    run.log().fail(
        "the entry function or describe() answered with another table than before",
        "Tables are static and constant; the entry function and describe() may be called any number of times, "
        "on any thread.",
        kHeader);
  }
  for (const std::uint32_t index : {library.plugin_count, library.plugin_count + 1, 1000000u, SHUNT_NONE}) {
    run.log().step("describe(" + std::to_string(index) + ")");
    if (library.describe(index) == nullptr) continue;
    run.log().fail("describe(" + std::to_string(index) + ") is not NULL, and there are " +
                       std::to_string(library.plugin_count) + " plugins",
                   "describe() is NULL from plugin_count on.", kHeader);
  }
}

void case_restart(CaseRun& run) {
  if (!run.load()) return;
  const shunt_library& library = run.library().table();
  for (int i = 0; i < 3; ++i) {
    run.log().step(i == 0 ? "init()" : "init() after deinit()");
    ProbeHost host;
    std::string error;
    const PluginCall calling;
    const std::int32_t status = host.fake().start(library, &error);
    if (status == SHUNT_OK) continue;  // the host's destructor calls deinit()
    run.log().fail(
        "init() returned " + std::to_string(status) + ": " + (error.empty() ? "no text" : error),
        i == 0 ? "init() succeeds on a host that the library was built for." : "init() is legal again after deinit().",
        kHeader);
    return;
  }
}

void case_create(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  if (subject->damage() != nullptr) {
    run.log().fail(std::string("create() wrote outside ") + subject->damage(),
                   "create() stores one pointer in `*self`.", kHeader);
  }
  const shunt_plugin& plugin = run.plugin();
  for (std::uint32_t i = 0; i < plugin.n_interfaces; ++i) check_table(run, *subject, plugin.interfaces[i]);
  run.log().step("interface_table() of an interface that does not exist");
  for (const std::string_view id : {"shunt.nonsense/1", "shunt.scorer/9", "shunt.filter/", ""}) {
    const PluginCall calling;
    if (plugin.interface_table(subject->self(), {id.data(), id.size()}) == nullptr) continue;
    run.log().fail("interface_table(\"" + std::string(id) + "\") is not NULL",
                   "interface_table() is NULL for an interface that the type does not list.", kHeader);
  }
  for (const TableShape& shape : kShapes) {
    if (subject->offers(shape.id)) continue;
    const PluginCall calling;
    if (plugin.interface_table(subject->self(), {shape.id.data(), shape.id.size()}) == nullptr) continue;
    run.log().fail("the instance has a table for " + std::string(shape.id) + ", which its type does not list",
                   "interface_table() is NULL for an interface that the type does not list.", kHeader);
  }
}

}  // namespace shunt::validate
