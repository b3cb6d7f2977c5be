// SPDX-License-Identifier: Apache-2.0
// answers_compare.hpp: whether two requests got the same answers.
#pragma once

#include <string>
#include <vector>

#include "calls.hpp"

namespace shunt::validate {

// What differs, as a clause; empty where every byte is the same.
std::string difference(const std::vector<Answer>& a, const std::vector<Answer>& b);

// As above, with rows told apart by their keys and numbers equal to nine digits: sums may run in another order.
std::string difference_by_key(const std::vector<Answer>& a, const std::vector<Answer>& b);

}  // namespace shunt::validate
