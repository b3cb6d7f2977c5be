// SPDX-License-Identifier: Apache-2.0
// input_error_codes.hpp: what the stable error codes of the endpoints file, the requests file and the commands mean.
#pragma once

#include <shunt/framework/error_codes.hpp>
#include <span>

namespace shunt::host {

// Sorted by code. E10x: files and their shape; E20x: endpoints; E21x: requests; E30x: bundles; E31x: the program's set-up; E32x: new
// plugins; E33x: plugins in the making.
std::span<const ErrorCodeInfo> input_error_codes();

}  // namespace shunt::host
