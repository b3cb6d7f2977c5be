// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/plugin_instance.hpp>

#include <memory>
#include <utility>

#include "call_frame.hpp"
#include "text.hpp"

namespace shunt::testing {

namespace {

const shunt_plugin* described(shunt_library_entry entry, std::string_view type) {
  const shunt_library* library = entry();
  if (library == nullptr) return nullptr;
  for (std::uint32_t i = 0; i < library->plugin_count; ++i) {
    const shunt_plugin* plugin = library->describe(i);
    if (plugin != nullptr && sdk::to_view(plugin->type) == type) return plugin;
  }
  return nullptr;
}

}  // namespace

PluginInstance::PluginInstance(shunt_library_entry entry, std::string_view type, std::string_view parameters,
                               FakeHost& host, std::string name)
    : PluginInstance(described(entry, type), type, parameters, host, std::move(name), entry) {}

PluginInstance::PluginInstance(const shunt_plugin* plugin, std::string_view type, std::string_view parameters,
                               FakeHost& host, std::string name, shunt_library_entry entry)
    : plugin_(plugin), host_(&host), instance_(host, name.empty() ? std::string(type) : std::move(name)) {
  if (plugin == nullptr || sdk::to_view(plugin->type) != type) {
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

PluginInstance::~PluginInstance() {
  if (!created()) return;
  host_->run_retired(instance_);
  plugin_->destroy(self_);
}

void PluginInstance::create(std::string_view parameters) {
  instance_.parameters = std::make_unique<FakeParameters>(parameters);
  instance_.parameters->add_defaults(sdk::to_view(plugin_->parameters_schema));
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

const void* PluginInstance::interface_table(std::string_view id) const {
  if (!created()) return nullptr;
  const void* table = plugin_->interface_table(self_, {id.data(), id.size()});
  // Every table begins with its size.
  return table != nullptr && *static_cast<const std::uint32_t*>(table) >= sizeof(std::uint32_t) ? table : nullptr;
}

const void* PluginInstance::need_table(std::string_view id, Answer& answer) const {
  const void* table = interface_table(id);
  if (table != nullptr) return table;
  answer.status = SHUNT_UNSUPPORTED;
  answer.error = created() ? "the plugin does not offer " + std::string(id) : "the plugin was not created";
  return nullptr;
}

void PluginInstance::offer_as(const std::string& name) {
  for (std::uint32_t i = 0; created() && i < plugin_->n_interfaces; ++i) {
    const std::string id = detail::copy(plugin_->interfaces[i]);
    host_->add_peer(name, id, plugin_->interface_table(self_, plugin_->interfaces[i]), self_, &instance_);
  }
}

Answer PluginInstance::call_erased(Stage stage, std::int32_t (*run)(void*, shunt_ctx*), void* function) {
  Answer answer;
  FakeCall running(instance_, stage);
  answer.status = run(function, running.handle());
  finish(answer, running);
  return answer;
}

Answer PluginInstance::call_erased(Stage stage, const EndpointSet& endpoints, const RequestBuilder& request,
                                   const Surroundings& around,
                                   std::int32_t (*run)(void*, const shunt_cycle*, const shunt_view*), void* function) {
  Answer answer;
  CallFrame frame = CallFrame::over_base(instance_, stage, endpoints, request, around);
  answer.status = run(function, &frame.cycle(), &frame.view().raw());
  frame.finish(answer);
  return answer;
}

}  // namespace shunt::testing
