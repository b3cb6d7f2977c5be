// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/swap_builder.hpp>

#include <algorithm>
#include <utility>

namespace shunt::testing {

ModelBuilder::ModelBuilder(std::string id, std::uint32_t state) : id_(std::move(id)) {
  raw_.size = sizeof raw_;
  raw_.state = state;
}

ModelBuilder& ModelBuilder::state(std::uint32_t value) { return set(raw_.state, value); }

ModelBuilder& ModelBuilder::pinned() { return set(raw_.flags, raw_.flags | SHUNT_MODEL_PINNED); }

ModelBuilder& ModelBuilder::loading() { return set(raw_.flags, raw_.flags | SHUNT_MODEL_LOADING); }

ModelBuilder& ModelBuilder::leaving() { return set(raw_.flags, raw_.flags | SHUNT_MODEL_LEAVING); }

ModelBuilder& ModelBuilder::group(std::string name) { return set(group_, std::move(name)); }

ModelBuilder& ModelBuilder::priority(std::int32_t value) { return set(raw_.priority, value); }

ModelBuilder& ModelBuilder::in_flight(std::uint32_t requests) { return set(raw_.in_flight, requests); }

ModelBuilder& ModelBuilder::waiting(std::uint32_t requests) { return set(raw_.waiting, requests); }

ModelBuilder& ModelBuilder::device(std::uint32_t index) {
  devices_.push_back(index);
  return *this;
}

ModelBuilder& ModelBuilder::device(std::uint32_t index, std::uint64_t bytes) {
  device_bytes_.push_back(bytes);
  return device(index);
}

ModelBuilder& ModelBuilder::last_used_ns(std::int64_t value) {
  return present(raw_.last_used_ns, value, SHUNT_MODEL_LAST_USED);
}

ModelBuilder& ModelBuilder::bytes(std::uint64_t value) { return present(raw_.bytes, value, SHUNT_MODEL_BYTES); }

ModelBuilder& ModelBuilder::load_cost_ns(std::int64_t value) {
  return present(raw_.load_cost_ns, value, SHUNT_MODEL_LOAD_COST);
}

shunt_model ModelBuilder::raw() const {
  shunt_model model = raw_;
  model.id = {id_.data(), id_.size()};
  if (!group_.empty()) model.group = {group_.data(), group_.size()};
  model.devices = devices_.data();
  model.n_devices = static_cast<std::uint32_t>(devices_.size());
  if (!device_bytes_.empty()) model.device_bytes = device_bytes_.data();
  return model;
}

SwapBuilder::SwapBuilder(std::string target_id) : target_(std::move(target_id), SHUNT_MODEL_STOPPED) {}

ModelBuilder& SwapBuilder::running(std::string id) { return running_.emplace_back(std::move(id), SHUNT_MODEL_READY); }

SwapBuilder& SwapBuilder::device(std::string name, std::uint64_t capacity_bytes, std::uint64_t used_bytes) {
  devices_.push_back({std::move(name), capacity_bytes, used_bytes});
  return *this;
}

SwapBuilder& SwapBuilder::now_ns(std::int64_t value) {
  now_ns_ = value;
  return *this;
}

std::vector<std::string> SwapBuilder::running_ids() const {
  std::vector<std::string> ids;
  for (const ModelBuilder* model : sorted()) ids.push_back(model->id());
  return ids;
}

std::vector<const ModelBuilder*> SwapBuilder::sorted() const {
  std::vector<const ModelBuilder*> models;
  for (const ModelBuilder& model : running_) models.push_back(&model);
  std::sort(models.begin(), models.end(), [](const auto* a, const auto* b) { return a->id() < b->id(); });
  return models;
}

BuiltSwap::BuiltSwap(const SwapBuilder& builder)
    : target_(builder.target_.raw()),
      running_(builder.running_.size()),
      devices_(builder.devices_.size()),
      victims_(builder.running_.size(), SHUNT_NONE),
      placement_(builder.devices_.size(), SHUNT_NONE) {
  const std::vector<const ModelBuilder*> models = builder.sorted();
  for (std::size_t i = 0; i < models.size(); ++i) running_[i] = models[i]->raw();
  for (std::size_t i = 0; i < builder.devices_.size(); ++i) {
    const SwapBuilder::Device& device = builder.devices_[i];
    devices_[i] = {
        sizeof(shunt_device), 0, {device.name.data(), device.name.size()}, device.capacity_bytes, device.used_bytes};
  }
  query_.size = sizeof query_;
  query_.n_running = static_cast<std::uint32_t>(models.size());
  query_.target = &target_;
  query_.running = running_.data();
  query_.running_stride = StridedArray<shunt_model>::kStride;
  query_.devices = devices_.data();
  query_.device_stride = StridedArray<shunt_device>::kStride;
  query_.n_devices = static_cast<std::uint32_t>(builder.devices_.size());
  query_.now_ns = builder.now_ns_;
  plan_.size = sizeof plan_;
  plan_.victims = victims_.data();
  plan_.victims_capacity = query_.n_running;
  plan_.placement = placement_.data();
  plan_.placement_capacity = query_.n_devices;
}

bool BuiltSwap::intact() const { return victims_.intact() && placement_.intact(); }

SwapBuilder::SwapBuilder(const SwapBuilder&) = default;
SwapBuilder::SwapBuilder(SwapBuilder&&) noexcept = default;
SwapBuilder& SwapBuilder::operator=(const SwapBuilder&) = default;
SwapBuilder& SwapBuilder::operator=(SwapBuilder&&) noexcept = default;
SwapBuilder::~SwapBuilder() = default;

}  // namespace shunt::testing
