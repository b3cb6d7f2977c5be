// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/extraction.hpp>

#include "runtime/call_context.hpp"
#include "runtime/endpoint_row.hpp"
#include "runtime/reclaimer.hpp"

#include <algorithm>

namespace shunt {

std::vector<PageRequest> pages_wanted(const Generation& generation) {
  std::vector<PageRequest> pages;
  for (const auto& instance : generation.instances()) {
    if (instance->extractor == nullptr) continue;
    for (const PageFetch& fetch : instance->fetches) {
      const auto known = std::ranges::find(pages, fetch.path, &PageRequest::path);
      if (known == pages.end())
        pages.push_back({fetch.path, fetch.interval_ns});
      else
        known->interval_ns = std::min(known->interval_ns, fetch.interval_ns);
    }
  }
  return pages;
}

std::size_t extract_page(const Generation& generation, EndpointTable& table, const FetchedPage& page,
                         std::vector<ExtractionFailure>& failures) {
  std::size_t called = 0;
  for (const auto& instance : generation.instances()) {
    if (instance->extractor == nullptr) continue;
    if (std::ranges::find(instance->fetches, page.path, &PageFetch::path) == instance->fetches.end()) continue;
    const EndpointRow row(*instance, table, endpoint_key(page.endpoint));
    shunt_page raw{};
    raw.size = sizeof raw;
    raw.http_status = page.http_status;
    raw.path = {page.path.data(), page.path.size()};
    raw.content_type = {page.content_type.data(), page.content_type.size()};
    raw.body = {page.body.data(), page.body.size()};
    raw.endpoint_name = {page.endpoint.data(), page.endpoint.size()};
    raw.endpoint = endpoint_key(page.endpoint);
    raw.fetched_ns = page.fetched_ns;
    raw.row = &row.view();

    const Reclaimer::Call running;
    const std::lock_guard lock(instance->events_mutex);
    shunt_ctx ctx;
    ctx.begin(*instance, kMayPut);
    ctx.table = &table;
    ctx.as_of_ns = page.fetched_ns;
    const std::int32_t status = instance->extractor->extract(instance->self(), &ctx, &raw);
    ++called;
    if (status < 0) {
      failures.push_back({instance->name(), ctx.error_text().empty() ? "it failed without giving a reason"
                                                                     : std::string(ctx.error_text())});
    }
  }
  return called;
}

}  // namespace shunt
