// SPDX-License-Identifier: Apache-2.0
// page_samples.hpp: pages as endpoints have really sent them, one of each kind, for trying out what shall read them next.
#pragma once

#include <shunt/framework/extraction.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shunt::host {

struct SampledPage {
  std::string endpoint;  // name
  std::string path;
  std::string accept;
  std::string content_type;
  std::string body;
  std::uint32_t http_status = 200;
  std::uint32_t port = 0;
  std::int64_t fetched_ns = 0;

  FetchedPage view() const { return {endpoint, path, content_type, body, http_status, fetched_ns, port, accept}; }
};

// Not for several threads.
class PageSamples {
 public:
  // Pages that are large are not kept; nor is one while there is one of its kind that is not old yet: fetching goes on all the time. A
  // seventeenth kind takes the place of the one that was fetched longest ago.
  void offer(const FetchedPage& page);
  const std::vector<SampledPage>& pages() const { return pages_; }

 private:
  std::vector<SampledPage> pages_;
};

}  // namespace shunt::host
