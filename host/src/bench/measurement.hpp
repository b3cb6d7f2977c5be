// SPDX-License-Identifier: Apache-2.0
// measurement.hpp: what one function of a plugin costs at one size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shunt::bench {

struct Measurement {
  std::string function;            // "score()"
  std::uint32_t candidates = 0;    // endpoints; of a swapper, running models
  double nanoseconds = 0;          // of one call: median of many batches
  double fastest_nanoseconds = 0;  // of the fastest batch
  double allocations = 0;          // in one call, on average; negative: not counted

  double nanoseconds_per_candidate() const { return nanoseconds / candidates; }
};

// Of one plugin type.
struct PluginMeasurements {
  std::string type;
  std::string version;
  std::string parameters;  // JSON
  std::vector<Measurement> measurements;
  std::string failure;  // why there are no more; empty: there are all
};

}  // namespace shunt::bench
