// SPDX-License-Identifier: Apache-2.0
// descriptor_io.hpp: writing to descriptors of the kernel.
#pragma once

#include <string_view>

namespace shunt::process {

// A pipe takes what its reader leaves room for, and a signal may interrupt: goes on until all of it is written. False, and
// errno, where that is not possible.
bool write_whole(int descriptor, std::string_view text) noexcept;

}  // namespace shunt::process
