// SPDX-License-Identifier: Apache-2.0
// matchers.hpp: GoogleMock matchers for answers. The only header of the kit that needs GoogleMock.
//
//   EXPECT_THAT(plugin.score(endpoints, request), Succeeded());
//   EXPECT_THAT(plugin.score(endpoints, request).values, Each(IsScore()));
//   EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("threshold")));
#pragma once

#include <shunt/testing/answers.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <string>

namespace shunt::testing {

// The call returned SHUNT_OK and kept to its arrays.
MATCHER(Succeeded, negation ? "failed" : "succeeded") {
  *result_listener << "status " << arg.status << ", text \"" << arg.error
                   << (arg.intact ? "\"" : "\", wrote out of bounds");
  return arg.ok();
}

// The call returned this status, with a text that matches.
MATCHER_P2(FailedWith, status, text, "status " + ::testing::PrintToString(status) + " with a matching text") {
  *result_listener << "status " << arg.status << ", text \"" << arg.error << "\"";
  return arg.status == status && ::testing::Matches(text)(arg.error);
}

// A score that the host takes as it is.
MATCHER(IsScore, std::string(negation ? "is no" : "is a") + " number in [0, 1]") { return arg >= 0.0 && arg <= 1.0; }

// A row that the scorer left as it arrived.
MATCHER(Unwritten, negation ? "was written" : "was not written") { return std::isnan(arg); }

}  // namespace shunt::testing
