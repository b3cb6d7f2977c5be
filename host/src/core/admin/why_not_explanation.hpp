// SPDX-License-Identifier: Apache-2.0
// why_not_explanation.hpp: "why not pod-7?" asked about a decision of which only the explanation is left.
#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace shunt::host {

// `explanation`: a line of `shunt schedule --explain`. The answer is the object "why_not" of such a line.
boost::json::object why_not_from(const boost::json::object& explanation, std::string_view endpoint);

}  // namespace shunt::host
