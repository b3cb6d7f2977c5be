// SPDX-License-Identifier: Apache-2.0
#include "subject.hpp"

#include <algorithm>
#include <cstring>
#include <shunt/sdk/text.hpp>

namespace shunt::validate {

Subject::Subject(const shunt_library& library, const shunt_plugin& plugin, std::string_view parameters,
                 const std::vector<std::string>& profiles, bool refuse_required)
    : plugin_(plugin),
      instance_(host_.fake(), std::string(sdk::to_view(plugin.type))),
      profiles_(static_cast<std::uint32_t>(profiles.size())) {
  for (const std::string& profile : profiles) host_.fake().add_profile(profile);
  if (refuse_required) host_.fake().provide("nothing that anybody reads");
  const PluginCall calling;
  status_ = host_.fake().start(library, &error_);
  if (status_ == SHUNT_OK) create(parameters);
}

Subject::~Subject() {
  const PluginCall calling;
  host_.fake().run_retired(instance_);
  if (self_ != nullptr) plugin_.destroy(self_);
}

void Subject::create(std::string_view parameters) {
  GuardedMemory memory;
  instance_.parameters = std::make_unique<testing::FakeParameters>(parameters);
  testing::FakeCall call(instance_, testing::Stage::Create);
  instance_.create_context = call.handle();
  auto& info = memory.structure<shunt_create_info>("shunt_create_info");
  info.size = sizeof info;
  info.abi_minor = host_.fake().table().abi_minor;
  info.host = &host_.fake().table();
  info.init = reinterpret_cast<shunt_init*>(&instance_);
  info.ctx = call.handle();
  info.name = {memory.text("shunt_create_info.name", instance_.name), instance_.name.size()};
  info.parameters = {memory.text("shunt_create_info.parameters", parameters), parameters.size()};
  void*& self = memory.output<void*>("*self of create()", 1)[0];
  self = nullptr;
  memory.protect(true);
  status_ = plugin_.create(&info, &self);
  damage_ = memory.damaged();
  if (status_ == SHUNT_OK) self_ = self;
  error_ = call.error;
  instance_.create_context = nullptr;
  instance_.parameters.reset();
}

bool Subject::offers(std::string_view id) const {
  return std::any_of(plugin_.interfaces, plugin_.interfaces + plugin_.n_interfaces,
                     [id](shunt_str offered) { return sdk::to_view(offered) == id; });
}

const void* Subject::find(std::string_view id, std::size_t bytes) const {
  const PluginCall calling;
  const void* found = plugin_.interface_table(self_, {id.data(), id.size()});
  if (found == nullptr) return nullptr;
  std::uint32_t size = 0;
  std::memcpy(&size, found, sizeof size);
  return size >= bytes ? found : nullptr;
}

void* Subject::request_state(std::uint64_t request_number) {
  const std::uint64_t bytes = declared().request_state_bytes;
  if (bytes == 0) return nullptr;
  const std::lock_guard lock(states_mutex_);
  std::unique_ptr<State>& state = states_[request_number];
  if (state == nullptr) {
    state = std::make_unique<State>();
    const std::span<std::byte> data = state->memory.output<std::byte>("request_state", bytes);
    std::ranges::fill(data, std::byte{0});
    state->data = data.data();
  }
  return state->data;
}

void* Subject::known_request_state(std::uint64_t request_number) const {
  const std::lock_guard lock(states_mutex_);
  const auto found = states_.find(request_number);
  return found == states_.end() ? nullptr : found->second->data;
}

void Subject::forget_request(std::uint64_t request_number) {
  const std::lock_guard lock(states_mutex_);
  states_.erase(request_number);
}

void Subject::restart_request(std::uint64_t request_number) {
  const std::lock_guard lock(states_mutex_);
  const auto found = states_.find(request_number);
  if (found != states_.end()) std::memset(found->second->data, 0, declared().request_state_bytes);
}

bool Subject::request_states_intact() const {
  const std::lock_guard lock(states_mutex_);
  return std::ranges::all_of(states_, [](const auto& entry) { return entry.second->memory.damaged() == nullptr; });
}

}  // namespace shunt::validate
