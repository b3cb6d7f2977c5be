// SPDX-License-Identifier: Apache-2.0
// request_builder.hpp: a request, spelled out in a test. What is not named stays absent.
//
//   RequestBuilder request;
//   request.model("llama-3").prompt("hello").priority(2).header("x-tier", "gold");
#pragma once

#include <shunt/abi/request.h>

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace shunt::testing {

// Owns every text and list that raw() points to; raw() is valid until the builder is changed or goes away.
class RequestBuilder {
 public:
  // A request with nothing in it.
  RequestBuilder() { raw_.size = sizeof raw_; }
  RequestBuilder(const RequestBuilder&) = delete;
  RequestBuilder& operator=(const RequestBuilder&) = delete;

  // As the client or the front door named it.
  RequestBuilder& id(std::string text) { return set(raw_.id, std::move(text)); }
  // The target model follows the model unless it is named.
  RequestBuilder& model(std::string text) {
    set(raw_.model, std::move(text));
    if (!rewritten_) raw_.target_model = raw_.model;
    return *this;
  }
  // The model after rewriting.
  RequestBuilder& target_model(std::string text) {
    rewritten_ = true;
    return set(raw_.target_model, std::move(text));
  }
  // "chat", "generate" or "embedding".
  RequestBuilder& type(std::string text) { return set(raw_.type, std::move(text)); }
  // URL path without query.
  RequestBuilder& path(std::string text) { return set(raw_.path, std::move(text)); }
  // Says its length too, as the host does.
  RequestBuilder& prompt(std::string text) {
    prompt_bytes(text.size());
    return set(raw_.prompt, std::move(text));
  }
  // Texts of shunt_request of the same names:
  RequestBuilder& cache_salt(std::string text) { return set(raw_.cache_salt, std::move(text)); }
  RequestBuilder& user(std::string text) { return set(raw_.user, std::move(text)); }
  RequestBuilder& session(std::string text) { return set(raw_.session, std::move(text)); }
  RequestBuilder& tenant(std::string text) { return set(raw_.tenant, std::move(text)); }

  // The running number tells requests apart: each has its own request state.
  RequestBuilder& number(std::uint64_t value) { return plain(raw_.number, value); }
  // Members of shunt_request of the same names:
  RequestBuilder& attempt(std::uint32_t value) { return plain(raw_.attempt, value); }
  RequestBuilder& arrival_ns(std::int64_t value) { return plain(raw_.arrival_ns, value); }
  // Traits of the request:
  RequestBuilder& streaming() { return plain(raw_.traits, raw_.traits | SHUNT_REQUEST_STREAMING); }
  RequestBuilder& multimodal() { return plain(raw_.traits, raw_.traits | SHUNT_REQUEST_MULTIMODAL); }

  // Optional numbers of shunt_request of the same names, which become present:
  RequestBuilder& priority(std::int32_t value) { return set(raw_.priority, value, SHUNT_REQUEST_PRIORITY); }
  RequestBuilder& deadline_ns(std::int64_t value) { return set(raw_.deadline_ns, value, SHUNT_REQUEST_DEADLINE); }
  RequestBuilder& ttft_slo_ns(std::int64_t value) { return set(raw_.ttft_slo_ns, value, SHUNT_REQUEST_TTFT_SLO); }
  RequestBuilder& tpot_slo_ns(std::int64_t value) { return set(raw_.tpot_slo_ns, value, SHUNT_REQUEST_TPOT_SLO); }
  RequestBuilder& prompt_bytes(std::uint64_t value) {
    return set(raw_.prompt_bytes, value, SHUNT_REQUEST_PROMPT_BYTES);
  }
  RequestBuilder& prompt_tokens(std::uint64_t value) {
    return set(raw_.prompt_tokens, value, SHUNT_REQUEST_PROMPT_TOKENS);
  }
  // prompt_tokens() that are an estimate.
  RequestBuilder& estimated_prompt_tokens(std::uint64_t value) {
    return set(raw_.prompt_tokens, value, SHUNT_REQUEST_PROMPT_TOKENS | SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED);
  }
  // Optional numbers of shunt_request of the same names, which become present:
  RequestBuilder& max_tokens(std::uint64_t value) { return set(raw_.max_tokens, value, SHUNT_REQUEST_MAX_TOKENS); }
  RequestBuilder& batch_size(std::uint64_t value) { return set(raw_.batch_size, value, SHUNT_REQUEST_BATCH_SIZE); }
  // Stands in for the length of the prompt where that is not known.
  RequestBuilder& input_bytes(std::uint64_t value) {
    if ((raw_.present & SHUNT_REQUEST_PROMPT_BYTES) == 0) prompt_bytes(value);
    return set(raw_.input_bytes, value, SHUNT_REQUEST_INPUT_BYTES);
  }
  // Optional numbers of shunt_request of the same names, which become present:
  RequestBuilder& estimated_flops(double value) {
    return set(raw_.estimated_flops, value, SHUNT_REQUEST_ESTIMATED_FLOPS);
  }
  RequestBuilder& cost_budget(double value) { return set(raw_.cost_budget, value, SHUNT_REQUEST_COST_BUDGET); }
  // Keys: EndpointSet::key().
  RequestBuilder& preferred_endpoint(std::uint64_t key) {
    return set(raw_.preferred_endpoint, key, SHUNT_REQUEST_PREFERRED_ENDPOINT);
  }
  // An endpoint that was taken out before any filter, by key.
  RequestBuilder& exclude(std::uint64_t key) { return append(excluded_, key, raw_.excluded, raw_.n_excluded); }
  // Appends the hash of the prompt's next block.
  RequestBuilder& block_hash(std::uint64_t hash) {
    return append(block_hashes_, hash, raw_.block_hashes, raw_.n_block_hashes);
  }
  // Appends the prompt's next token.
  RequestBuilder& token_id(std::uint32_t token) { return append(token_ids_, token, raw_.token_ids, raw_.n_token_ids); }
  // Names in lower case, as the host hands them over.
  RequestBuilder& header(std::string name, std::string value) {
    return append(headers_, shunt_pair{own(std::move(name)), own(std::move(value))}, raw_.headers, raw_.n_headers);
  }
  // A tag for plugins.
  RequestBuilder& tag(std::string name, std::string value) {
    return append(tags_, shunt_pair{own(std::move(name)), own(std::move(value))}, raw_.tags, raw_.n_tags);
  }

  const shunt_request& raw() const noexcept { return raw_; }

 private:
  shunt_str own(std::string text) {
    // A deque never moves its elements, so that short texts keep their addresses too.
    const std::string& kept = texts_.emplace_back(std::move(text));
    return {kept.data(), kept.size()};
  }
  RequestBuilder& set(shunt_str& field, std::string text) {
    field = own(std::move(text));
    return *this;
  }
  template <class T>
  RequestBuilder& plain(T& field, T value) {
    field = value;
    return *this;
  }
  template <class T>
  RequestBuilder& set(T& field, T value, std::uint64_t bits) {
    field = value;
    raw_.present |= bits;
    return *this;
  }
  template <class T>
  RequestBuilder& append(std::vector<T>& list, T value, const T*& data, std::uint64_t& size) {
    list.push_back(value);
    data = list.data();
    size = list.size();
    return *this;
  }

  shunt_request raw_{};
  bool rewritten_ = false;
  std::deque<std::string> texts_;
  std::vector<std::uint64_t> excluded_;
  std::vector<std::uint64_t> block_hashes_;
  std::vector<std::uint32_t> token_ids_;
  std::vector<shunt_pair> headers_;
  std::vector<shunt_pair> tags_;
};

}  // namespace shunt::testing
