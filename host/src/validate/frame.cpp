// SPDX-License-Identifier: Apache-2.0
#include "frame.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace shunt::validate {

namespace {

constexpr std::size_t kResultStride = sizeof(shunt_result) + 64;
constexpr std::size_t kBandStride = sizeof(shunt_queue_band) + 64;
constexpr std::int64_t kNow = 1'700'000'000'000'000'000;

}  // namespace

Frame::Frame(Subject& subject, const Scene& scene) : subject_(subject), scene_(scene) {
  Rows all(scene.endpoints);
  for (std::uint32_t i = 0; i < scene.endpoints; ++i) all[i] = scene.reversed ? scene.endpoints - 1 - i : i;
  Rows some;
  Rows base_rows;
  for (std::uint32_t row = 0; row < scene.endpoints; ++row) {
    if (scene.every_second && all[row] % 2 == 0) continue;
    some.push_back(all[row]);
    base_rows.push_back(row);
  }
  for (const std::uint32_t endpoint : all) subject_.host().fake().know_endpoint(endpoint_name(endpoint));
  build_request();
  Rows identity(all.size());
  for (std::uint32_t row = 0; row < identity.size(); ++row) identity[row] = row;
  base_ = build_view(all, identity, true);
  candidates_ = build_view(some, base_rows, false);
  build_surroundings();
  // Stays so: between calls only the cycle and the results of profile runs change.
  memory_.protect(true);
}

shunt_str Frame::own(const char* name, std::string_view text) { return {memory_.text(name, text), text.size()}; }

void Frame::build_request() {
  request_ = &memory_.structure<shunt_request>("cycle->request");
  *request_ = {};
  request_->size = sizeof(shunt_request);
  request_->attempt = scene_.attempt;
  request_->number = scene_.request_number;
  request_->arrival_ns = kNow - 1'000'000;
  // Always known: every request has an id, a model and a type.
  request_->id = own("request->id", "request-" + std::to_string(scene_.request_number));
  if (scene_.request == RequestForm::Bare) return;
  fill_request();
}

void Frame::fill_request() {
  shunt_request& request = *request_;
  request.model = own("request->model", "model-3");
  request.target_model = own("request->target_model", "model-" + std::to_string(scene_.seed % 8));
  request.type = own("request->type", "chat");
  request.path = own("request->path", "/v1/chat/completions");
  std::string prompt = "system: be brief. user " + std::to_string(scene_.seed) + ": ";
  while (prompt.size() < 4000) prompt += "why is the sky blue at noon and red in the evening? ";
  request.prompt = own("request->prompt", prompt);
  request.prompt_bytes = prompt.size();
  request.present = SHUNT_REQUEST_PROMPT_BYTES;
  if (scene_.request == RequestForm::Usual) return;
  if (scene_.request == RequestForm::Known) return name_sender();
  request.present = (SHUNT_REQUEST_PROMPT_BYTES << 1) - 1;
  request.traits = SHUNT_REQUEST_STREAMING | SHUNT_REQUEST_MULTIMODAL;
  request.cache_salt = own("request->cache_salt", "salt");
  request.user = own("request->user", "someone");
  request.session = own("request->session", "session-1");
  request.tenant = own("request->tenant", "acme");
  request.priority = -2;
  request.deadline_ns = 5'000'000'000;
  request.ttft_slo_ns = 300'000'000;
  request.tpot_slo_ns = 40'000'000;
  request.prompt_tokens = prompt.size() / 4;
  request.max_tokens = 256;
  request.batch_size = 1;
  request.input_bytes = prompt.size();
  request.estimated_flops = 1e12;
  request.cost_budget = 0.01;
  request.preferred_endpoint = testing::FakeHost::key_of(endpoint_name(0));
  const auto hashes = memory_.input<std::uint64_t>("request->block_hashes", 16);
  const auto tokens = memory_.input<std::uint32_t>("request->token_ids", 64);
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = scene_.seed * 977 + i;
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::uint32_t>(scene_.seed + i);
  request.block_hashes = hashes.data();
  request.n_block_hashes = hashes.size();
  request.token_ids = tokens.data();
  request.n_token_ids = tokens.size();
  const auto excluded = memory_.input<std::uint64_t>("request->excluded", 1);
  excluded[0] = testing::FakeHost::key_of("pod-gone");
  request.excluded = excluded.data();
  request.n_excluded = 1;
  const auto headers = memory_.input<shunt_pair>("request->headers", 2);
  headers[0] = {own("a header's name", "x-tier"), own("a header's value", "gold")};
  headers[1] = {own("a header's name", "epp-profile"), own("a header's value", "none \"of\" these")};
  request.headers = headers.data();
  request.n_headers = headers.size();
  const auto tags = memory_.input<shunt_pair>("request->tags", 1);
  tags[0] = {own("a tag's name", "team"), own("a tag's value", "search")};
  request.tags = tags.data();
  request.n_tags = 1;
}

void Frame::name_sender() {
  request_->user = own("request->user", "someone");
  request_->session = own("request->session", "session-1");
  const auto headers = memory_.input<shunt_pair>("request->headers", 2);
  headers[0] = {own("a header's name", "x-role"), own("a header's value", "decode")};
  // "default/pod-0" in base64: what an endpoint of an earlier answer looks like.
  headers[1] = {own("a header's name", "x-session-token"), own("a header's value", "ZGVmYXVsdC9wb2QtMA==")};
  request_->headers = headers.data();
  request_->n_headers = headers.size();
}

