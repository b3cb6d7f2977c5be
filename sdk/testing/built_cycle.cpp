// SPDX-License-Identifier: Apache-2.0
#include "built_cycle.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <variant>

namespace shunt::testing {

BuiltCycle::BuiltCycle(FakeInstance& instance, FakeCall& call, const shunt_request& request, std::size_t endpoints,
                       const Surroundings& around, bool in_profile, const shunt_view& base)
    : done_(around.done.size()),
      bands_(around.bands.size()),
      scratch_(instance.declared.scratch_bytes, std::byte{0xcd}) {
  for (std::size_t i = 0; i < around.done.size(); ++i) fill(done_[i], around.done[i]);
  fill_queue(around);
  fill_pool(around, endpoints);
  fill_values(instance);
  call.results = &around.done;

  raw_.size = sizeof raw_;
  raw_.profile = in_profile ? around.profile : SHUNT_NONE;
  raw_.round = around.round;
  raw_.attempt = request.attempt;
  raw_.now_ns = around.now_ns;
  raw_.seed = around.seed;
  raw_.request = &request;
  raw_.done = done_.data();
  raw_.n_done = static_cast<std::uint32_t>(around.done.size());
  raw_.done_stride = static_cast<std::uint32_t>(StridedArray<shunt_result>::kStride);
  raw_.pool = &pool_;
  raw_.queue = &queue_;
  raw_.scratch = instance.declared.scratch_bytes == 0 ? nullptr : scratch_.data();
  raw_.request_state = instance.request_state(request.number);
  raw_.values = value_pointers_.data();
  raw_.ctx = call.handle();
  raw_.base = &base;
}

void BuiltCycle::fill(shunt_result& out, const ProfileResult& result) {
  out.size = sizeof out;
  out.profile = result.profile;
  out.status = result.status;
  out.n_picks = result.status == SHUNT_OK ? static_cast<std::uint32_t>(result.picks.size()) : 0;
  out.picks = result.picks.data();
  out.base_rows = result.candidates.data();
  out.totals = result.totals.data();
  out.n_candidates = static_cast<std::uint32_t>(result.candidates.size());
  if (result.totals.size() != result.candidates.size()) {
    throw std::invalid_argument("a ProfileResult needs as many totals as candidates");
  }
}

void BuiltCycle::fill_queue(const Surroundings& around) {
  queue_.size = sizeof queue_;
  queue_.any_deadline = around.any_deadline ? 1 : 0;
  queue_.n_bands = static_cast<std::uint32_t>(around.bands.size());
  queue_.bands = bands_.data();
  queue_.band_stride = StridedArray<shunt_queue_band>::kStride;
  for (std::size_t i = 0; i < around.bands.size(); ++i) {
    const QueueBand& band = around.bands[i];
    bands_[i] = {sizeof(shunt_queue_band), band.priority, band.waiting, band.oldest_wait_ns};
    queue_.waiting += band.waiting;
    queue_.oldest_wait_ns = std::max(queue_.oldest_wait_ns, band.oldest_wait_ns);
    if (i == 0) queue_.highest_priority = band.priority;
  }
}

void BuiltCycle::fill_pool(const Surroundings& around, std::size_t endpoints) {
  pool_.size = sizeof pool_;
  pool_.present = (around.mean_load ? SHUNT_POOL_MEAN_LOAD : 0u) | (around.saturation ? SHUNT_POOL_SATURATION : 0u);
  pool_.endpoints = static_cast<std::uint32_t>(endpoints);
  pool_.candidates = pool_.endpoints;
  pool_.mean_load = around.mean_load.value_or(0.0);
  pool_.saturation = around.saturation.value_or(0.0);
}

void BuiltCycle::fill_values(const FakeInstance& instance) {
  values_.resize(instance.declared.values.size());
  texts_.resize(values_.size());
  for (std::size_t slot = 0; slot < values_.size(); ++slot) {
    shunt_value& value = values_[slot];
    value = shunt_value{};
    value.size = sizeof value;
    value.type = instance.declared.values[slot].type;
    const auto& known = instance.host->values();
    if (const auto found = known.find(instance.declared.values[slot].name); found != known.end()) {
      store(value, texts_[slot], found->second, found->first);
    }
    value_pointers_.push_back(&value);
  }
}

void BuiltCycle::store(shunt_value& value, std::string& text, const RequestValue& content, const std::string& name) {
  const bool right_type = content.index() + 1 == value.type;
  if (!right_type) throw std::invalid_argument("value \"" + name + "\": the plugin reads it with another type");
  value.present = 1;
  if (const double* number = std::get_if<double>(&content)) value.number = *number;
  if (const EndpointRef* endpoint = std::get_if<EndpointRef>(&content)) value.key = endpoint->key;
  if (const SymbolRef* symbol = std::get_if<SymbolRef>(&content)) value.symbol = symbol->symbol;
  if (const std::string* words = std::get_if<std::string>(&content)) {
    text = *words;
    value.text = {text.data(), text.size()};
  }
}

}  // namespace shunt::testing
