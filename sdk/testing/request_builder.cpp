// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/request_builder.hpp>

#include <utility>

namespace shunt::testing {

RequestBuilder::RequestBuilder() { raw_.size = sizeof raw_; }

RequestBuilder& RequestBuilder::id(std::string text) { return set(raw_.id, std::move(text)); }

RequestBuilder& RequestBuilder::model(std::string text) {
  set(raw_.model, std::move(text));
  if (!rewritten_) raw_.target_model = raw_.model;
  return *this;
}

RequestBuilder& RequestBuilder::target_model(std::string text) {
  rewritten_ = true;
  return set(raw_.target_model, std::move(text));
}

RequestBuilder& RequestBuilder::type(std::string text) { return set(raw_.type, std::move(text)); }

RequestBuilder& RequestBuilder::path(std::string text) { return set(raw_.path, std::move(text)); }

RequestBuilder& RequestBuilder::prompt(std::string text) {
  prompt_bytes(text.size());
  return set(raw_.prompt, std::move(text));
}

RequestBuilder& RequestBuilder::cache_salt(std::string text) { return set(raw_.cache_salt, std::move(text)); }

RequestBuilder& RequestBuilder::user(std::string text) { return set(raw_.user, std::move(text)); }

RequestBuilder& RequestBuilder::session(std::string text) { return set(raw_.session, std::move(text)); }

RequestBuilder& RequestBuilder::tenant(std::string text) { return set(raw_.tenant, std::move(text)); }

RequestBuilder& RequestBuilder::number(std::uint64_t value) { return plain(raw_.number, value); }

RequestBuilder& RequestBuilder::attempt(std::uint32_t value) { return plain(raw_.attempt, value); }

RequestBuilder& RequestBuilder::arrival_ns(std::int64_t value) { return plain(raw_.arrival_ns, value); }

RequestBuilder& RequestBuilder::streaming() { return plain(raw_.traits, raw_.traits | SHUNT_REQUEST_STREAMING); }

RequestBuilder& RequestBuilder::multimodal() { return plain(raw_.traits, raw_.traits | SHUNT_REQUEST_MULTIMODAL); }

RequestBuilder& RequestBuilder::priority(std::int32_t value) {
  return set(raw_.priority, value, SHUNT_REQUEST_PRIORITY);
}

RequestBuilder& RequestBuilder::deadline_ns(std::int64_t value) {
  return set(raw_.deadline_ns, value, SHUNT_REQUEST_DEADLINE);
}

RequestBuilder& RequestBuilder::ttft_slo_ns(std::int64_t value) {
  return set(raw_.ttft_slo_ns, value, SHUNT_REQUEST_TTFT_SLO);
}

RequestBuilder& RequestBuilder::tpot_slo_ns(std::int64_t value) {
  return set(raw_.tpot_slo_ns, value, SHUNT_REQUEST_TPOT_SLO);
}

RequestBuilder& RequestBuilder::prompt_bytes(std::uint64_t value) {
  return set(raw_.prompt_bytes, value, SHUNT_REQUEST_PROMPT_BYTES);
}

RequestBuilder& RequestBuilder::prompt_tokens(std::uint64_t value) {
  return set(raw_.prompt_tokens, value, SHUNT_REQUEST_PROMPT_TOKENS);
}

RequestBuilder& RequestBuilder::estimated_prompt_tokens(std::uint64_t value) {
  return set(raw_.prompt_tokens, value, SHUNT_REQUEST_PROMPT_TOKENS | SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED);
}

RequestBuilder& RequestBuilder::max_tokens(std::uint64_t value) {
  return set(raw_.max_tokens, value, SHUNT_REQUEST_MAX_TOKENS);
}

RequestBuilder& RequestBuilder::batch_size(std::uint64_t value) {
  return set(raw_.batch_size, value, SHUNT_REQUEST_BATCH_SIZE);
}

RequestBuilder& RequestBuilder::input_bytes(std::uint64_t value) {
  if ((raw_.present & SHUNT_REQUEST_PROMPT_BYTES) == 0) prompt_bytes(value);
  return set(raw_.input_bytes, value, SHUNT_REQUEST_INPUT_BYTES);
}

RequestBuilder& RequestBuilder::estimated_flops(double value) {
  return set(raw_.estimated_flops, value, SHUNT_REQUEST_ESTIMATED_FLOPS);
}

RequestBuilder& RequestBuilder::cost_budget(double value) {
  return set(raw_.cost_budget, value, SHUNT_REQUEST_COST_BUDGET);
}

RequestBuilder& RequestBuilder::preferred_endpoint(std::uint64_t key) {
  return set(raw_.preferred_endpoint, key, SHUNT_REQUEST_PREFERRED_ENDPOINT);
}

RequestBuilder& RequestBuilder::exclude(std::uint64_t key) {
  return append(excluded_, key, raw_.excluded, raw_.n_excluded);
}

RequestBuilder& RequestBuilder::block_hash(std::uint64_t hash) {
  return append(block_hashes_, hash, raw_.block_hashes, raw_.n_block_hashes);
}

RequestBuilder& RequestBuilder::token_id(std::uint32_t token) {
  return append(token_ids_, token, raw_.token_ids, raw_.n_token_ids);
}

RequestBuilder& RequestBuilder::header(std::string name, std::string value) {
  return append(headers_, shunt_pair{own(std::move(name)), own(std::move(value))}, raw_.headers, raw_.n_headers);
}

RequestBuilder& RequestBuilder::tag(std::string name, std::string value) {
  return append(tags_, shunt_pair{own(std::move(name)), own(std::move(value))}, raw_.tags, raw_.n_tags);
}

shunt_str RequestBuilder::own(std::string text) {
  // A deque never moves its elements, so that short texts keep their addresses too.
  const std::string& kept = texts_.emplace_back(std::move(text));
  return {kept.data(), kept.size()};
}

RequestBuilder& RequestBuilder::set(shunt_str& field, std::string text) {
  field = own(std::move(text));
  return *this;
}

RequestBuilder::~RequestBuilder() = default;

}  // namespace shunt::testing
