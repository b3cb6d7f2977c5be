// SPDX-License-Identifier: Apache-2.0
// plugin_instance.hpp: creates and destroys one instance of a plugin on a fake host, and frames calls into it.
#pragma once

#include <shunt/testing/answers.hpp>
#include <shunt/testing/endpoint_set.hpp>
#include <shunt/testing/fake_host.hpp>
#include <shunt/testing/request_builder.hpp>
#include <shunt/testing/surroundings.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace shunt::testing {

// An instance, for as long as the object lives. PluginUnderTest adds the calls.
class PluginInstance {
 public:
  // Creates an instance of a type of a library. The schema's defaults are added to the parameters; checking parameters
  // against the schema is the real host's work. The host has to outlive the plugin.
  PluginInstance(shunt_library_entry entry, std::string_view type, std::string_view parameters, FakeHost& host,
                 std::string name = {});
  // As above for a description alone; its library is not started unless its entry function is given.
  PluginInstance(const shunt_plugin* plugin, std::string_view type, std::string_view parameters, FakeHost& host,
                 std::string name = {}, shunt_library_entry entry = nullptr);
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;
  ~PluginInstance();

  // create() has succeeded; creation() says why it has not.
  bool created() const { return self_ != nullptr; }
  // Outcome of create().
  const Answer& creation() const { return creation_; }
  // What create() declared, by slot.
  const Declarations& declared() const { return instance_.declared; }
  // What the functions of a table are called with; nullptr when it was not created.
  void* self() const { return self_; }
  // The table of an interface, for those that have no function here; nullptr when the instance does not offer it.
  template <class Table>
  const Table* interface(std::string_view id) const {
    return static_cast<const Table*>(interface_table(id));
  }
  // Makes the instance reachable for other instances of the same host, as `name`, through peer().
  void offer_as(const std::string& name);

  // ---- anything else: drafts, or a table called by hand

  // Calls function(shunt_ctx*) as a call of this stage.
  template <class Function>
  Answer call(Stage stage, Function function) {
    const auto run = [](void* it, shunt_ctx* ctx) -> std::int32_t { return (*static_cast<Function*>(it))(ctx); };
    return call_erased(stage, run, &function);
  }
  // Calls function(const shunt_cycle*, const shunt_view* base) as a call of this stage.
  template <class Function>
  Answer call(Stage stage, const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around,
              Function function) {
    const auto run = [](void* it, const shunt_cycle* cycle, const shunt_view* base) -> std::int32_t {
      return (*static_cast<Function*>(it))(cycle, base);
    };
    return call_erased(stage, endpoints, request, around, run, &function);
  }

 protected:
  // The table of an interface; nullptr, and why in `answer`, when the instance does not offer it.
  template <class Table>
  const Table* need(std::string_view id, Answer& answer) const {
    return static_cast<const Table*>(need_table(id, answer));
  }

  // The host that the instance was created on.
  FakeHost& fake_host() { return *host_; }
  // What that host keeps about it.
  FakeInstance& instance() { return instance_; }

 private:
  const void* interface_table(std::string_view id) const;
  const void* need_table(std::string_view id, Answer& answer) const;
  // Of call(): `function` is what `run` gets first.
  Answer call_erased(Stage stage, std::int32_t (*run)(void*, shunt_ctx*), void* function);
  Answer call_erased(Stage stage, const EndpointSet& endpoints, const RequestBuilder& request,
                     const Surroundings& around, std::int32_t (*run)(void*, const shunt_cycle*, const shunt_view*),
                     void* function);
  void create(std::string_view parameters);

  const shunt_plugin* plugin_;
  FakeHost* host_;
  FakeInstance instance_;
  void* self_ = nullptr;
  Answer creation_;
};

}  // namespace shunt::testing
