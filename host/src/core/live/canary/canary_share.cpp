// SPDX-License-Identifier: Apache-2.0
#include "live/canary/canary_share.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cmath>

namespace shunt::host {

namespace {

constexpr double kHashValues = 4294967296.0;

}  // namespace

CanaryShare::CanaryShare(double share, std::uint64_t salt) noexcept
    : below_(static_cast<std::uint64_t>(std::llround(std::clamp(share, 0.0, 1.0) * kHashValues))), salt_(salt) {}

bool CanaryShare::takes(const Request& request) const noexcept {
  const std::uint64_t hash = request.session.empty()
                                 ? XXH3_64bits_withSeed(&request.number, sizeof request.number, salt_)
                                 : XXH3_64bits_withSeed(request.session.data(), request.session.size(), salt_);
  return (hash >> 32) < below_;
}

}  // namespace shunt::host
