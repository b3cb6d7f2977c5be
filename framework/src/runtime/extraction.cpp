// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/extraction.hpp>

#include "runtime/call_context.hpp"
#include "runtime/endpoint_row.hpp"
#include "runtime/endpoint_writers.hpp"
#include "runtime/reclaimer.hpp"

#include <algorithm>

namespace shunt {
namespace {

void add_pages(const Generation& generation, std::vector<PageRequest>& pages) {
  for (const auto& instance : generation.instances()) {
    if (instance->extractor == nullptr) continue;
    for (const PageFetch& fetch : instance->fetches) {
      const auto known = std::ranges::find_if(pages, [&fetch](const PageRequest& page) {
        return page.path == fetch.path && page.port == fetch.port && page.accept == fetch.accept;
      });
      if (known == pages.end())
        pages.push_back({fetch.path, fetch.interval_ns, fetch.port, fetch.accept});
      else
        known->interval_ns = std::min(known->interval_ns, fetch.interval_ns);
    }
  }
}

}  // namespace

std::vector<PageRequest> pages_wanted(const Generation& generation, const Generation* beside) {
  std::vector<PageRequest> pages;
  add_pages(generation, pages);
  if (beside != nullptr) add_pages(*beside, pages);
  return pages;
}

std::size_t extract_page(const Generation& generation, EndpointTable& table, const FetchedPage& page,
                         std::vector<ExtractionFailure>& failures, const Generation* current) {
  std::size_t called = 0;
  const bool failed = page.http_status == 0;
  const auto asked_for = [&](const PageFetch& fetch) {
    return fetch.path == page.path && fetch.port == page.port && fetch.accept == page.accept &&
           (!failed || fetch.failures);
  };
  for (const auto& instance : generation.instances()) {
    if (instance->extractor == nullptr) continue;
    if (std::ranges::none_of(instance->fetches, asked_for)) continue;
    if (current != nullptr && (has_instance(*current, *instance) || writes_what_another_writes(*instance, *current))) {
      continue;
    }
    const EndpointRow row(*instance, table, endpoint_key(page.endpoint));
    shunt_page raw{};
    raw.size = sizeof raw;
    raw.http_status = page.http_status;
    raw.path = {page.path.data(), page.path.size()};
    if (!failed) {
      raw.content_type = {page.content_type.data(), page.content_type.size()};
      raw.body = {page.body.data(), page.body.size()};
    }
    raw.endpoint_name = {page.endpoint.data(), page.endpoint.size()};
    raw.endpoint = endpoint_key(page.endpoint);
    raw.fetched_ns = page.fetched_ns;
    raw.row = &row.view();
    raw.port = page.port;

    const Reclaimer::Call running;
    const std::lock_guard lock(instance->serial_mutex);
    shunt_ctx ctx;
    ctx.begin(*instance, kMayPut | kMayRetire);
    ctx.table = &table;
    ctx.as_of_ns = page.fetched_ns;
    std::int32_t status = SHUNT_ERROR;
    {
      const BackgroundCall counted(*instance->background);
      const CallMark mark(instance->mark(), PluginFunction::Extract, generation.number());
      status = instance->extractor->extract(instance->self(), &ctx, &raw);
    }
    ++called;
    if (status != SHUNT_OK) {
      failures.push_back({instance->name(), ctx.error_text().empty() ? "it failed without giving a reason"
                                                                     : std::string(ctx.error_text())});
    }
  }
  return called;
}

}  // namespace shunt
