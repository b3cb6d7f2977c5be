// SPDX-License-Identifier: Apache-2.0
// swap_builder.hpp: the question to a swapper, spelled out in a test.
//
//   SwapBuilder query("llama");
//   query.target().bytes(40 * kGiB);
//   query.device("gpu-0", 80 * kGiB, 60 * kGiB);
//   query.running("qwen").bytes(60 * kGiB).last_used_ns(5).device(0);
#pragma once

#include <shunt/abi/swapper.h>
#include <shunt/testing/surroundings.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace shunt::testing {

// One managed model; ready and idle unless the test says otherwise.
class ModelBuilder {
 public:
  // `state` is SHUNT_MODEL_STOPPED or one of its like.
  ModelBuilder(std::string id, std::uint32_t state) : id_(std::move(id)) {
    raw_.size = sizeof raw_;
    raw_.state = state;
  }
  // Replaces the state.
  ModelBuilder& state(std::uint32_t value) { return set(raw_.state, value); }
  // Flags of shunt_model:
  ModelBuilder& pinned() { return set(raw_.flags, raw_.flags | SHUNT_MODEL_PINNED); }
  ModelBuilder& loading() { return set(raw_.flags, raw_.flags | SHUNT_MODEL_LOADING); }
  ModelBuilder& leaving() { return set(raw_.flags, raw_.flags | SHUNT_MODEL_LEAVING); }
  // Members of shunt_model of the same names:
  ModelBuilder& group(std::string name) { return set(group_, std::move(name)); }
  ModelBuilder& priority(std::int32_t value) { return set(raw_.priority, value); }
  ModelBuilder& in_flight(std::uint32_t requests) { return set(raw_.in_flight, requests); }
  ModelBuilder& waiting(std::uint32_t requests) { return set(raw_.waiting, requests); }
  // Appends a device, by its index in the query.
  ModelBuilder& device(std::uint32_t index) {
    devices_.push_back(index);
    return *this;
  }
  // With its share on that device; either all devices of a model have one or none.
  ModelBuilder& device(std::uint32_t index, std::uint64_t bytes) {
    device_bytes_.push_back(bytes);
    return device(index);
  }
  // Optional numbers of shunt_model of the same names, which become present:
  ModelBuilder& last_used_ns(std::int64_t value) { return present(raw_.last_used_ns, value, SHUNT_MODEL_LAST_USED); }
  ModelBuilder& bytes(std::uint64_t value) { return present(raw_.bytes, value, SHUNT_MODEL_BYTES); }
  ModelBuilder& load_cost_ns(std::int64_t value) { return present(raw_.load_cost_ns, value, SHUNT_MODEL_LOAD_COST); }

  // Unique in the query.
  const std::string& id() const { return id_; }
  // Points into this object.
  shunt_model raw() const {
    shunt_model model = raw_;
    model.id = {id_.data(), id_.size()};
    if (!group_.empty()) model.group = {group_.data(), group_.size()};
    model.devices = devices_.data();
    model.n_devices = static_cast<std::uint32_t>(devices_.size());
    if (!device_bytes_.empty()) model.device_bytes = device_bytes_.data();
    return model;
  }

 private:
  template <class T>
  ModelBuilder& set(T& field, T value) {
    field = std::move(value);
    return *this;
  }
  template <class T>
  ModelBuilder& present(T& field, T value, std::uint32_t bit) {
    raw_.present |= bit;
    return set(field, value);
  }
  std::string id_;
  std::string group_;
  std::vector<std::uint32_t> devices_;
  std::vector<std::uint64_t> device_bytes_;
  shunt_model raw_{};
};

// The question: a stopped model to be loaded, what runs, and where.
class SwapBuilder {
 public:
  // Without running models or devices.
  explicit SwapBuilder(std::string target_id) : target_(std::move(target_id), SHUNT_MODEL_STOPPED) {}

  // The model to be loaded.
  ModelBuilder& target() { return target_; }
  // The reference stays valid; the query lists models sorted by id, as the host does.
  ModelBuilder& running(std::string id) { return running_.emplace_back(std::move(id), SHUNT_MODEL_READY); }
  // Appends a device; ModelBuilder::device() counts them from 0.
  SwapBuilder& device(std::string name, std::uint64_t capacity_bytes, std::uint64_t used_bytes) {
    devices_.push_back({std::move(name), capacity_bytes, used_bytes});
    return *this;
  }
  // The clock.
  SwapBuilder& now_ns(std::int64_t value) {
    now_ns_ = value;
    return *this;
  }

  // Ids in the order of the query: victims index into them.
  std::vector<std::string> running_ids() const {
    std::vector<std::string> ids;
    for (const ModelBuilder* model : sorted()) ids.push_back(model->id());
    return ids;
  }
  // The running models in that order.
  std::vector<const ModelBuilder*> sorted() const {
    std::vector<const ModelBuilder*> models;
    for (const ModelBuilder& model : running_) models.push_back(&model);
    std::sort(models.begin(), models.end(), [](const auto* a, const auto* b) { return a->id() < b->id(); });
    return models;
  }

 private:
  friend class BuiltSwap;
  struct Device {
    std::string name;
    std::uint64_t capacity_bytes;
    std::uint64_t used_bytes;
  };
  ModelBuilder target_;
  std::deque<ModelBuilder> running_;
  std::vector<Device> devices_;
  std::int64_t now_ns_ = 1'000'000'000;
};

// The query as the plugin receives it, and an empty plan.
class BuiltSwap {
 public:
  // `builder` has to outlive it.
  explicit BuiltSwap(const SwapBuilder& builder)
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
  BuiltSwap(const BuiltSwap&) = delete;
  BuiltSwap& operator=(const BuiltSwap&) = delete;

  // What the plugin is asked.
  const shunt_swap_query& query() const { return query_; }
  // Where the plugin answers.
  shunt_swap_plan& plan() { return plan_; }
  // Nobody wrote behind the arrays of the plan.
  bool intact() const { return victims_.intact() && placement_.intact(); }

 private:
  shunt_model target_;
  StridedArray<shunt_model> running_;
  StridedArray<shunt_device> devices_;
  PaddedArray<std::uint32_t> victims_;
  PaddedArray<std::uint32_t> placement_;
  shunt_swap_query query_{};
  shunt_swap_plan plan_{};
};

}  // namespace shunt::testing
