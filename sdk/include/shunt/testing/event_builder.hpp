// SPDX-License-Identifier: Apache-2.0
// event_builder.hpp: events for observers, spelled out in a test.
//
//   plugin.events(endpoints, {Event(SHUNT_EVENT_COMPLETED).endpoint("pod-0").request(request).ttft_ns(5'000'000)});
#pragma once

#include <shunt/abi/observer.h>
#include <shunt/testing/fake_host.hpp>
#include <shunt/testing/request_builder.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace shunt::testing {

// One event. Every function returns it for the next one.
class Event {
 public:
  // `type` is a SHUNT_EVENT_*; a completed event ends naturally unless the test says otherwise.
  explicit Event(std::uint32_t type) {
    raw_.size = sizeof raw_;
    raw_.type = type;
    raw_.profile = SHUNT_NONE;
    if (type == SHUNT_EVENT_COMPLETED) raw_.cause = SHUNT_CAUSE_NATURAL;
  }
  // On the clock of now_ns.
  Event& time_ns(std::int64_t value) { return set(raw_.time_ns, value, 0); }
  // By name; the event carries its key too.
  Event& endpoint(std::string name) {
    raw_.endpoint = FakeHost::key_of(name);
    return set(endpoint_, std::move(name), 0);
  }
  // Members of shunt_event of the same names; what is optional there becomes present:
  Event& model(std::string name) { return set(model_, std::move(name), 0); }
  Event& ticket(std::uint64_t value) { return set(raw_.ticket, value, 0); }
  // The builder has to outlive the event.
  Event& request(const RequestBuilder& builder) {
    raw_.attempt = builder.raw().attempt;
    return set(raw_.request, &builder.raw(), 0);
  }
  // Members of shunt_event of the same names; what is optional there becomes present:
  Event& attempt(std::uint32_t value) { return set(raw_.attempt, value, 0); }
  Event& profile(std::uint32_t value) { return set(raw_.profile, value, 0); }
  Event& cause(std::uint32_t value) { return set(raw_.cause, value, 0); }
  Event& http_status(std::uint32_t value) { return set(raw_.http_status, value, SHUNT_EVENT_HTTP_STATUS); }
  Event& prompt_tokens(std::uint64_t value) { return set(raw_.prompt_tokens, value, SHUNT_EVENT_PROMPT_TOKENS); }
  Event& cached_tokens(std::uint64_t value) { return set(raw_.cached_tokens, value, SHUNT_EVENT_CACHED_TOKENS); }
  Event& output_tokens(std::uint64_t value) { return set(raw_.output_tokens, value, SHUNT_EVENT_OUTPUT_TOKENS); }
  Event& ttft_ns(std::int64_t value) { return set(raw_.ttft_ns, value, SHUNT_EVENT_TTFT); }
  Event& tpot_ns(std::int64_t value) { return set(raw_.tpot_ns, value, SHUNT_EVENT_TPOT); }
  Event& duration_ns(std::int64_t value) { return set(raw_.duration_ns, value, SHUNT_EVENT_DURATION); }

  // Points into this object.
  shunt_event raw() const {
    shunt_event event = raw_;
    if (!endpoint_.empty()) event.endpoint_name = {endpoint_.data(), endpoint_.size()};
    if (!model_.empty()) event.model = {model_.data(), model_.size()};
    return event;
  }

 private:
  template <class T>
  Event& set(T& field, std::type_identity_t<T> value, std::uint32_t bit) {
    field = std::move(value);
    raw_.present |= bit;
    return *this;
  }
  std::string endpoint_;
  std::string model_;
  shunt_event raw_{};
};

}  // namespace shunt::testing
