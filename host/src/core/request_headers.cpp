// SPDX-License-Identifier: Apache-2.0
#include "request_headers.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "field_reader.hpp"

namespace shunt::host {

namespace {

void set_text(std::string& to, std::string_view value) {
  if (to.empty()) to = value;
}

}  // namespace

std::optional<std::int32_t> priority_of_word(std::string_view word) {
  const auto it = std::ranges::find(kPriorityWords, word);
  if (it == kPriorityWords.end()) return std::nullopt;
  return static_cast<std::int32_t>(it - kPriorityWords.begin()) - 2;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::optional<std::string> HeaderFacts::take(std::string_view name, std::string_view value) {
  if (!name.starts_with("x-")) return std::nullopt;
  if (name == "x-session-id") set_text(request_.session, value);
  if (name == "x-llm-d-inference-fairness-id" || name == "x-gateway-inference-fairness-id") {
    set_text(request_.tenant, value);
  }
  if (name == "x-llm-d-model-name-rewrite" || name == "x-gateway-model-name-rewrite") {
    set_text(request_.target_model, value);
  }
  if (name == "x-llm-d-slo-ttft-ms" || name == "x-slo-ttft-ms") return take_duration(request_.ttft_slo_ns, value);
  if (name == "x-llm-d-slo-tpot-ms" || name == "x-slo-tpot-ms") return take_duration(request_.tpot_slo_ns, value);
  if (name == "x-shunt-deadline-ms") return take_duration(request_.deadline_ns, value);
  if (name == "x-shunt-priority") return take_priority(value);
  // An objective is the name of a cluster's object; only the common words mean something without the cluster.
  const bool objective = name == "x-llm-d-inference-objective" || name == "x-gateway-inference-objective";
  if (objective && !objective_) objective_ = priority_of_word(lower_case(value));
  return std::nullopt;
}

void HeaderFacts::finish() {
  if (!request_.priority) request_.priority = objective_;
}

std::optional<std::string> HeaderFacts::take_duration(std::optional<std::int64_t>& to, std::string_view value) {
  double milliseconds = 0.0;
  const auto result = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
  const bool whole = result.ec == std::errc{} && result.ptr == value.data() + value.size();
  const auto duration = whole && milliseconds >= 0.0 ? to_nanoseconds(milliseconds) : std::nullopt;
  if (!duration) return "must be a number of milliseconds, found " + in_quotes(value);
  if (!to) to = duration;
  return std::nullopt;
}

std::optional<std::string> HeaderFacts::take_priority(std::string_view value) {
  std::optional<std::int32_t> priority = priority_of_word(lower_case(value));
  if (!priority) {
    std::int32_t number = 0;
    const auto result = std::from_chars(value.data(), value.data() + value.size(), number);
    if (result.ec == std::errc{} && result.ptr == value.data() + value.size() &&
        number != std::numeric_limits<std::int32_t>::min()) {
      priority = number;
    }
  }
  if (!priority) return "must be a whole number, or " + listed(kPriorityWords) + ", found " + in_quotes(value);
  if (!request_.priority) request_.priority = priority;
  return std::nullopt;
}

}  // namespace shunt::host
