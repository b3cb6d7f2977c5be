// SPDX-License-Identifier: Apache-2.0
// parameter_checks.hpp: one value against one schema object. Private to the configuration code.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <shunt/framework/parameters.hpp>

namespace shunt::parameter_checks {

// The schema must be known to be inside the subset, apart from what its parents still have to be checked for.
bool check(const boost::json::value& value, const boost::json::object& schema, const ParametersPlace& place,
           Diagnostics& diagnostics);

// A number of any kind; 0 for anything else.
double as_double(const boost::json::value& value);

// A whole number from 0.
std::optional<std::uint64_t> as_size(const boost::json::value& value);

}  // namespace shunt::parameter_checks
