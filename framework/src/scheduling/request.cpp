// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/request.hpp>

#include "scheduling/hash.hpp"

#include <shunt/framework/endpoint_table.hpp>

namespace shunt {
namespace {

shunt_str present(const std::string& text) { return {text.data(), text.size()}; }
shunt_str present_if(const std::string& text) { return text.empty() ? shunt_str{nullptr, 0} : present(text); }

}  // namespace

void Request::clear() {
  number = 0;
  attempt = 0;
  arrival_ns = 0;
  for (std::string* text : {&id, &model, &target_model, &type, &path, &prompt, &cache_salt, &user, &session, &tenant,
                            &preferred_endpoint}) {
    text->clear();
  }
  has_prompt = streaming = multimodal = prompt_tokens_estimated = false;
  priority.reset();
  for (auto* duration : {&deadline_ns, &ttft_slo_ns, &tpot_slo_ns}) duration->reset();
  for (auto* count : {&prompt_tokens, &max_tokens, &batch_size, &input_bytes}) count->reset();
  estimated_flops.reset();
  cost_budget.reset();
  block_hashes.clear();
  token_ids.clear();
  excluded.clear();
  headers.clear();
  tags.clear();
  // No generation has this number: what plugins kept about the last request is gone.
  plugin_state_generation = 0;
  plugin_seen.clear();
}

const shunt_request& Request::seal() {
  raw_headers_.clear();
  for (const auto& [name, value] : headers) raw_headers_.push_back({present(name), present(value)});
  raw_tags_.clear();
  for (const auto& [name, value] : tags) raw_tags_.push_back({present(name), present(value)});

  raw_ = {};
  raw_.size = sizeof raw_;
  raw_.attempt = attempt;
  raw_.number = number;
  raw_.id = present(id);
  raw_.model = present_if(model);
  raw_.target_model = target_model.empty() ? raw_.model : present(target_model);
  raw_.type = present_if(type);
  raw_.path = present_if(path);
  raw_.arrival_ns = arrival_ns;
  raw_.traits = (streaming ? SHUNT_REQUEST_STREAMING : 0u) | (multimodal ? SHUNT_REQUEST_MULTIMODAL : 0u);
  const bool prompt_known = has_prompt || !prompt.empty();
  if (prompt_known) raw_.prompt = present(prompt);
  raw_.cache_salt = present_if(cache_salt);
  raw_.user = present_if(user);
  raw_.session = present_if(session);
  raw_.tenant = present_if(tenant);

  const auto set = [this](std::uint64_t bit, const auto& source, auto& target) {
    if (!source) return;
    raw_.present |= bit;
    target = *source;
  };
  set(SHUNT_REQUEST_PRIORITY, priority, raw_.priority);
  set(SHUNT_REQUEST_DEADLINE, deadline_ns, raw_.deadline_ns);
  set(SHUNT_REQUEST_TTFT_SLO, ttft_slo_ns, raw_.ttft_slo_ns);
  set(SHUNT_REQUEST_TPOT_SLO, tpot_slo_ns, raw_.tpot_slo_ns);
  set(SHUNT_REQUEST_PROMPT_BYTES, prompt_known ? std::optional<std::uint64_t>(prompt.size()) : input_bytes,
      raw_.prompt_bytes);
  set(SHUNT_REQUEST_PROMPT_TOKENS, prompt_tokens, raw_.prompt_tokens);
  set(SHUNT_REQUEST_MAX_TOKENS, max_tokens, raw_.max_tokens);
  set(SHUNT_REQUEST_BATCH_SIZE, batch_size, raw_.batch_size);
  set(SHUNT_REQUEST_INPUT_BYTES, input_bytes, raw_.input_bytes);
  set(SHUNT_REQUEST_ESTIMATED_FLOPS, estimated_flops, raw_.estimated_flops);
  set(SHUNT_REQUEST_COST_BUDGET, cost_budget, raw_.cost_budget);
  if (prompt_tokens && prompt_tokens_estimated) raw_.present |= SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED;
  if (!preferred_endpoint.empty()) {
    raw_.present |= SHUNT_REQUEST_PREFERRED_ENDPOINT;
    raw_.preferred_endpoint = endpoint_key(preferred_endpoint);
  }
  if (!block_hashes.empty()) raw_.block_hashes = block_hashes.data();
  raw_.n_block_hashes = block_hashes.size();
  if (!token_ids.empty()) raw_.token_ids = token_ids.data();
  raw_.n_token_ids = token_ids.size();
  raw_.excluded = excluded.data();
  raw_.n_excluded = excluded.size();
  raw_.headers = raw_headers_.data();
  raw_.n_headers = raw_headers_.size();
  raw_.tags = raw_tags_.data();
  raw_.n_tags = raw_tags_.size();
  return raw_;
}

}  // namespace shunt
