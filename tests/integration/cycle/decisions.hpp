// SPDX-License-Identifier: Apache-2.0
// decisions.hpp: a pool, a composition of real libraries and a decision, in as few words as a test needs.
#pragma once

#include <shunt/framework/compose.hpp>
#include <shunt/framework/library_store.hpp>
#include <shunt/framework/scheduler.hpp>

#include <memory>
#include <string>
#include <vector>

namespace shunt::integration {

// Libraries are mapped once per test program: they are never unmapped anyway.
inline LibraryStore& store() {
  static LibraryStore kStore(
      {.staging_parent = {}, .trusted_directories = {}, .maximum_libraries = 1000, .check_trust = false});
  return kStore;
}

inline std::shared_ptr<const Library> fixture(const std::string& name) {
  auto library = store().load(std::string(SHUNT_FIXTURE_DIRECTORY "/").append(name).append(".so"));
  if (!library) throw std::runtime_error(library.error().message);
  return *library;
}

inline std::shared_ptr<const Library> shipped(const std::string& name) {
  auto library = store().load(std::string(SHUNT_PLUGIN_DIRECTORY "/").append(name).append(".so"));
  if (!library) throw std::runtime_error(library.error().message);
  return *library;
}

// Endpoints pod-0 to pod-(n-1) with a queue of 0, 1, 2, ...
class Pool {
 public:
  explicit Pool(std::size_t n) : attributes(std::make_shared<AttributeTable>()), table(attributes) {
    for (std::size_t i = 0; i < n; ++i) add("pod-" + std::to_string(i), static_cast<double>(i));
  }
  void add(const std::string& name, double queue) {
    table.add({name, name + ":8000", {}}).value();
    set(name, "queue", queue);
  }
  void set(const std::string& name, std::string_view attribute, AttributeValue value) {
    const auto id = attributes->add(attribute, type_of(value)).value();
    table.set(endpoint_key(name), id, std::move(value)).value();
  }

  std::shared_ptr<AttributeTable> attributes;
  EndpointTable table;
};

// A scheduler with one generation; the composition must be sound.
class Deciding {
 public:
  Deciding(const Composition& composition, const std::shared_ptr<AttributeTable>& attributes) {
    Diagnostics diagnostics;
    generation = composition.build(attributes, diagnostics);
    if (generation == nullptr) throw std::runtime_error(render_text(diagnostics, false));
    scheduler.publish(generation);
    worker = std::make_unique<Scheduler::Worker>(scheduler);
  }
  const Decision& decide(const Snapshot& snapshot, ScheduleOptions options = {}) {
    request.id = "r";
    request.number = number++;
    scheduler.schedule(*worker, snapshot, request, options, decision);
    return decision;
  }
  // Name of the first pick, empty when rejected.
  std::string pick(const Snapshot& snapshot, ScheduleOptions options = {}) {
    decide(snapshot, options);
    return decision.dispatched() ? std::string(snapshot.name(decision.picks.front())) : std::string();
  }

  std::shared_ptr<const Generation> generation;
  Scheduler scheduler;
  std::unique_ptr<Scheduler::Worker> worker;
  Request request;
  Decision decision;
  std::uint64_t number = 0;
};

inline std::string build_errors(const Composition& composition) {
  Diagnostics diagnostics;
  const auto generation = composition.build(std::make_shared<AttributeTable>(), diagnostics);
  return generation != nullptr ? std::string() : render_text(diagnostics, false);
}

}  // namespace shunt::integration
