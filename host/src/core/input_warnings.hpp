// SPDX-License-Identifier: Apache-2.0
// input_warnings.hpp: what is legal in an endpoints file, and most likely not what was meant.
//
//   warn_about_endpoints(file, *generation, diagnostics);
#pragma once

#include <shunt/framework/generation.hpp>

#include "endpoints_file.hpp"

namespace shunt::host {

// Attributes that nobody reads and that look like a canonical one; engines without metric names; lines of metrics pages
// that no extractor can read.
void warn_about_endpoints(const EndpointsFile& file, const Generation& generation, Diagnostics& diagnostics);

}  // namespace shunt::host
