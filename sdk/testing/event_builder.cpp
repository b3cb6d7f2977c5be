// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/event_builder.hpp>

#include <utility>

namespace shunt::testing {

Event::Event(std::uint32_t type) {
  raw_.size = sizeof raw_;
  raw_.type = type;
  raw_.profile = SHUNT_NONE;
  if (type == SHUNT_EVENT_COMPLETED) raw_.cause = SHUNT_CAUSE_NATURAL;
}

Event& Event::time_ns(std::int64_t value) { return set(raw_.time_ns, value, 0); }

Event& Event::endpoint(std::string name) {
  raw_.endpoint = FakeHost::key_of(name);
  return set(endpoint_, std::move(name), 0);
}

Event& Event::model(std::string name) { return set(model_, std::move(name), 0); }

Event& Event::ticket(std::uint64_t value) { return set(raw_.ticket, value, 0); }

Event& Event::request(const RequestBuilder& builder) {
  raw_.attempt = builder.raw().attempt;
  return set(raw_.request, &builder.raw(), 0);
}

Event& Event::attempt(std::uint32_t value) { return set(raw_.attempt, value, 0); }

Event& Event::profile(std::uint32_t value) { return set(raw_.profile, value, 0); }

Event& Event::cause(std::uint32_t value) { return set(raw_.cause, value, 0); }

Event& Event::http_status(std::uint32_t value) { return set(raw_.http_status, value, SHUNT_EVENT_HTTP_STATUS); }

Event& Event::prompt_tokens(std::uint64_t value) { return set(raw_.prompt_tokens, value, SHUNT_EVENT_PROMPT_TOKENS); }

Event& Event::cached_tokens(std::uint64_t value) { return set(raw_.cached_tokens, value, SHUNT_EVENT_CACHED_TOKENS); }

Event& Event::output_tokens(std::uint64_t value) { return set(raw_.output_tokens, value, SHUNT_EVENT_OUTPUT_TOKENS); }

Event& Event::ttft_ns(std::int64_t value) { return set(raw_.ttft_ns, value, SHUNT_EVENT_TTFT); }

Event& Event::tpot_ns(std::int64_t value) { return set(raw_.tpot_ns, value, SHUNT_EVENT_TPOT); }

Event& Event::duration_ns(std::int64_t value) { return set(raw_.duration_ns, value, SHUNT_EVENT_DURATION); }

shunt_event Event::raw() const {
  shunt_event event = raw_;
  if (!endpoint_.empty()) event.endpoint_name = {endpoint_.data(), endpoint_.size()};
  if (!model_.empty()) event.model = {model_.data(), model_.size()};
  return event;
}

}  // namespace shunt::testing
