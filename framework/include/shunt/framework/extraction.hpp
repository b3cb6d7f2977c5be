// SPDX-License-Identifier: Apache-2.0
// extraction.hpp: hands fetched pages to the extractors of a generation, which write endpoint columns.
//
//   for (const PageRequest& page : pages_wanted(*generation)) fetch(page);
//   extract_page(*generation, table, {.endpoint = "pod-0", .path = "/metrics", .body = text}, failures);
#pragma once

#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/generation.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// A page that some extractor asked for. What several ask for with the same port, path and Accept header is one page.
struct PageRequest {
  std::string path;
  std::int64_t interval_ns = 0;  // the shortest that was asked for
  std::uint32_t port = 0;        // 0: the endpoint's own
  std::string accept;            // empty: none
};

// `beside`: a generation that decides too, for a share of the requests.
std::vector<PageRequest> pages_wanted(const Generation& generation, const Generation* beside = nullptr);

struct FetchedPage {
  std::string_view endpoint;  // name
  std::string_view path;
  std::string_view content_type = {};
  std::string_view body = {};
  std::uint32_t http_status = 200;  // 0: the fetch failed
  std::int64_t fetched_ns = 0;      // becomes the age of what is written
  std::uint32_t port = 0;           // as asked for, with path and accept
  std::string_view accept = {};
};

struct ExtractionFailure {
  std::string extractor;  // instance name
  std::string message;
};

// Calls every extractor that asked for this page; after a failed fetch those alone that asked for failures. What they write
// goes into the table and is in its next snapshot. Returns how many extractors were called; failures are appended.
// `current`: the current generation, where this one only decides beside it. Extractors that are part of it, or that write a column which
// an instance of it writes, are left out then.
std::size_t extract_page(const Generation& generation, EndpointTable& table, const FetchedPage& page,
                         std::vector<ExtractionFailure>& failures, const Generation* current = nullptr);

}  // namespace shunt
