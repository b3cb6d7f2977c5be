// SPDX-License-Identifier: Apache-2.0
// duration.hpp: durations as configs of the endpoint picker write them: "200ms", "1.5s", "1m30s".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace duration {

// Numbers with a unit each: ns, us, ms, s, m or h; "0" needs none. Nothing where the text is anything else, or more than 292
// years.
std::optional<std::int64_t> parse_nanoseconds(std::string_view text);

}  // namespace duration
