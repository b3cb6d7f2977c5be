// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/fake_instance.hpp>

#include <cstring>

namespace shunt::testing {

std::size_t Notes::size() const {
  return annotations.size() + request_headers.size() + response_headers.size() + (target_port ? 1 : 0);
}

FakeInstance::FakeInstance(FakeHost& owner, std::string instance_name) : host(&owner), name(std::move(instance_name)) {}

FakeInstance::~FakeInstance() = default;

void* FakeInstance::request_state(std::uint64_t request_number) {
  if (declared.request_state_bytes == 0) return nullptr;
  std::vector<std::max_align_t>& state = request_states[request_number];
  if (state.empty()) {
    state.resize((declared.request_state_bytes + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t));
    std::memset(state.data(), 0, state.size() * sizeof(std::max_align_t));
  }
  return state.data();
}

void* FakeInstance::known_request_state(std::uint64_t request_number) {
  const auto found = request_states.find(request_number);
  return found == request_states.end() ? nullptr : found->second.data();
}

FakeCall::FakeCall(FakeInstance& called, Stage running) : instance(&called), stage(running) {}

FakeCall::~FakeCall() = default;

void FakeCall::set_error(std::int32_t code, std::string_view text) {
  error_code = code;
  error = text.substr(0, 1024);
  for (FakeCall* told = caller; told != nullptr; told = told->caller) {
    told->error_code = code;
    told->error = ("plugin \"" + instance->name + "\": " + error).substr(0, 1024);
  }
}

}  // namespace shunt::testing
