// SPDX-License-Identifier: Apache-2.0
#include "serve/front/header_rules.hpp"

#include "serve/front/envelope.hpp"

#include <shunt/abi/host.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace shunt::host::front {

namespace {

constexpr auto kSystemOwned = std::to_array<std::string_view>({
    "x-llm-d-inference-fairness-id",
    "x-gateway-inference-fairness-id",
    "x-llm-d-inference-objective",
    "x-gateway-inference-objective",
    "x-llm-d-model-name-rewrite",
    "x-gateway-model-name-rewrite",
    "x-gateway-destination-endpoint",
    "x-gateway-destination-endpoint-served",
    "x-gateway-destination-endpoint-subset",
    "x-llm-d-slo-ttft-ms",
    "x-slo-ttft-ms",
    "x-llm-d-slo-tpot-ms",
    "x-slo-tpot-ms",
    "x-llm-d-video-fps",
    "x-llm-d-video-duration-seconds",
    "x-llm-d-video-resolution",
    "x-llm-d-request-dropped-reason",
    "x-shunt-priority",
    "x-shunt-deadline-ms",
    "x-shunt-decision",
});

bool could_be_system_owned(std::string_view name) noexcept {
  return name.size() > 8 && (name[0] == 'x' || name[0] == 'X') && name[1] == '-';
}

void line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

// Names in a Connection field make other fields hop-by-hop too.
bool named_by_connection(std::string_view connection, std::string_view name) {
  return !connection.empty() && has_token(connection, name);
}

bool is_framing(std::string_view name) noexcept {
  return same_name(name, "content-length") || same_name(name, "transfer-encoding") || same_name(name, "connection");
}

bool annotated(std::span<const Annotation> annotations, std::uint32_t kind, std::string_view name) {
  return std::ranges::any_of(annotations,
                             [&](const Annotation& a) { return a.kind == kind && same_name(a.name, name); });
}

void write_annotations(std::span<const Annotation> annotations, std::uint32_t kind, std::string& out) {
  for (const Annotation& annotation : annotations) {
    if (annotation.kind == kind && !annotation.removes && !is_framing(annotation.name)) {
      line(out, annotation.name, annotation.text);
    }
  }
}

// Most connections say keep-alive or nothing: only other lists have to be searched for every field.
std::string_view names_in_connection(const HeadFields& fields) {
  const std::string_view value = fields.find(http::field::connection);
  return same_name(value, "keep-alive") || same_name(value, "close") || same_name(value, "upgrade") ? std::string_view()
                                                                                                    : value;
}

}  // namespace

std::span<const std::string_view> system_owned_headers() { return kSystemOwned; }

bool is_system_owned(std::string_view name) noexcept {
  return could_be_system_owned(name) &&
         std::ranges::any_of(kSystemOwned, [&](std::string_view own) { return same_name(own, name); });
}

bool is_hop_by_hop(http::field id) noexcept {
  switch (id) {
    case http::field::connection:
    case http::field::keep_alive:
    case http::field::proxy_connection:
    case http::field::proxy_authenticate:
    case http::field::proxy_authorization:
    case http::field::te:
    case http::field::trailer:
    case http::field::transfer_encoding:
    case http::field::upgrade: return true;
    default: return false;
  }
}

