// SPDX-License-Identifier: Apache-2.0
#include "serve/front/envelope.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace shunt::host::front {

namespace json = boost::json;

namespace {

constexpr auto kErrors = std::to_array<DoorError>({
    {"malformed-request", 400, "the request is not HTTP/1.1 as this host reads it"},
    {"invalid-request", 400, "the body or a header is not what the API asks for; `param` names it"},
    {"unauthorized", 401, "no API key was shown, or none that is known here"},
    {"method-not-allowed", 405, "CONNECT and TRACE are not passed on"},
    {"request-timeout", 408, "the request took too long to come in"},
    {"body-too-large", 413, "the body is longer than `serve.limits.bodyBytes`"},
    {"expectation-failed", 417, "the only expectation understood is 100-continue"},
    {"header-too-large", 431, "the header is longer than `serve.limits.headerBytes`"},
    {"internal-error", 500, "memory is out"},
    {"upstream-refused", 502, "no endpoint took the connection"},
    {"upstream-reset", 502, "the endpoint closed the connection before it answered"},
    {"upstream-malformed", 502, "the endpoint's answer is not HTTP"},
    {"upstream-tls", 502, "no TLS connection to the endpoint came about"},
    {"upstream-aborted", 502, "the endpoint stopped in the middle of its response; the client sees a broken one"},
    {"draining", 503, "this host is about to end"},
    {"upstream-unavailable", 503, "no endpoint said which models it serves"},
    {"too-many-connections", 503, "`serve.limits.connections` is reached"},
    {"upstream-connect-timeout", 504, "no endpoint took the connection within `serve.timeouts.connectMs`"},
    {"upstream-timeout", 504, "the endpoint did not answer within `serve.timeouts.responseHeaderMs`"},
    {"upstream-stalled", 504,
     "the endpoint was silent for `serve.timeouts.responseIdleMs` in the middle of its response; the client sees a "
     "broken one"},
    {"stopped", 503, "this host ended before the response did; the client sees a broken one"},
});

bool is_anthropic(std::string_view path) { return path == "/v1/messages" || path.starts_with("/v1/messages/"); }

std::string_view anthropic_type(std::uint32_t status) {
  switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 413: return "request_too_large";
    case 429: return "rate_limit_error";
    case 503: return "overloaded_error";
    default: return status < 500 ? "invalid_request_error" : "api_error";
  }
}

}  // namespace

std::span<const DoorError> door_errors() { return kErrors; }

const DoorError& door_error(std::string_view code) {
  const auto* it = std::ranges::find(kErrors, code, &DoorError::code);
  return it != kErrors.end() ? *it : *std::ranges::find(kErrors, "internal-error", &DoorError::code);
}

std::string_view error_type(std::uint32_t status) {
  switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 429: return "rate_limit_error";
    case 502:
    case 503:
    case 504: return "service_unavailable_error";
    default: return status < 500 ? "invalid_request_error" : "server_error";
  }
}

std::string envelope(const EnvelopeText& error, std::string_view path) {
  if (is_anthropic(path)) {
    return json::serialize(json::value{
        {"type", "error"}, {"error", {{"type", anthropic_type(error.status)}, {"message", error.message}}}});
  }
  const json::value param = error.param.empty() ? json::value(nullptr) : json::value(error.param);
  return json::serialize(json::value{
      {"error",
       {{"message", error.message}, {"type", error_type(error.status)}, {"param", param}, {"code", error.code}}}});
}

std::string_view reason_phrase(std::uint32_t status) {
  const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

}  // namespace shunt::host::front
