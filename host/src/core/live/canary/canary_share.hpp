// SPDX-License-Identifier: Apache-2.0
// canary_share.hpp: which requests a share of them is.
//
//   const CanaryShare share(0.05, generation->number());
//   if (share.takes(request)) ...
#pragma once

#include <shunt/framework/request.hpp>

#include <cstdint>

namespace shunt::host {

// By a hash of the session, or else of the request's number: all attempts of a request, and all requests of a session, are on one side.
class CanaryShare {
 public:
  // `share`: 0 to 1. With another salt it is other sessions that are taken.
  CanaryShare(double share, std::uint64_t salt) noexcept;
  bool takes(const Request& request) const noexcept;

 private:
  std::uint64_t below_;  // of the 2^32 values that a hash may have
  std::uint64_t salt_;
};

}  // namespace shunt::host