void write_upstream_head(const UpstreamHead& head, std::string& out) {
  const HeadFields& fields = head.request;
  const std::string_view connection = names_in_connection(fields);
  out.clear();
  out.append(fields.method()).append(" ").append(head.target).append(" HTTP/1.1\r\n");
  bool host = false;
  bool proto = false;
  bool forwarded = false;
  for (const HeadFields::Field& field : fields.all()) {
    const std::string_view name = fields.name(field);
    if (is_hop_by_hop(field.id) || field.id == http::field::content_length || field.id == http::field::expect) continue;
    if (field.id == http::field::host) {
      host = true;
    } else if (field.id == http::field::authorization) {
      if (head.drop_credentials || !head.api_key.empty()) continue;
    } else if (field.id == http::field::unknown) {
      if (same_name(name, "x-forwarded-for")) {
        forwarded = true;  // several fields are one list
        continue;
      }
      if (same_name(name, "x-request-id") || is_system_owned(name)) continue;
      if (head.drop_credentials && same_name(name, "x-api-key")) continue;
      if (same_name(name, "x-forwarded-proto")) proto = true;
    }
    if (named_by_connection(connection, name)) continue;
    if (!head.annotations.empty() && annotated(head.annotations, SHUNT_NOTE_REQUEST_HEADER, name)) continue;
    line(out, name, fields.value(field));
  }
  if (!host) line(out, "Host", head.host);
  out.append("X-Forwarded-For: ");
  if (forwarded) {
    for (const HeadFields::Field& field : fields.all()) {
      if (same_name(fields.name(field), "x-forwarded-for")) out.append(fields.value(field)).append(", ");
    }
  }
  out.append(head.client).append("\r\n");
  if (!proto) line(out, "X-Forwarded-Proto", head.client_tls ? "https" : "http");
  line(out, "x-request-id", head.request_id);
  if (!head.api_key.empty()) out.append("Authorization: Bearer ").append(head.api_key).append("\r\n");
  if (head.content_length) {
    out.append("Content-Length: ");
    number(out, *head.content_length);
    out.append("\r\n");
  } else if (head.chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  }
  if (head.upgrade) {
    out.append("Connection: Upgrade\r\n");
    line(out, "Upgrade", fields.find(http::field::upgrade));
  }
  write_annotations(head.annotations, SHUNT_NOTE_REQUEST_HEADER, out);
  out.append("\r\n");
}

void write_client_head(const ClientHead& head, std::string& out) {
  const HeadFields& fields = head.response;
  const std::string_view connection = names_in_connection(fields);
  out.clear();
  out.append("HTTP/1.1 ");
  number(out, head.status);
  out.append(" ").append(fields.target()).append("\r\n");
  bool id = false;
  for (const HeadFields::Field& field : fields.all()) {
    const std::string_view name = fields.name(field);
    if (is_hop_by_hop(field.id) || (field.id == http::field::content_length && !head.keep_length)) continue;
    if (named_by_connection(connection, name)) continue;
    if (field.id == http::field::unknown && same_name(name, "x-request-id")) id = true;
    if (!head.annotations.empty() && annotated(head.annotations, SHUNT_NOTE_RESPONSE_HEADER, name)) continue;
    line(out, name, fields.value(field));
  }
  if (head.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (head.upgrade) {
    out.append("Connection: Upgrade\r\n");
    line(out, "Upgrade", fields.find(http::field::upgrade));
  } else if (head.close) {
    out.append("Connection: close\r\n");
  } else if (!head.http11) {
    out.append("Connection: keep-alive\r\n");
  }
  if (!id) line(out, "x-request-id", head.request_id);
  if (!head.decision_id.empty()) line(out, "x-shunt-decision", head.decision_id);
  write_annotations(head.annotations, SHUNT_NOTE_RESPONSE_HEADER, out);
  out.append("\r\n");
}

void write_own_answer(const OwnAnswer& answer, std::string& out) {
  out.clear();
  out.append("HTTP/1.1 ");
  number(out, answer.status);
  out.append(" ").append(reason_phrase(answer.status)).append("\r\nContent-Type: application/json\r\nContent-Length: ");
  number(out, answer.body.size());
  out.append("\r\n");
  if (answer.close) {
    out.append("Connection: close\r\n");
  } else if (!answer.http11) {
    out.append("Connection: keep-alive\r\n");
  }
  if (!answer.request_id.empty()) line(out, "x-request-id", answer.request_id);
  if (!answer.decision_id.empty()) line(out, "x-shunt-decision", answer.decision_id);
  if (!answer.dropped_reason.empty()) line(out, "x-llm-d-request-dropped-reason", answer.dropped_reason);
  if (answer.retry_after_s != 0) {
    out.append("Retry-After: ");
    number(out, answer.retry_after_s);
    out.append("\r\n");
  }
  out.append(answer.extra);
  write_annotations(answer.annotations, SHUNT_NOTE_RESPONSE_HEADER, out);
  out.append("\r\n");
  if (!answer.head_only) out.append(answer.body);
}

}  // namespace shunt::host::front
