// SPDX-License-Identifier: Apache-2.0
// request.hpp: one inference request, owning its text.
//
//   Request request;
//   request.id = "r1"; request.model = "base"; request.prompt = "hello"; request.priority = 1;
//   scheduler.schedule(worker, *snapshot, request, options, decision);
#pragma once

#include <shunt/abi/request.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt {

// Filled by a front door or a file reader; keeps its memory when it is cleared, so that one object serves many requests
// without allocating. Durations are nanoseconds after arrival.
struct Request {
  std::uint64_t number = 0;  // running number in this host
  std::uint32_t attempt = 0;
  std::int64_t arrival_ns = 0;
  std::string id;
  std::string model;         // empty: absent
  std::string target_model;  // empty: same as model
  std::string type;          // "chat", "generate" or "embedding"; empty: absent
  std::string path;
  std::string prompt;
  bool has_prompt = false;  // an empty prompt is still a prompt
  std::string cache_salt;
  std::string user;
  std::string session;
  std::string tenant;
  bool streaming = false;
  bool multimodal = false;
  std::optional<std::int32_t> priority;
  std::optional<std::int64_t> deadline_ns;
  std::optional<std::int64_t> ttft_slo_ns;
  std::optional<std::int64_t> tpot_slo_ns;
  std::optional<std::uint64_t> prompt_tokens;
  bool prompt_tokens_estimated = false;
  std::optional<std::uint64_t> max_tokens;
  std::optional<std::uint64_t> batch_size;
  std::optional<std::uint64_t> input_bytes;
  std::optional<double> estimated_flops;
  std::optional<double> cost_budget;
  std::string preferred_endpoint;  // name; empty: absent
  std::vector<std::uint64_t> block_hashes;
  std::vector<std::uint32_t> token_ids;
  std::vector<std::uint64_t> excluded;                       // keys of endpoints to leave out
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::vector<std::pair<std::string, std::string>> tags;

  // Back to the state of a new object, memory kept.
  void clear();
  // The ABI's picture of this request. Call after the last change; valid until the next one.
  const shunt_request& seal();
  const shunt_request& raw() const noexcept { return raw_; }

  // The memory behind shunt_cycle.request_state, kept by the scheduler.
  std::vector<std::byte> plugin_state;
  std::uint64_t plugin_state_generation = 0;  // number of the generation whose layout it has
  std::vector<std::uint8_t> plugin_seen;      // per instance of that generation: 1 once it was called for this request

 private:
  shunt_request raw_{};
  std::vector<shunt_pair> raw_headers_;
  std::vector<shunt_pair> raw_tags_;
};

}  // namespace shunt
