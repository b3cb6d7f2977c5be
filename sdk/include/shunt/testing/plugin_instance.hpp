// SPDX-License-Identifier: Apache-2.0
// plugin_instance.hpp: creates and destroys one instance of a plugin on a fake host, and frames calls into it.
#pragma once

#include <shunt/testing/answers.hpp>
#include <shunt/testing/detail/peer_frames.hpp>
#include <shunt/testing/request_builder.hpp>
#include <shunt/testing/surroundings.hpp>
#include <shunt/testing/view_builder.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::testing {

// An instance, for as long as the object lives. PluginUnderTest adds the calls.
class PluginInstance {
 public:
  // Creates an instance of a type of a library. The schema's defaults are added to the parameters; checking parameters
  // against the schema is the real host's work. The host has to outlive the plugin.
  PluginInstance(shunt_library_entry entry, std::string_view type, std::string_view parameters, FakeHost& host,
                 std::string name = {})
      : PluginInstance(find(entry, type), type, parameters, host, std::move(name), entry) {}
  // As above for a description alone; its library is not started unless its entry function is given.
  PluginInstance(const shunt_plugin* plugin, std::string_view type, std::string_view parameters, FakeHost& host,
                 std::string name = {}, shunt_library_entry entry = nullptr)
      : plugin_(plugin), host_(&host), instance_(host, name.empty() ? std::string(type) : std::move(name)) {
    if (plugin == nullptr || FakeServices::view(plugin->type) != type) {
      creation_ = {SHUNT_NOT_FOUND, "no plugin type \"" + std::string(type) + "\"", true};
      return;
    }
    if (entry != nullptr) {
      std::string error;
      const std::int32_t status = host.start(*entry(), &error);
      if (status != SHUNT_OK) {
        creation_ = {status, "init() of the library failed: " + error, true};
        return;
      }
    }
    create(parameters);
  }
  PluginInstance(const PluginInstance&) = delete;
  PluginInstance& operator=(const PluginInstance&) = delete;
  ~PluginInstance() {
    if (!created()) return;
    host_->run_retired(instance_);
    plugin_->destroy(self_);
  }

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
    if (!created()) return nullptr;
    const auto* table = static_cast<const Table*>(plugin_->interface_table(self_, {id.data(), id.size()}));
    return table != nullptr && table->size >= sizeof(std::uint32_t) ? table : nullptr;
  }
  // Makes the instance reachable for other instances of the same host, as `name`, through peer().
  void offer_as(const std::string& name) {
    for (std::uint32_t i = 0; created() && i < plugin_->n_interfaces; ++i) {
      const std::string id = FakeServices::copy(plugin_->interfaces[i]);
      host_->add_peer(name, id, plugin_->interface_table(self_, plugin_->interfaces[i]), self_, &instance_);
    }
  }

  // ---- anything else: drafts, or a table called by hand

  // Calls function(shunt_ctx*) as a call of this stage.
  template <class Function>
  Answer call(Stage stage, Function function) {
    Answer answer;
    FakeCall running(instance_, stage);
    answer.status = function(running.handle());
    finish(answer, running);
    return answer;
  }
  // Calls function(const shunt_cycle*, const shunt_view* base) as a call of this stage.
  template <class Function>
  Answer call(Stage stage, const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around,
              Function function) {
    Answer answer;
    with_base(stage, endpoints, request, around, answer, [&](BuiltCycle& cycle, const BuiltView& view, FakeCall&) {
      answer.status = function(&cycle.raw(), &view.raw());
    });
    return answer;
  }

 protected:
  // The table of an interface; nullptr, and why in `answer`, when the instance does not offer it.
  template <class Table>
  const Table* need(std::string_view id, Answer& answer) {
    const auto* table = interface<Table>(id);
    if (table != nullptr) return table;
    answer.status = SHUNT_UNSUPPORTED;
    answer.error = created() ? "the plugin does not offer " + std::string(id) : "the plugin was not created";
    return nullptr;
  }

  // Lets put_*() know the endpoints of a call.
  void know(const EndpointSet& endpoints) {
    for (std::size_t i = 0; i < endpoints.size(); ++i) host_->know_endpoint(endpoints[i].name());
  }
  // Moves what the call left into its answer.
  static void finish(Answer& answer, const FakeCall& call) {
    if (!call.error.empty()) answer.error = call.error;
  }

  // A call inside a profile: sees the candidates, without the base view's index even where none has been removed.
  template <class Function>
  void with_cycle(Stage stage, const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around,
                  Answer& answer, Function function) {
    const Rows rows = around.candidates ? *around.candidates : BuiltView::all_rows(endpoints.size());
    with_view(stage, endpoints, request, around, answer, true, BuiltView(instance_, endpoints, request.raw(), rows),
              function);
  }
  // A call outside of profiles: sees the base view.
  template <class Function>
  void with_base(Stage stage, const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around,
                 Answer& answer, Function function) {
    with_view(stage, endpoints, request, around, answer, false, BuiltView(instance_, endpoints, request.raw()),
              function);
  }
  // What both come to: builds cycle and base view around `view`, calls function(cycle, view, call), checks the arrays.
  template <class Function>
  void with_view(Stage stage, const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around,
                 Answer& answer, bool in_profile, const BuiltView& view, Function function) {
    know(endpoints);
    FakeCall call(instance_, stage);
    const BuiltView base(instance_, endpoints, request.raw());
    BuiltCycle cycle(instance_, call, request.raw(), endpoints.size(), around, in_profile, base.raw());
    PeerFrames peers(endpoints, request.raw(), around, in_profile);
    peers.serve(call);
    function(cycle, view, call);
    answer.intact = answer.intact && view.intact() && base.intact() && cycle.intact() && peers.intact();
    finish(answer, call);
  }

  // The host that the instance was created on.
  FakeHost& fake_host() { return *host_; }
  // What that host keeps about it.
  FakeInstance& instance() { return instance_; }

 private:
  static const shunt_plugin* find(shunt_library_entry entry, std::string_view type) {
    const shunt_library* library = entry();
    if (library == nullptr) return nullptr;
    for (std::uint32_t i = 0; i < library->plugin_count; ++i) {
      const shunt_plugin* plugin = library->describe(i);
      if (plugin != nullptr && FakeServices::view(plugin->type) == type) return plugin;
    }
    return nullptr;
  }

  void create(std::string_view parameters) {
    instance_.parameters = std::make_unique<FakeParameters>(parameters);
    instance_.parameters->add_defaults(FakeServices::view(plugin_->parameters_schema));
    FakeCall call(instance_, Stage::Create);
    instance_.create_context = call.handle();
    // Copies, so that a plugin that keeps what was only borrowed is found out by a sanitizer.
    const auto name = std::make_unique<std::string>(instance_.name);
    const auto text = std::make_unique<std::string>(instance_.parameters->text());
    shunt_create_info info{};
    info.size = sizeof info;
    info.abi_minor = host_->table().abi_minor;
    info.host = &host_->table();
    info.init = reinterpret_cast<shunt_init*>(&instance_);
    info.ctx = call.handle();
    info.name = {name->data(), name->size()};
    info.parameters = {text->data(), text->size()};
    void* self = nullptr;
    creation_.status = plugin_->create(&info, &self);
    instance_.create_context = nullptr;
    instance_.parameters.reset();
    finish(creation_, call);
    if (creation_.status == SHUNT_OK && self != nullptr) {
      self_ = self;
    } else if (creation_.status == SHUNT_OK) {
      creation_ = {SHUNT_ERROR, "create() reported success and stored no instance", true};
    }
  }

  const shunt_plugin* plugin_;
  FakeHost* host_;
  FakeInstance instance_;
  void* self_ = nullptr;
  Answer creation_;
};

}  // namespace shunt::testing
