// SPDX-License-Identifier: Apache-2.0
// What a C function cannot do by itself.
#include <stdexcept>

extern "C" void throw_something();
extern "C" void throw_something() { throw std::runtime_error("thrown"); }
