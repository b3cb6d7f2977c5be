// SPDX-License-Identifier: Apache-2.0
// why_not_json.hpp: the answer to "why not pod-7?" as JSON, in the output of `shunt schedule` and of the admin listener.
#pragma once

#include <shunt/framework/why_not.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace shunt::host {

boost::json::object why_not_object(const WhyNot& why, std::string_view endpoint);

}  // namespace shunt::host
