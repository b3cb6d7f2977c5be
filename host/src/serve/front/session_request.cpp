// SPDX-License-Identifier: Apache-2.0
// Reads what a request says, and its body where that has to be understood.
#include "live/request_understanding.hpp"
#include "serve/front/header_rules.hpp"
#include "serve/front/session.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstring>

namespace shunt::host::front {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kFirstBody = 16u << 10;
constexpr std::size_t kLongestId = 128;

bool is_good_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= kLongestId &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\'; });
}

// What proves who somebody is stays between client and endpoint: plugins and records do not get it.
bool is_credential(const HeadFields& fields, const HeadFields::Field& field) noexcept {
  return field.id == http::field::authorization || field.id == http::field::proxy_authorization ||
         field.id == http::field::cookie ||
         (field.id == http::field::unknown && same_name(fields.name(field), "x-api-key"));
}

}  // namespace

// Path and query; of the absolute form too.
std::string_view Session::target() const noexcept {
  std::string_view whole = head_.target();
  if (const std::size_t scheme = whole.find("://"); !whole.starts_with('/') && scheme != std::string_view::npos) {
    const std::size_t slash = whole.find('/', scheme + 3);
    whole = slash == std::string_view::npos ? std::string_view("/") : whole.substr(slash);
  }
  return whole;
}

std::string_view Session::path() const noexcept {
  const std::string_view whole = target();
  return whole.substr(0, whole.find('?'));
}

void Session::take_head() noexcept {
  lane_.note_request();
  body_done_ = request_->is_done();
  // Whoever is about to leave still answers, and asks for another connection the next time.
  close_after_ = !request_->keep_alive() || lane_.front_door().draining();
  const std::string_view id = head_.find("x-request-id");
  request_id_ = is_good_id(id) ? std::string(id) : lane_.make_request_id();
  if (!check_head()) return;
  if (lane_.draining && !lane_.handing_over) {
    because(CloseReason::Draining);
    close_after_ = true;
    return fail("draining");
  }
  if (lane_.rules.api_keys.required() && !check_key()) return;
  passage_ = lane_.front_door().open();
  if (passage_ == nullptr) return fail("internal-error");
  try {
    passage_->request.id = request_id_;
    passage_->request.path = path();
  } catch (const std::bad_alloc&) {
    return fail("internal-error");
  }
  const bool reads = request_->method() == http::verb::get || request_->method() == http::verb::head;
  if (reads && body_done_ && path() == "/v1/models") return answer_models();
  upgrade_ = body_done_ && request_->http11() && !head_.find(http::field::upgrade).empty() &&
             has_token(head_.find(http::field::connection), "upgrade");
  understood_ = request_->method() == http::verb::post && needs_body(path());
  if (understood_) return begin_body();
  understand();
}

// False: it was answered.
bool Session::check_head() noexcept {
  const char* problem = problem_of_head(head_, request_->http11(), true);
  if (problem == nullptr && !target().starts_with('/') &&
      !(target() == "*" && request_->method() == http::verb::options)) {
    problem = "the target is no path";
  }
  if (problem != nullptr) {
    close_after_ = true;
    fail("malformed-request", problem);
    return false;
  }
  if (request_->method() == http::verb::connect || request_->method() == http::verb::trace) {
    close_after_ = true;
    fail("method-not-allowed");
    return false;
  }
  const std::string_view expected = head_.find(http::field::expect);
  if (!expected.empty() && !same_name(expected, "100-continue")) {
    fail("expectation-failed");
    return false;
  }
  const auto length = request_->content_length();
  if (length && *length > lane_.rules.settings.limits.body_bytes) {
    fail("body-too-large");
    return false;
  }
  return true;
}

bool Session::check_key() noexcept {
  std::string_view key = bearer_key(head_.find(http::field::authorization));
  if (key.empty()) key = head_.find("x-api-key");
  if (key.empty()) {
    fail("unauthorized", "an API key is needed: \"Authorization: Bearer KEY\" or \"x-api-key: KEY\"");
    return false;
  }
  if (!lane_.rules.api_keys.knows(key)) {
    fail("unauthorized", "the API key is not one of those known here");
    return false;
  }
  key_shown_ = true;
  return true;
}

