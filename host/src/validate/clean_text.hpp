// SPDX-License-Identifier: Apache-2.0
// clean_text.hpp: what a plugin said, fit for a report.
#pragma once

#include <string>
#include <string_view>

namespace shunt::validate {

// With "?" for every byte that is not part of valid UTF-8, and for control characters other than tab and line end: a report
// is JSON, XML, or text on somebody's terminal.
std::string clean_text(std::string_view text);

}  // namespace shunt::validate
