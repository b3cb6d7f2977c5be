// SPDX-License-Identifier: Apache-2.0
// Which requests a canary gets: so many, always the same, and all of a session.
#include "live/canary/canary_share.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace shunt::host {
namespace {

Request request(std::uint64_t number, std::string session = {}) {
  Request made;
  made.number = number;
  made.session = std::move(session);
  return made;
}

double taken(const CanaryShare& share, std::uint64_t first, std::uint64_t requests, const std::string& session = {}) {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < requests; ++i) {
    if (share.takes(request(first + i, session.empty() ? session : session + std::to_string(i)))) ++count;
  }
  return static_cast<double>(count) / static_cast<double>(requests);
}

RC_GTEST_PROP(CanaryShare, TakesItsShareOfRequestsAndOfSessions, (std::uint64_t salt, std::uint64_t first)) {
  constexpr std::uint64_t kRequests = 2'000;
  const double share = *rc::gen::inRange(0, 1001) / 1000.0;
  const CanaryShare chosen(share, salt);
  // Six standard deviations, and something for shares that hardly occur.
  const double bound = 6.0 * std::sqrt(share * (1.0 - share) / static_cast<double>(kRequests)) + 0.002;
  RC_ASSERT(std::abs(taken(chosen, first % 1'000'000, kRequests) - share) <= bound);
  RC_ASSERT(std::abs(taken(chosen, first % 1'000'000, kRequests, "session ") - share) <= bound);
}

RC_GTEST_PROP(CanaryShare, ASessionStaysWhereItIs, (std::uint64_t salt, const std::string& session)) {
  RC_PRE(!session.empty());
  const CanaryShare share(0.5, salt);
  const bool first = share.takes(request(0, session));
  for (std::uint64_t number = 1; number < 20; ++number) RC_ASSERT(share.takes(request(number, session)) == first);
}

RC_GTEST_PROP(CanaryShare, SoDoesARequestWhateverItsAttempt, (std::uint64_t salt, std::uint64_t number)) {
  const CanaryShare share(0.5, salt);
  Request again = request(number);
  again.attempt = 3;
  again.excluded = {1, 2};
  RC_ASSERT(share.takes(again) == share.takes(request(number)));
}

RC_GTEST_PROP(CanaryShare, ALargerShareTakesWhatASmallerOneTakes, (std::uint64_t salt, std::uint64_t number)) {
  const double small = *rc::gen::inRange(0, 1001) / 1000.0;
  const double large = *rc::gen::inRange(0, 1001) / 1000.0;
  RC_PRE(small <= large);
  if (CanaryShare(small, salt).takes(request(number))) {
    RC_ASSERT(CanaryShare(large, salt).takes(request(number)));
  }
}

RC_GTEST_PROP(CanaryShare, NothingIsNothingAndAllIsAll,
              (std::uint64_t salt, std::uint64_t number, const std::string& session)) {
  RC_ASSERT(!CanaryShare(0.0, salt).takes(request(number, session)));
  RC_ASSERT(CanaryShare(1.0, salt).takes(request(number, session)));
}

TEST(CanaryShare, AnotherCanaryTakesOtherSessions) {
  std::uint64_t both = 0;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const Request one = request(i, "s" + std::to_string(i));
    if (CanaryShare(0.5, 7).takes(one) && CanaryShare(0.5, 8).takes(one)) ++both;
  }
  EXPECT_GT(both, 150u);
  EXPECT_LT(both, 350u) << "half of the half";
}

}  // namespace
}  // namespace shunt::host
