// SPDX-License-Identifier: Apache-2.0
// endpoint_pool.hpp: the endpoints of an offline run: one state, looked at at different times, and changed only on purpose.
//
//   EndpointPool pool(attributes);
//   pool.fill(endpoints_file, *generation, diagnostics);
//   scheduler.schedule(worker, *pool.at(now_ns), request, options, decision);
//   pool.forget(decision.picks.front(), decision.counted_tokens);
#pragma once

#include <cstdint>
#include <memory>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/snapshot.hpp>
#include <vector>

#include "endpoints_file.hpp"

namespace shunt::host {

class EndpointPool {
 public:
  explicit EndpointPool(std::shared_ptr<AttributeTable> attributes);

  // Metrics pages go through the extractors of the generation first: what the file says itself wins over them.
  void fill(const EndpointsFile& file, const Generation& generation, Diagnostics& diagnostics);

  // The pool at a moment. Captured metrics have the same age at every moment, because every request sees the same pool.
  const Snapshot& at(std::int64_t now_ns);

  // Takes back what the scheduler counted for a pick.
  void forget(std::uint32_t row, std::int64_t tokens);

  // Counts it again, and raises `running` where it is known.
  void assume(std::uint32_t row, std::int64_t tokens);

 private:
  struct Aged {
    std::uint64_t key;
    AttributeId attribute;
    std::int64_t offset_ns;  // to the time of the decision; not positive
  };
  void extract(const EndpointsFile& file, const Generation& generation, Diagnostics& diagnostics);
  void remember_ages();
  void write(const EndpointsFile& file, Diagnostics& diagnostics);

  EndpointTable table_;
  AttributeId running_;
  std::vector<Aged> aged_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::int64_t time_ns_ = 0;
  bool changed_ = true;
};

}  // namespace shunt::host
