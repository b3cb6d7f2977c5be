// SPDX-License-Identifier: Apache-2.0
// frame.hpp: everything that a call receives, built from a scene for one instance: request, columns, values, scratch.
#pragma once

#include <shunt/abi/abi.h>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guarded_memory.hpp"
#include "scene.hpp"
#include "subject.hpp"

namespace shunt::validate {

// Outcome of an earlier profile run of the request.
struct Run {
  std::uint32_t profile;
  std::int32_t status;
};

class Frame {
 public:
  Frame(Subject& subject, const Scene& scene);
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  const Scene& scene() const { return scene_; }
  // The base view, and the view of calls inside profiles.
  const shunt_view& base() const { return *base_; }
  const shunt_view& candidates() const { return *candidates_; }
  const shunt_request& request() const { return *request_; }

  // The cycle of the next call: inputs become read-only until the next prepare().
  const shunt_cycle& prepare(testing::FakeCall& call, bool in_profile, std::uint32_t round, std::span<const Run> runs);
  // The results that the last prepare() handed over.
  const std::vector<testing::ProfileResult>& results() const { return results_; }
  const char* damaged() const { return memory_.damaged(); }

 private:
  using Rows = std::vector<std::uint32_t>;  // numbers of endpoints

  shunt_str own(const char* name, std::string_view text);
  void build_request();
  void fill_request();
  void name_sender();
  const shunt_view* build_view(const Rows& endpoints, const Rows& base_rows, bool is_base);
  const shunt_column* build_column(const testing::DeclaredColumn& declared, const Rows& endpoints);
  void fill_column(shunt_column& column, const testing::DeclaredColumn& declared, const Rows& endpoints,
                   std::span<std::uint8_t> valid);
  void fill_sets(shunt_column& column, const testing::DeclaredColumn& declared, const Rows& endpoints,
                 std::span<const std::uint8_t> valid, const char* name);
  void build_surroundings();
  void build_values();
  void build_index(shunt_view& view);
  std::string_view membership_text(std::uint32_t field) const;

  Subject& subject_;
  Scene scene_;
  GuardedMemory memory_;
  GuardedMemory call_memory_;
  shunt_request* request_ = nullptr;
  const shunt_view* base_ = nullptr;
  const shunt_view* candidates_ = nullptr;
  shunt_cycle* cycle_ = nullptr;
  shunt_pool_stats* pool_ = nullptr;
  shunt_queue_stats* queue_ = nullptr;
  const shunt_value** values_ = nullptr;
  std::span<std::byte> scratch_;
  std::span<std::byte> done_;  // results, further apart than they are large, as a newer host lays them out
  std::span<std::uint32_t> picks_;
  std::span<std::uint32_t> run_rows_;
  std::span<double> totals_;
  std::vector<testing::ProfileResult> results_;
};

inline constexpr std::uint32_t kMostRuns = 16;

}  // namespace shunt::validate
