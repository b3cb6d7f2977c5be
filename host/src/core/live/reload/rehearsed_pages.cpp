// SPDX-License-Identifier: Apache-2.0
#include "live/reload/rehearsed_pages.hpp"

#include <shunt/framework/extraction.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace shunt::host {

namespace {

constexpr std::size_t kNoise = 4096;
constexpr std::size_t kEndlessLine = 65536;

constexpr std::string_view kOddNumbers =
    "# TYPE vllm:num_requests_running gauge\n"
    "vllm:num_requests_running NaN\n"
    "vllm:num_requests_waiting{model_name=\"m\"} +Inf\n"
    "vllm:num_requests_waiting{model_name=\"m\"} -1e308\n"
    "vllm:kv_cache_usage_perc 99999999999999999999999999999999999\n"
    "vllm:lora_requests_info{max_lora=\"-1\",running_lora_adapters=\"a,,b\"} 1e-320\n"
    "vllm:num_requests_running{unterminated=\"";

std::string noise() {
  std::string bytes(kNoise, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

std::vector<SampledPage> bad_days(const SampledPage& good) {
  std::vector<SampledPage> pages;
  const auto add = [&](std::string body, std::uint32_t status = 200) {
    SampledPage& page = pages.emplace_back(good);
    page.body = std::move(body);
    page.http_status = status;
  };
  add(good.body.substr(0, good.body.size() / 2));
  add("");
  add(noise());
  add(std::string(kEndlessLine, 'a'));
  add(std::string(kOddNumbers));
  add("<html><body>Service Unavailable</body></html>", 503);
  add("", 0);
  return pages;
}

// As sent, where there is one; without a body where not.
SampledPage page_for(const PageRequest& wanted, const std::string& endpoint, const std::vector<SampledPage>& sampled,
                     std::int64_t now_ns) {
  SampledPage page{endpoint, wanted.path, wanted.accept, "text/plain", {}, 200, wanted.port, now_ns};
  const auto known = std::ranges::find_if(sampled, [&wanted](const SampledPage& one) {
    return one.path == wanted.path && one.port == wanted.port && one.accept == wanted.accept;
  });
  if (known != sampled.end()) {
    page.content_type = known->content_type;
    page.body = known->body;
  }
  return page;
}

}  // namespace

void rehearse_good_pages(const Generation& generation, EndpointTable& table, const std::string& endpoint,
                         const std::vector<SampledPage>& sampled, std::int64_t now_ns) {
  std::vector<ExtractionFailure> failures;
  for (const PageRequest& wanted : pages_wanted(generation)) {
    const SampledPage page = page_for(wanted, endpoint, sampled, now_ns);
    if (!page.body.empty()) extract_page(generation, table, page.view(), failures);
  }
}

void rehearse_bad_pages(const Generation& generation, EndpointTable& table, const std::string& endpoint,
                        const std::vector<SampledPage>& sampled, std::int64_t now_ns) {
  std::vector<ExtractionFailure> failures;
  for (const PageRequest& wanted : pages_wanted(generation)) {
    for (const SampledPage& page : bad_days(page_for(wanted, endpoint, sampled, now_ns))) {
      extract_page(generation, table, page.view(), failures);
    }
  }
}

}  // namespace shunt::host
