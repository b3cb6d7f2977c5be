// SPDX-License-Identifier: Apache-2.0
// build_error_codes.hpp: the error codes of building a generation (C5xx), beside those of the config file itself.
#pragma once

#include <shunt/framework/error_codes.hpp>

#include <span>

namespace shunt {

// Sorted by code.
std::span<const ErrorCodeInfo> build_error_codes();

}  // namespace shunt
