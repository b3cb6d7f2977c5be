// SPDX-License-Identifier: Apache-2.0
// allocation_probe.hpp: counts allocations. The counter is a small library of its own, preloaded into the process of a case
// that asks for it and into no other: the program itself keeps the C library's malloc.
#pragma once

#include <cstdint>
#include <span>

namespace shunt::validate {

// The bytes of the library; empty where it cannot work, as under a sanitizer.
std::span<const unsigned char> allocation_probe_image();

// True when the library is in this process.
bool has_allocation_probe();
// Counts allocations of this thread while armed.
void arm_allocation_probe(bool armed);
// Of this thread, since it began.
std::uint64_t counted_allocations();

}  // namespace shunt::validate
