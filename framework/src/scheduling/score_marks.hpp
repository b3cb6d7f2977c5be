// SPDX-License-Identifier: Apache-2.0
// score_marks.hpp: the NaN that score arrays arrive filled with.
#pragma once

namespace shunt {

// True for a row that the scorer left as it arrived, false for a NaN of its own.
bool is_unwritten_score(double score);

}  // namespace shunt
