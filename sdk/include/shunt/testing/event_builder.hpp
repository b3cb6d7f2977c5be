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
  explicit Event(std::uint32_t type);
  // On the clock of now_ns.
  Event& time_ns(std::int64_t value);
  // By name; the event carries its key too.
  Event& endpoint(std::string name);
  // Members of shunt_event of the same names; what is optional there becomes present:
  Event& model(std::string name);
  Event& ticket(std::uint64_t value);
  // The builder has to outlive the event.
  Event& request(const RequestBuilder& builder);
  // Members of shunt_event of the same names; what is optional there becomes present:
  Event& attempt(std::uint32_t value);
  Event& profile(std::uint32_t value);
  Event& cause(std::uint32_t value);
  Event& http_status(std::uint32_t value);
  Event& prompt_tokens(std::uint64_t value);
  Event& cached_tokens(std::uint64_t value);
  Event& output_tokens(std::uint64_t value);
  Event& ttft_ns(std::int64_t value);
  Event& tpot_ns(std::int64_t value);
  Event& duration_ns(std::int64_t value);

  // Points into this object.
  shunt_event raw() const;

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
