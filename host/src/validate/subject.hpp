// SPDX-License-Identifier: Apache-2.0
// subject.hpp: one instance of the plugin that is looked at, created as the host does it, in memory that notices mistakes.
#pragma once

#include <shunt/abi/abi.h>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shunt/testing/fake_host.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "guarded_memory.hpp"
#include "probe_host.hpp"

namespace shunt::validate {

class Subject {
 public:
  // `parameters`: effective parameters as JSON text, defaults filled in.
  Subject(const shunt_library& library, const shunt_plugin& plugin, std::string_view parameters,
          const std::vector<std::string>& profiles, bool refuse_required = false);
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  ~Subject();

  bool created() const { return self_ != nullptr; }
  std::int32_t status() const { return status_; }      // of create(), or of init()
  const std::string& error() const { return error_; }  // what it gave to set_error()
  bool stored_nothing() const { return status_ == SHUNT_OK && self_ == nullptr; }
  const char* damage() const { return damage_; }  // what create() wrote around, or null

  void* self() const { return self_; }
  ProbeHost& host() { return host_; }
  testing::FakeInstance& instance() { return instance_; }
  const testing::Declarations& declared() const { return instance_.declared; }
  const shunt_plugin& plugin() const { return plugin_; }
  std::uint32_t profiles() const { return profiles_; }

  bool offers(std::string_view id) const;
  // Null where the type does not list the interface, or the answer is too short to be used.
  template <class Table>
  const Table* table(std::string_view id) const {
    return offers(id) ? static_cast<const Table*>(find(id, sizeof(Table))) : nullptr;
  }

  // The memory of a request, zeroed at its first use; null when create() asked for none.
  void* request_state(std::uint64_t request_number);
  void* known_request_state(std::uint64_t request_number) const;
  void forget_request(std::uint64_t request_number);
  // As if a request with this number began: its memory is zeroed in place.
  void restart_request(std::uint64_t request_number);
  bool request_states_intact() const;

 private:
  const void* find(std::string_view id, std::size_t bytes) const;
  void create(std::string_view parameters);

  struct State {
    GuardedMemory memory;
    void* data = nullptr;
  };
  ProbeHost host_;
  const shunt_plugin& plugin_;
  testing::FakeInstance instance_;
  std::uint32_t profiles_;
  void* self_ = nullptr;
  std::int32_t status_ = SHUNT_OK;
  std::string error_;
  const char* damage_ = nullptr;
  mutable std::mutex states_mutex_;
  std::map<std::uint64_t, std::unique_ptr<State>> states_;
};

}  // namespace shunt::validate
