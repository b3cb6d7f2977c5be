// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/state_transfer.hpp>

#include "runtime/call_context.hpp"
#include "runtime/reclaimer.hpp"

#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace shunt {
namespace {

using Outcome = StateTransfer::Outcome;

struct StateStream : shunt_state_stream {
  explicit StateStream(std::size_t limit);
  std::size_t limit;  // the plugin can reach `capacity`
  std::string bytes;
  bool refused = false;
};

std::int32_t write_state(shunt_state_stream* stream, const void* data, std::uint64_t size) noexcept {
  auto& to = *static_cast<StateStream*>(stream);
  if (data == nullptr && size != 0) return SHUNT_INVALID;
  to.refused = to.refused || size > to.limit - to.bytes.size();
  if (to.refused) return SHUNT_OUT_OF_MEMORY;
  if (size == 0) return SHUNT_OK;
  try {
    to.bytes.append(static_cast<const char*>(data), size);
  } catch (const std::bad_alloc&) {
    to.refused = true;
    return SHUNT_OUT_OF_MEMORY;
  }
  return SHUNT_OK;
}

StateStream::StateStream(std::size_t takes)
    : shunt_state_stream{sizeof(shunt_state_stream), 0, takes, write_state}, limit(takes) {}

template <class Call>
std::pair<std::int32_t, std::string> call(const Instance& instance, PluginFunction function, const Call& body) {
  const Reclaimer::Call running;
  const CallMark mark(instance.mark(), function);
  const auto ctx = std::make_unique<shunt_ctx>();
  ctx->begin(instance, kMayRetire);
  const std::int32_t status = body(*ctx);
  std::string said(ctx->error_text());
  if (status != SHUNT_OK && said.empty()) said = "it gave no reason (status " + std::to_string(status) + ")";
  return {status, std::move(said)};
}

std::pair<std::int32_t, std::string> save(const Instance& from, StateStream& stream) {
  return call(from, PluginFunction::SaveState,
              [&](shunt_ctx& ctx) { return from.state->save(from.self(), &ctx, &stream); });
}

std::pair<std::int32_t, std::string> load(const Instance& to, shunt_str version, const std::string& bytes) {
  return call(to, PluginFunction::LoadState,
              [&](shunt_ctx& ctx) { return to.state->load(to.self(), &ctx, version, bytes.data(), bytes.size()); });
}

StateTransfer transfer(Instance& from, const std::shared_ptr<Instance>& to, std::size_t limit) {
  StateTransfer result{to->name(), Outcome::NotOffered, {}, 0};
  if (from.state == nullptr || to->state == nullptr) return result;
  // Both at once: an event between save() and load() would be lost. The new one is not published, so that nobody takes these
  // two the other way round.
  const std::lock_guard lock(from.serial_mutex);
  const std::lock_guard lock_new(to->serial_mutex);
  StateStream stream(limit);
  const auto saved = save(from, stream);
  result.bytes = stream.bytes.size();
  result.outcome = Outcome::Failed;
  if (stream.refused) {
    result.problem = "its state is larger than " + std::to_string(limit) + " bytes";
    return result;
  }
  if (saved.first != SHUNT_OK) {
    result.problem = "its state could not be saved: " + saved.second;
    return result;
  }
  const auto loaded = load(*to, from.state->version, stream.bytes);
  if (loaded.first == SHUNT_UNSUPPORTED) {
    result.outcome = Outcome::NotReadable;
    result.problem = loaded.second;
  } else if (loaded.first != SHUNT_OK) {
    result.problem = "the state of its predecessor could not be loaded: " + loaded.second;
  } else {
    result.outcome = Outcome::Taken;
    from.successor = to;
  }
  return result;
}

}  // namespace

std::vector<StateTransfer> transfer_state(const Generation& from, const Generation& to, std::size_t limit) {
  std::vector<StateTransfer> transfers;
  for (const std::shared_ptr<Instance>& instance : to.instances()) {
    for (const std::shared_ptr<Instance>& before : from.instances()) {
      if (before == instance || before->name() != instance->name() || before->type() != instance->type()) continue;
      const PluginConfig* plugin = to.config().find_plugin(instance->name());
      if (plugin != nullptr && plugin->state == StatePolicy::Discard) {
        transfers.push_back({instance->name(), Outcome::Discarded, {}, 0});
      } else {
        transfers.push_back(transfer(*before, instance, limit));
      }
    }
  }
  return transfers;
}

std::vector<SavedState> save_states(const Generation& generation, const std::function<bool(const Instance&)>& wanted,
                                    std::size_t limit) {
  std::vector<SavedState> states;
  for (const std::shared_ptr<Instance>& instance : generation.instances()) {
    if (instance->state == nullptr || !wanted(*instance)) continue;
    StateStream stream(limit);
    const std::lock_guard lock(instance->serial_mutex);
    if (save(*instance, stream).first != SHUNT_OK || stream.refused) continue;
    limit -= stream.bytes.size();
    const shunt_str version = instance->state->version;
    states.push_back(
        {instance->name(), instance->type(), std::string(version.data, version.len), std::move(stream.bytes)});
  }
  return states;
}

bool load_state(const Generation& generation, const SavedState& state) {
  for (const std::shared_ptr<Instance>& instance : generation.instances()) {
    if (instance->name() != state.instance || instance->type() != state.type) continue;
    if (instance->state == nullptr) return false;
    const std::lock_guard lock(instance->serial_mutex);
    return load(*instance, {state.version.data(), state.version.size()}, state.bytes).first == SHUNT_OK;
  }
  return false;
}

void forget_successors(const Generation& generation) {
  for (const std::shared_ptr<Instance>& instance : generation.instances()) {
    const std::lock_guard lock(instance->serial_mutex);
    instance->successor.reset();
  }
}

}  // namespace shunt
