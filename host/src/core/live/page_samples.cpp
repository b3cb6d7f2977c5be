// SPDX-License-Identifier: Apache-2.0
#include "live/page_samples.hpp"

#include <algorithm>

namespace shunt::host {

namespace {

constexpr std::size_t kMostKinds = 16;
constexpr std::size_t kLargestBody = std::size_t{1} << 20;
constexpr std::int64_t kOldNs = 10'000'000'000;

}  // namespace

void PageSamples::offer(const FetchedPage& page) {
  if (page.http_status < 200 || page.http_status > 299 || page.body.size() > kLargestBody) return;
  auto known = std::ranges::find_if(pages_, [&page](const SampledPage& sample) {
    return sample.path == page.path && sample.port == page.port && sample.accept == page.accept;
  });
  if (known == pages_.end()) {
    known = pages_.size() < kMostKinds ? pages_.emplace(pages_.end())
                                       : std::ranges::min_element(pages_, {}, &SampledPage::fetched_ns);
  } else if (page.fetched_ns - known->fetched_ns < kOldNs) {
    return;
  }
  known->endpoint = page.endpoint;
  known->path = page.path;
  known->accept = page.accept;
  known->content_type = page.content_type;
  known->body = page.body;
  known->http_status = page.http_status;
  known->port = page.port;
  known->fetched_ns = page.fetched_ns;
}

}  // namespace shunt::host