void Frame::build_surroundings() {
  cycle_ = &call_memory_.structure<shunt_cycle>("shunt_cycle");
  pool_ = &memory_.structure<shunt_pool_stats>("cycle->pool");
  *pool_ = {sizeof(shunt_pool_stats), 0, base_->count, base_->count, 0, 0};
  if (scene_.request != RequestForm::Bare) {
    pool_->present = SHUNT_POOL_MEAN_LOAD | SHUNT_POOL_SATURATION;
    pool_->mean_load = 0.5;
    pool_->saturation = 0.6;
  }
  queue_ = &memory_.structure<shunt_queue_stats>("cycle->queue");
  *queue_ = {};
  queue_->size = sizeof(shunt_queue_stats);
  if (scene_.request == RequestForm::Full) {
    const auto bands = memory_.input<std::byte>("cycle->queue->bands", 2 * kBandStride);
    for (std::size_t i = 0; i < 2; ++i) {
      new (bands.data() + i * kBandStride)
          shunt_queue_band{sizeof(shunt_queue_band), i == 0 ? 2 : -1, 3 + i, 10'000'000};
    }
    queue_->bands = reinterpret_cast<const shunt_queue_band*>(bands.data());
    queue_->band_stride = kBandStride;
    queue_->n_bands = 2;
    queue_->highest_priority = 2;
    queue_->waiting = 7;
    queue_->oldest_wait_ns = 10'000'000;
    queue_->any_deadline = 1;
  }
  const std::uint64_t bytes = subject_.declared().scratch_bytes;
  if (bytes > 0) scratch_ = memory_.output<std::byte>("scratch", bytes);
  build_values();
  // Results of profile runs: over all candidates, best first by a total that everybody can compute.
  done_ = call_memory_.input<std::byte>("cycle->done", kMostRuns * kResultStride);
  run_rows_ = call_memory_.input<std::uint32_t>("done[].base_rows", candidates_->count);
  totals_ = call_memory_.input<double>("done[].totals", candidates_->count);
  picks_ = call_memory_.input<std::uint32_t>("done[].picks", std::min(candidates_->count, 1u));
  for (std::uint32_t i = 0; i < candidates_->count; ++i) {
    run_rows_[i] = candidates_->base_row[i];
    totals_[i] = static_cast<double>(candidates_->key[i] % 1'000'003) / 1'000'003.0;
  }
  if (!picks_.empty()) {
    const auto best = std::ranges::max_element(totals_);
    picks_[0] = run_rows_[static_cast<std::size_t>(best - totals_.begin())];
  }
}

void Frame::build_values() {
  const auto& declared = subject_.declared().values;
  const auto pointers = memory_.input<const shunt_value*>("cycle->values", declared.size());
  for (std::size_t slot = 0; slot < declared.size(); ++slot) {
    auto& value = memory_.structure<shunt_value>("a request-scoped value");
    value = {};
    value.size = sizeof value;
    value.type = declared[slot].type;
    pointers[slot] = &value;
    if (!scene_.produces(declared[slot].name) || scene_.request == RequestForm::Bare) continue;
    value.present = 1;
    if (value.type == SHUNT_VALUE_NUMBER) value.number = sample_value(declared[slot].name);
    if (value.type == SHUNT_VALUE_ENDPOINT) value.key = testing::FakeHost::key_of(endpoint_name(0));
    if (value.type == SHUNT_VALUE_TEXT) value.text = own("the text of a value", "text");
    if (value.type == SHUNT_VALUE_SYMBOL) value.symbol = subject_.host().fake().intern("a");
  }
  values_ = pointers.data();
}

const shunt_cycle& Frame::prepare(testing::FakeCall& call, bool in_profile, std::uint32_t round,
                                  std::span<const Run> runs) {
  call_memory_.protect(false);
  results_.clear();
  const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(runs.size(), kMostRuns));
  std::ranges::fill(done_, std::byte{0xc5});
  for (std::uint32_t i = 0; i < n; ++i) {
    const bool found = runs[i].status == SHUNT_OK && candidates_->count > 0;
    const std::int32_t status = runs[i].status == SHUNT_OK && !found ? SHUNT_UNAVAILABLE : runs[i].status;
    new (done_.data() + i * kResultStride) shunt_result{sizeof(shunt_result),
                                                        runs[i].profile,
                                                        status,
                                                        found ? 1u : 0u,
                                                        found ? picks_.data() : nullptr,
                                                        found ? run_rows_.data() : nullptr,
                                                        found ? totals_.data() : nullptr,
                                                        found ? candidates_->count : 0u,
                                                        0};
    testing::ProfileResult& kept = results_.emplace_back();
    kept.profile = runs[i].profile;
    kept.status = status;
    if (!found) continue;
    kept.picks = {picks_[0]};
    kept.candidates.assign(run_rows_.begin(), run_rows_.end());
    kept.totals.assign(totals_.begin(), totals_.end());
  }
  std::ranges::fill(scratch_, std::byte{scene_.scratch_fill});
  *cycle_ = {};
  cycle_->size = sizeof(shunt_cycle);
  cycle_->profile = in_profile ? 0 : SHUNT_NONE;
  cycle_->round = round;
  cycle_->attempt = scene_.attempt;
  cycle_->now_ns = kNow;
  cycle_->seed = scene_.seed * 0x9e3779b97f4a7c15u + scene_.request_number;
  cycle_->request = request_;
  cycle_->done = n == 0 ? nullptr : reinterpret_cast<const shunt_result*>(done_.data());
  cycle_->n_done = n;
  cycle_->done_stride = kResultStride;
  cycle_->pool = pool_;
  cycle_->queue = queue_;
  cycle_->scratch = scratch_.empty() ? nullptr : scratch_.data();
  cycle_->request_state = subject_.request_state(scene_.request_number);
  cycle_->values = values_;
  cycle_->ctx = call.handle();
  cycle_->base = base_;
  call.results = &results_;
  call_memory_.protect(true);
  return *cycle_;
}

}  // namespace shunt::validate
