// SPDX-License-Identifier: Apache-2.0
// fetch_task.hpp: one thing that is fetched from an endpoint again and again, as the connection sees it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "live/data_layer_counts.hpp"

namespace shunt::host {

// Texts are valid while FetchTask::answered() runs.
struct FetchAnswer {
  FetchResult result = FetchResult::Good;
  std::uint32_t http_status = 0;  // 0: none came
  std::string_view content_type = {};
  std::string_view body = {};
  std::string_view problem = {};  // of anything but Good, for people
  std::int64_t began_ns = 0;
  std::int64_t ended_ns = 0;
};

class FetchTask {
 public:
  virtual ~FetchTask() = default;
  // The request, complete.
  virtual const std::string& request() const = 0;
  virtual std::int64_t timeout_ns() const = 0;
  virtual void answered(const FetchAnswer& answer) = 0;
};

}  // namespace shunt::host
