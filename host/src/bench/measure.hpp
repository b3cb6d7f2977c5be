// SPDX-License-Identifier: Apache-2.0
// measure.hpp: calls every function that a plugin offers for requests and swaps, and times it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "measurement.hpp"
#include "validate/case_run.hpp"

namespace shunt::bench {

// `run` has found parameters; nobody produces the columns and values `without`; `take` gets each measurement as soon as it is there. Answers with why it stopped early; empty:
// everything was measured.
std::string measure(validate::CaseRun& run, std::span<const std::uint32_t> sizes,
                    const std::vector<std::string>& without, const std::function<void(const Measurement&)>& take);

}  // namespace shunt::bench
