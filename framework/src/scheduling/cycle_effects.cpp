// SPDX-License-Identifier: Apache-2.0
// What a call may change besides the arrays it was given, and the calls that it may make: the services behind CallEffects.
#include "runtime/bounded_text.hpp"
#include "scheduling/cycle_calls.hpp"

#include <algorithm>
#include <optional>

namespace shunt {
namespace {

constexpr std::size_t kMaximumValueText = 65536;
constexpr std::size_t kMaximumAnnotations = 64;

std::int32_t refuse(shunt_ctx& ctx, std::int32_t code, std::string_view text) {
  ctx.set_error(code, text);
  return code;
}

// Header names mean the same in either case; one spelling makes them one note.
void assign_name(std::string& to, std::uint32_t kind, std::string_view name) {
  to.assign(name);
  if (kind != SHUNT_NOTE_REQUEST_HEADER && kind != SHUNT_NOTE_RESPONSE_HEADER) return;
  for (char& c : to) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::int32_t Cycle::set_value(shunt_ctx& ctx, std::uint32_t slot, const shunt_value& value) {
  const PlanInstance& caller = plan_->instances[ctx.plan_index];
  const auto& declared = caller.instance->value_outputs;
  if (slot >= declared.size()) return refuse(ctx, SHUNT_OUT_OF_RANGE, "no such value was declared");
  if (!SHUNT_HAS(&value, shunt_value, text)) return refuse(ctx, SHUNT_INVALID, "the value's size is too small");
  if (value.type != declared[slot].type) return refuse(ctx, SHUNT_INVALID, "the value was declared with another type");
  shunt_value& target = values_[caller.value_outputs[slot]];
  if (value.present == 0) {
    // Takes back what was set before.
    target.present = target.symbol = 0;
    target.number = 0.0;
    target.key = 0;
    target.text = {nullptr, 0};
    return SHUNT_OK;
  }
  if (value.type == SHUNT_VALUE_NUMBER && !(value.number - value.number == 0.0)) {
    return refuse(ctx, SHUNT_INVALID, "a value must be finite");
  }
  const std::optional<std::string_view> text = bounded_view(value.text, kMaximumValueText);
  if (value.type == SHUNT_VALUE_TEXT && !text) return refuse(ctx, SHUNT_INVALID, "a text value is limited to 64 KiB");
  target.number = value.type == SHUNT_VALUE_NUMBER ? value.number : 0.0;
  target.key = value.type == SHUNT_VALUE_ENDPOINT ? value.key : 0;
  target.symbol = value.type == SHUNT_VALUE_SYMBOL ? value.symbol : 0;
  target.text = {nullptr, 0};
  if (value.type == SHUNT_VALUE_TEXT) {
    auto* copy = arena_.allocate_array<char>(text->size());
    if (copy == nullptr) return refuse(ctx, SHUNT_OUT_OF_MEMORY, "out of memory");
    std::copy_n(text->data(), text->size(), copy);
    target.text = {copy, text->size()};
  }
  target.present = 1;
  return SHUNT_OK;
}

std::int32_t Cycle::annotate(shunt_ctx& ctx, std::uint32_t kind, std::string_view name, std::string_view text,
                             bool removes) {
  auto& annotations = decision_->annotations;
  auto& spare = decision_->spare_annotations;
  // Filled before it is known whether it is new: both ways keep the memory of earlier decisions.
  Annotation note;
  if (!spare.empty()) {
    note = std::move(spare.back());
    spare.pop_back();
  }
  note.kind = kind;
  note.removes = removes;
  assign_name(note.name, kind, name);
  note.text.assign(text);
  const auto known = std::ranges::find_if(
      annotations, [&](const Annotation& other) { return other.kind == kind && other.name == note.name; });
  if (known != annotations.end()) {
    std::swap(*known, note);
    spare.push_back(std::move(note));
    return SHUNT_OK;
  }
  if (annotations.size() == kMaximumAnnotations) {
    spare.push_back(std::move(note));
    return refuse(ctx, SHUNT_OUT_OF_RANGE, "a decision has at most 64 notes");
  }
  annotations.push_back(std::move(note));
  return SHUNT_OK;
}

std::int32_t Cycle::set_picks(shunt_ctx& ctx, std::uint32_t index, const std::uint32_t* base_rows, std::uint32_t n) {
  const auto refuse_picks = [&](std::int32_t code, std::string_view text) {
    fault(plan_->handler);
    return refuse(ctx, code, text);
  };
  if (index >= results_.size() || results_[index].status != SHUNT_OK) {
    return refuse_picks(SHUNT_OUT_OF_RANGE, "there is no such successful result");
  }
  shunt_result& result = results_[index];
  if (n == 0 || n > result.n_candidates || base_rows == nullptr) {
    return refuse_picks(SHUNT_OUT_OF_RANGE, "there must be one pick at least");
  }
  auto* picks = memory<std::uint32_t>(n);
  std::uint32_t* picked = fresh_marks(base_.count);
  for (std::uint32_t k = 0; k < n; ++k) {
    // Candidates of a run are in ascending order of base rows.
    if (!std::binary_search(result.base_rows, result.base_rows + result.n_candidates, base_rows[k])) {
      return refuse_picks(SHUNT_INVALID, "a pick is no candidate of that result");
    }
    if (picked[base_rows[k]] == seen_mark_) return refuse_picks(SHUNT_INVALID, "a pick comes twice");
    picked[base_rows[k]] = seen_mark_;
    picks[k] = base_rows[k];
  }
  result.picks = picks;
  result.n_picks = n;
  ProfileRun& run = decision_->runs[index];
  run.picks.clear();
  for (std::uint32_t k = 0; k < n; ++k) run.picks.push_back(snapshot_row(picks[k]));
  return SHUNT_OK;
}

// The caller's call goes on afterwards, so nothing of it may change: the peer has a frame of its own.
std::int32_t Cycle::peer_call(shunt_ctx& ctx, std::uint32_t slot, const shunt_cycle** cycle, const shunt_view** base) {
  const std::vector<std::uint32_t>& peers = plan_->instances[ctx.plan_index].peers;
  if (slot >= peers.size()) return refuse(ctx, SHUNT_OUT_OF_RANGE, "no such peer was asked for");
  const std::uint32_t peer = peers[slot];
  const Callee& callee = callees_[peer];
  PeerFrame& frame = *peer_frames_[peer];
  frame.ctx.begin(*callee.instance, ctx.permissions & ~kMaySetPicks);
  frame.ctx.plan_index = peer;
  frame.ctx.caller = &ctx;
  frame.base = base_view_;
  frame.base.columns = base_.pointers + callee.column_offset;
  frame.cycle = call_;
  frame.cycle.seed = mix(request_seed_ + round_, callee.name_hash);
  frame.cycle.scratch = callee.has_scratch ? frame.scratch.data() : nullptr;
  frame.cycle.request_state = state_of(peer);
  frame.cycle.values = callee.values;
  frame.cycle.ctx = &frame.ctx;
  frame.cycle.base = &frame.base;
  *cycle = &frame.cycle;
  *base = &frame.base;
  return SHUNT_OK;
}

}  // namespace shunt
