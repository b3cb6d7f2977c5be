// SPDX-License-Identifier: Apache-2.0
// request.hpp: one inference request as C++ sees it. Absent is not zero: optional fields are std::optional.
#pragma once

#include <shunt/abi/request.h>
#include <shunt/sdk/text.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace shunt::sdk {

// Valid until the call returns; cheap to copy. An absent text is an empty view; raw() tells absent from empty.
class Request {
 public:
  explicit Request(const shunt_request& raw) noexcept : raw_(&raw) {}

  // Texts of shunt_request of the same names:
  std::string_view id() const noexcept { return to_view(raw_->id); }
  std::string_view model() const noexcept { return to_view(raw_->model); }
  std::string_view target_model() const noexcept { return to_view(raw_->target_model); }
  std::string_view type() const noexcept { return to_view(raw_->type); }
  std::string_view path() const noexcept { return to_view(raw_->path); }
  std::string_view prompt() const noexcept { return to_view(raw_->prompt); }
  std::string_view cache_salt() const noexcept { return to_view(raw_->cache_salt); }
  std::string_view user() const noexcept { return to_view(raw_->user); }
  std::string_view session() const noexcept { return to_view(raw_->session); }
  std::string_view tenant() const noexcept { return to_view(raw_->tenant); }

  // Running number of the request in its host, from 0.
  std::uint64_t number() const noexcept { return raw_->number; }
  // 0 for the first decision, raised for each retry.
  std::uint32_t attempt() const noexcept { return raw_->attempt; }
  // On the clock of Cycle::now_ns().
  std::int64_t arrival_ns() const noexcept { return raw_->arrival_ns; }
  // Higher is more important, 0 the default, negative may be shed.
  std::int32_t priority() const noexcept { return raw_->priority; }
  // Somebody has set it.
  bool has_priority() const noexcept { return (raw_->present & SHUNT_REQUEST_PRIORITY) != 0; }
  // The client asked for a streamed answer.
  bool streaming() const noexcept { return (raw_->traits & SHUNT_REQUEST_STREAMING) != 0; }
  // The body holds images, audio or video.
  bool multimodal() const noexcept { return (raw_->traits & SHUNT_REQUEST_MULTIMODAL) != 0; }

  // Nanoseconds after arrival.
  std::optional<std::int64_t> deadline_ns() const noexcept { return get(SHUNT_REQUEST_DEADLINE, raw_->deadline_ns); }
  // Target for the time to first token, in nanoseconds.
  std::optional<std::int64_t> ttft_slo_ns() const noexcept { return get(SHUNT_REQUEST_TTFT_SLO, raw_->ttft_slo_ns); }
  // Target for the time per output token, in nanoseconds.
  std::optional<std::int64_t> tpot_slo_ns() const noexcept { return get(SHUNT_REQUEST_TPOT_SLO, raw_->tpot_slo_ns); }
  // Length of the prompt, or of the input when only that is known.
  std::optional<std::uint64_t> prompt_bytes() const noexcept {
    return get(SHUNT_REQUEST_PROMPT_BYTES, raw_->prompt_bytes);
  }
  // Counts of shunt_request of the same names:
  std::optional<std::uint64_t> prompt_tokens() const noexcept {
    return get(SHUNT_REQUEST_PROMPT_TOKENS, raw_->prompt_tokens);
  }
  std::optional<std::uint64_t> max_tokens() const noexcept { return get(SHUNT_REQUEST_MAX_TOKENS, raw_->max_tokens); }
  std::optional<std::uint64_t> batch_size() const noexcept { return get(SHUNT_REQUEST_BATCH_SIZE, raw_->batch_size); }
  std::optional<std::uint64_t> input_bytes() const noexcept {
    return get(SHUNT_REQUEST_INPUT_BYTES, raw_->input_bytes);
  }
  // Floating point operations, as the client estimates them.
  std::optional<double> estimated_flops() const noexcept {
    return get(SHUNT_REQUEST_ESTIMATED_FLOPS, raw_->estimated_flops);
  }
  // In the currency of `price_per_gpu_hour`.
  std::optional<double> cost_budget() const noexcept { return get(SHUNT_REQUEST_COST_BUDGET, raw_->cost_budget); }
  // Key of an endpoint.
  std::optional<std::uint64_t> preferred_endpoint() const noexcept {
    return get(SHUNT_REQUEST_PREFERRED_ENDPOINT, raw_->preferred_endpoint);
  }

  // Hashes of the prompt's blocks in order; empty when none were given.
  std::span<const std::uint64_t> block_hashes() const noexcept { return {raw_->block_hashes, raw_->n_block_hashes}; }
  // Token ids of the prompt; empty when none were given.
  std::span<const std::uint32_t> token_ids() const noexcept { return {raw_->token_ids, raw_->n_token_ids}; }

  // Value of a header by its lower-case name, or of a tag.
  std::optional<std::string_view> header(std::string_view name) const noexcept {
    return look_up({raw_->headers, raw_->n_headers}, name);
  }
  // Value of a tag.
  std::optional<std::string_view> tag(std::string_view name) const noexcept {
    return look_up({raw_->tags, raw_->n_tags}, name);
  }

  const shunt_request& raw() const noexcept { return *raw_; }

 private:
  template <class T>
  std::optional<T> get(std::uint64_t bit, T value) const noexcept {
    if ((raw_->present & bit) == 0) return std::nullopt;
    return value;
  }
  static std::optional<std::string_view> look_up(std::span<const shunt_pair> pairs, std::string_view name) noexcept {
    for (const shunt_pair& pair : pairs) {
      if (to_view(pair.name) == name) return to_view(pair.value);
    }
    return std::nullopt;
  }
  const shunt_request* raw_;
};

}  // namespace shunt::sdk
