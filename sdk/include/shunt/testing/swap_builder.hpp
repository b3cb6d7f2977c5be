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
  ModelBuilder(std::string id, std::uint32_t state);
  // Replaces the state.
  ModelBuilder& state(std::uint32_t value);
  // Flags of shunt_model:
  ModelBuilder& pinned();
  ModelBuilder& loading();
  ModelBuilder& leaving();
  // Members of shunt_model of the same names:
  ModelBuilder& group(std::string name);
  ModelBuilder& priority(std::int32_t value);
  ModelBuilder& in_flight(std::uint32_t requests);
  ModelBuilder& waiting(std::uint32_t requests);
  // Appends a device, by its index in the query.
  ModelBuilder& device(std::uint32_t index);
  // With its share on that device; either all devices of a model have one or none.
  ModelBuilder& device(std::uint32_t index, std::uint64_t bytes);
  // Optional numbers of shunt_model of the same names, which become present:
  ModelBuilder& last_used_ns(std::int64_t value);
  ModelBuilder& bytes(std::uint64_t value);
  ModelBuilder& load_cost_ns(std::int64_t value);

  // Unique in the query.
  const std::string& id() const { return id_; }
  // Points into this object.
  shunt_model raw() const;

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
  explicit SwapBuilder(std::string target_id);
  // References to models stay with the builder that they came from:
  SwapBuilder(const SwapBuilder&);
  SwapBuilder(SwapBuilder&&) noexcept;
  SwapBuilder& operator=(const SwapBuilder&);
  SwapBuilder& operator=(SwapBuilder&&) noexcept;
  ~SwapBuilder();

  // The model to be loaded.
  ModelBuilder& target() { return target_; }
  // The reference stays valid; the query lists models sorted by id, as the host does.
  ModelBuilder& running(std::string id);
  // Appends a device; ModelBuilder::device() counts them from 0.
  SwapBuilder& device(std::string name, std::uint64_t capacity_bytes, std::uint64_t used_bytes);
  // The clock.
  SwapBuilder& now_ns(std::int64_t value);

  // Ids in the order of the query: victims index into them.
  std::vector<std::string> running_ids() const;
  // The running models in that order.
  std::vector<const ModelBuilder*> sorted() const;

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
  explicit BuiltSwap(const SwapBuilder& builder);
  BuiltSwap(const BuiltSwap&) = delete;
  BuiltSwap& operator=(const BuiltSwap&) = delete;

  // What the plugin is asked.
  const shunt_swap_query& query() const { return query_; }
  // Where the plugin answers.
  shunt_swap_plan& plan() { return plan_; }
  // Nobody wrote behind the arrays of the plan.
  bool intact() const;

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
