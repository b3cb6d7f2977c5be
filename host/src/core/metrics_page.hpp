// SPDX-License-Identifier: Apache-2.0
// metrics_page.hpp: are the lines of a captured metrics page what a server would have written?
//
//   const PageFaults faults = check_page(text);
//   if (faults.lines != 0) warn(faults.line, faults.column);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shunt::host {

// Lines that no reader can use, and where the first of them goes wrong. `text` is a part of the page.
struct PageFaults {
  std::size_t lines = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;  // in bytes, from 1
  std::string_view text;     // of that line
};

// The Prometheus text format, with the timestamps and exemplars of OpenMetrics. Extractors skip what they cannot read,
// because a live page must not stop them; a captured one was written or cut by hand, and its author wants to know.
PageFaults check_page(std::string_view page);

}  // namespace shunt::host
