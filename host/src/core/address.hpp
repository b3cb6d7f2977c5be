// SPDX-License-Identifier: Apache-2.0
// address.hpp: where an endpoint listens.
//
//   if (const auto problem = problem_of_address("10.0.0.1"); !problem.empty()) complain(problem);
#pragma once

#include <string_view>

namespace shunt::host {

// "10.0.0.1:8000", "pod.svc:80", "[::1]:8000". What is wrong with an address, as the end of a sentence that begins with what
// it is; empty where nothing is.
std::string_view problem_of_address(std::string_view address);

}  // namespace shunt::host
