// SPDX-License-Identifier: Apache-2.0
// request_ordering.hpp: who goes first among requests that wait at the same time, as the ordering policy of a generation says.
//
//   const RequestOrder order = order_requests(*generation, requests, now_ns);
//   for (const std::size_t next : order.positions) decide(requests[next]);
#pragma once

#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace shunt {

struct RequestOrder {
  std::vector<std::size_t> positions;  // in `requests`, each once, first come first
  std::string policy;                  // instance that ordered them; empty: there is none
  std::uint64_t faults = 0;            // answers of it that could not be used
  std::string problem;                 // what it said of the first one
};

// The ordering policy is the profile handler where it offers shunt.ordering, else the first instance of the config that does. Higher bands go
// first, within a band flows take turns where the policy chooses among them, then lower keys, earlier arrival, and the position. Without a
// policy, and for a request that it fails on: the band is the priority, and there is no key. What a policy answers is not trusted: a key that is
// not finite counts as the largest, a flow that does not exist as the one that has waited longest. Seals the requests. [queue]
RequestOrder order_requests(const Generation& generation, std::span<Request> requests, std::int64_t now_ns);

}  // namespace shunt