void Session::begin_body() noexcept {
  stage_ = Stage::Body;
  if (body_done_) return understand();
  lane_.arm(*this, lane_.rules.settings.timeouts.body_ms);
  const auto length = request_->content_length();
  body_expected_ = length ? static_cast<std::size_t>(*length) : 0;
  if (!grow_body(length ? body_expected_ : kFirstBody)) return fail("internal-error");
  const bool waits = request_->http11() && client_->input().empty() && !head_.find(http::field::expect).empty();
  if (waits) {
    const std::array<asio::const_buffer, 1> line = {asio::const_buffer(kContinue.data(), kContinue.size())};
    error_code failed;
    client_->write(line, failed);
    if (failed) return client_gone();
  }
  take_body_bytes();
}

// At least `size` bytes in all.
bool Session::grow_body(std::size_t size) noexcept {
  if (body_ && body_.capacity() >= size) return true;
  Buffer next = lane_.buffers.take(size);
  if (!next) return false;
  if (body_size_ != 0) std::memcpy(next.data(), body_.data(), body_size_);
  body_ = std::move(next);
  return true;
}

void Session::take_body_bytes() noexcept {
  if (!request_->content_length()) return take_body_chunks();
  // What came with the header is copied; the rest is read to where it belongs.
  const std::string_view input = client_->input().substr(0, body_expected_ - body_size_);
  if (!input.empty()) {
    std::memcpy(body_.data() + body_size_, input.data(), input.size());
    body_size_ += input.size();
    client_->consume(input.size());
  }
  if (body_size_ < body_expected_) {
    reading_body_ = true;
    return client_->read_into(body_.data() + body_size_, body_expected_ - body_size_);
  }
  body_done_ = true;
  understand();
}

void Session::take_body_chunks() noexcept {
  const std::uint64_t limit = lane_.rules.settings.limits.body_bytes;
  request_->eager(true);
  while (!request_->is_done() && !client_->input().empty()) {
    const std::string_view input = client_->input();
    error_code problem;
    request_->piece().clear();
    const std::size_t used = request_->put(asio::const_buffer(input.data(), input.size()), problem);
    const BodyPiece& piece = request_->piece();
    if (body_size_ + piece.size() > limit) {
      close_after_ = true;
      return fail("body-too-large");
    }
    if (piece.size() != 0) {
      const std::size_t needed = body_size_ + piece.size();
      if (body_.capacity() < needed && !grow_body(std::max(needed, body_.capacity() * 2)))
        return fail("internal-error");
      std::memcpy(body_.data() + body_size_, piece.data(), piece.size());
      body_size_ = needed;
    }
    client_->consume(used);
    if (problem == http::error::need_more) break;
    if (problem) {
      close_after_ = true;
      return fail("malformed-request", problem.message());
    }
  }
  if (request_->is_done()) {
    body_done_ = true;
    return understand();
  }
  if (client_->full() && client_->capacity() >= kStreamBuffer) {
    close_after_ = true;
    return fail("malformed-request", "a chunk's header or the trailer is too long");
  }
  if (!client_->reserve(kFirstBody) || (client_->full() && !client_->reserve(kStreamBuffer)))
    return fail("internal-error");
  client_->read();
}

void Session::collect_headers() {
  auto& headers = lane_.header_views;
  headers.clear();
  for (const HeadFields::Field& field : head_.all()) {
    if (!is_credential(head_, field)) headers.emplace_back(head_.name(field), head_.value(field));
  }
}

void Session::understand() noexcept {
  std::optional<UnderstandingProblem> problem;
  try {
    collect_headers();
    problem = understood_
                  ? understand_request(path(), lane_.header_views, {body_.data(), body_size_}, passage_->request)
                  : understand_headers(lane_.header_views, passage_->request);
  } catch (const std::bad_alloc&) {
    return fail("internal-error");
  }
  if (problem) return fail("invalid-request", problem->message, problem->param);
  decide();
}

}  // namespace shunt::host::front
