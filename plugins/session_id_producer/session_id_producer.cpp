// SPDX-License-Identifier: Apache-2.0
// session-id-producer: which session a request belongs to, as its header or a cookie says.
#include "cookie.hpp"

#include <shunt/sdk/producer.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace session_id {

namespace sdk = shunt::sdk;

constexpr std::string_view kDefaultHeader = "x-session-id";
// What is longer is no id, and would be copied for every request.
constexpr std::size_t kLongestId = 4096;

class SessionIdProducer {
 public:
  SHUNT_PLUGIN("session-id-producer", "1.0.0", "Says which session a request belongs to, from a header or a cookie")
  static constexpr std::string_view kDefaultProducerOf[] = {"session_id"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "headerName": { "type": "string", "minLength": 1,
      "description": "Request header that holds the id, in any case; without this and cookieName: x-session-id" },
    "cookieName": { "type": "string", "minLength": 1,
      "description": "Cookie that holds the id" }
  }
})";

  explicit SessionIdProducer(sdk::Init& init)
      : header_(lower_case(init.parameter("headerName").text(""))),
        cookie_(init.parameter("cookieName").text("")),
        id_(init.output_value<std::string_view>(init.own_prefix(kType) + "session_id")),
        refused_(init.counter("refused_ids_total", "Ids that were left out because they are too long")) {
    if (!header_.empty() && !cookie_.empty()) {
      throw sdk::Error("parameter /cookieName: either \"headerName\" or \"cookieName\" says where the id is, not both");
    }
    if (header_.empty() && cookie_.empty()) header_ = kDefaultHeader;
  }

  sdk::Status produce(const sdk::Cycle& cycle, sdk::View, const sdk::Outputs&) const {
    const std::string_view id = id_of(cycle.request());
    if (id.empty()) return SHUNT_SKIP;
    if (id.size() > kLongestId) {
      cycle.metric_add(refused_);
      return SHUNT_SKIP;
    }
    return id_.set(cycle, id);
  }

 private:
  std::string_view id_of(const sdk::Request& request) const noexcept {
    if (!cookie_.empty()) return cookie(request.header("cookie").value_or(std::string_view()), cookie_);
    const std::string_view id = request.header(header_).value_or(std::string_view());
    // A front door may have read this header into the request, or know the session from elsewhere.
    return id.empty() && header_ == kDefaultHeader ? request.session() : id;
  }

  // As headers reach a plugin.
  static std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
  }

  std::string header_;  // empty: a cookie
  std::string cookie_;
  sdk::OutputValue<std::string_view> id_;
  shunt_metric* refused_;
};

}  // namespace session_id

using session_id::SessionIdProducer;
SHUNT_LIBRARY(SessionIdProducer)
