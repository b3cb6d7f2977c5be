// SPDX-License-Identifier: Apache-2.0
// What the door answers itself: errors, refusals, the list of models.
#include "serve/front/envelope.hpp"
#include "serve/front/header_rules.hpp"
#include "serve/front/session.hpp"

#include <algorithm>
#include <utility>

namespace shunt::host::front {

namespace {

constexpr std::uint32_t kRetryAfterSeconds = 1;

// A plugin may call its rejections what it likes.
bool fits_header(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 127; });
}

}  // namespace

void Session::fail(std::string_view code, std::string_view message, std::string_view param) noexcept {
  const DoorError& error = door_error(code);
  if (code == "malformed-request" || code.ends_with("-too-large")) because(CloseReason::Protocol);
  if (stage_ == Stage::Idle || stage_ == Stage::Handshake || stage_ == Stage::Head) {
    // Before take_head() nothing is known about where this request ends and the next one begins.
    if (request_ && !request_->is_header_done()) close_after_ = true;
  }
  const std::string_view where = request_ && request_->is_header_done() ? path() : std::string_view();
  const bool upstream = code.starts_with("upstream-") || code == "internal-error";
  try {
    const std::string body =
        envelope({error.status, error.code, message.empty() ? error.meaning : message, param}, where);
    const std::string_view extra = error.status == 401 ? "WWW-Authenticate: Bearer\r\n" : "";
    answer(upstream ? Ending::Failed : Ending::Rejected, error.status, error.code, body, extra);
  } catch (const std::bad_alloc&) {
    report_end({Ending::Failed, 0, "internal-error"});
    end(CloseReason::Memory);
  }
}

void Session::answer_rejection() noexcept {
  const Rejection& rejection = passage_->rejection;
  try {
    const std::uint32_t status = rejection.http_status != 0 ? rejection.http_status : 503;
    const std::string code = rejection.code;
    answer(Ending::Rejected, status, code, envelope({status, code, rejection.reason}, path()));
  } catch (const std::bad_alloc&) {
    report_end({Ending::Failed, 0, "internal-error"});
    end(CloseReason::Memory);
  }
}

void Session::answer_models() noexcept {
  try {
    const auto pool = lane_.rules.picture ? lane_.rules.picture() : nullptr;
    // Where nobody knows the endpoints, the one that is chosen is asked.
    if (pool == nullptr) return understand();
    stage_ = Stage::Asking;
    TimerWheel::disarm(*this);  // a survey has a time limit of its own
    lane_.now();
    lane_.models.ask(*pool, endpoint_credentials(), *this);
    if (stage_ == Stage::Asking) watch_client();
  } catch (const std::bad_alloc&) {
    lane_.models.forget(*this);
    fail("internal-error");
  }
}

void Session::on_models(const std::string* page) noexcept {
  if (page == nullptr) return fail("upstream-unavailable");
  answer(Ending::Answered, 200, {}, *page);
}

// As header lines: the host's own, or those of the client where they are not for this host.
std::string Session::endpoint_credentials() const {
  std::string lines;
  if (!lane_.rules.upstream_api_key.empty()) {
    return lines.append("Authorization: Bearer ").append(lane_.rules.upstream_api_key).append("\r\n");
  }
  if (key_shown_) return lines;
  const std::string_view authorization = head_.find(http::field::authorization);
  if (!authorization.empty()) lines.append("Authorization: ").append(authorization).append("\r\n");
  const std::string_view key = head_.find("x-api-key");
  if (!key.empty()) lines.append("x-api-key: ").append(key).append("\r\n");
  return lines;
}

// `code` of a rejection may be anything that a plugin said.
void Session::answer(Ending ending, std::uint32_t status, std::string_view code, const std::string& body,
                     std::string_view extra) noexcept {
  const bool rejected = passage_ != nullptr && !passage_->dispatched() && passage_->rejection.http_status != 0;
  const bool known_id = request_ && request_->is_header_done();
  const bool from_decision = rejected && ending == Ending::Rejected;
  write_own_answer({.status = status,
                    .body = body,
                    .close = close_after_ || lane_.draining || !body_done_,
                    .head_only = request_ && request_->method() == http::verb::head,
                    .http11 = !request_ || request_->http11(),
                    .request_id = known_id ? std::string_view(request_id_) : std::string_view(),
                    .decision_id = from_decision && lane_.rules.settings.decision_header ? passage_->decision_id
                                                                                         : std::string_view(),
                    .dropped_reason = from_decision && fits_header(code) ? code : std::string_view(),
                    .retry_after_s = status == 429 || status == 503 ? kRetryAfterSeconds : 0,
                    .extra = extra,
                    .annotations = from_decision ? std::span<const Annotation>(passage_->annotations)
                                                 : std::span<const Annotation>()},
                   client_head_);
  report_end({ending, status, code});
  stage_ = Stage::Answering;
  lane_.arm(*this, lane_.rules.settings.timeouts.write_ms);
  const std::array<asio::const_buffer, 1> text = {asio::const_buffer(client_head_.data(), client_head_.size())};
  error_code failed;
  if (client_->write(text, failed)) return answered();
  if (failed) end(CloseReason::ClientGone);
}

void Session::answered() noexcept { finish_request(); }

}  // namespace shunt::host::front
