// SPDX-License-Identifier: Apache-2.0
#include "serve/front/session.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace shunt::host::front {

namespace {

// A connection that was accepted before another process took over may have its request on the way.
constexpr std::int64_t kHandOverMs = 1'000;

}  // namespace

Session::Session(Lane& lane, Wire::Pointer client, std::string client_address, std::size_t place)
    : lane_(lane), client_(std::move(client)), client_address_(std::move(client_address)), place_(place) {
  client_->use(this);
}

Session::~Session() { client_->close(); }

void Session::begin(bool crowded) noexcept {
  crowded_ = crowded;
  if (crowded) {
    because(CloseReason::Limit);
    close_after_ = true;
  }
  if (lane_.rules.server_tls == nullptr) return crowded ? fail("too-many-connections") : wait_for_request();
  const std::int64_t time_ms = lane_.rules.settings.timeouts.header_ms;
  lane_.arm(*this, crowded ? std::min(time_ms, kCrowdedMs) : time_ms);
  if (!client_->secure(*lane_.rules.server_tls, true, {}, false)) end(CloseReason::Memory);
}

void Session::drain() noexcept {
  if (stage_ != Stage::Idle && stage_ != Stage::Handshake) return;
  if (!lane_.handing_over) return end(CloseReason::Draining);
  lane_.arm(*this, kHandOverMs);
}

void Session::stop() noexcept {
  if (stage_ == Stage::Gone) return;
  const bool under_way = passage_ != nullptr || (stage_ != Stage::Idle && stage_ != Stage::Handshake &&
                                                 stage_ != Stage::Lingering && stage_ != Stage::Answering);
  if (under_way) report_end({Ending::Failed, 0, "stopped"});
  drop_link();
  client_->abort();
  end(CloseReason::Stopped);
}

void Session::on_secured(error_code failed) noexcept {
  lane_.counts.count(failed ? HandshakeResult::Failed : HandshakeResult::Good);
  if (failed) return end(CloseReason::HandshakeFailed);
  if (crowded_) return fail("too-many-connections");
  wait_for_request();
}

void Session::wait_for_request() noexcept {
  if (lane_.draining && !lane_.handing_over && client_->input().empty()) return end(CloseReason::Draining);
  stage_ = Stage::Idle;
  if (!client_->reserve(kClientBuffer)) return end(CloseReason::Memory);
  if (!client_->input().empty()) return serve_input();
  lane_.arm(*this, lane_.draining ? kHandOverMs : lane_.rules.settings.timeouts.idle_ms);
  client_->read();
}

void Session::on_input(std::size_t bytes) noexcept {
  switch (stage_) {
    case Stage::Idle:
    case Stage::Head: return serve_input();
    case Stage::Body:
      lane_.arm(*this, lane_.rules.settings.timeouts.body_ms);
      if (std::exchange(reading_body_, false)) body_size_ += bytes;
      return take_body_bytes();
    case Stage::Tunnel: return tunnel_from_client();
    case Stage::Lingering: client_->consume(client_->input().size()); return client_->read();
    case Stage::Connecting:
    case Stage::Waiting:
    case Stage::Responding:
      if (!body_done_) return forward_body();
      return watch_client();
    case Stage::Asking:
    case Stage::Answering: return watch_client();
    case Stage::Handshake:
    case Stage::Gone: return;
  }
}

void Session::on_input_end(error_code) noexcept {
  switch (stage_) {
    case Stage::Tunnel: return end_tunnel();
    case Stage::Idle: return end(CloseReason::Client);
    case Stage::Lingering: return end(CloseReason::Answered);
    default: return client_gone();
  }
}

// Requests that have come in already are served one after another, without growing the stack.
void Session::serve_input() noexcept {
  if (std::exchange(serving_, true)) return;
  while ((stage_ == Stage::Idle || stage_ == Stage::Head) && read_head()) {
  }
  serving_ = false;
}

// False: there has to come more before anything can go on.
bool Session::read_head() noexcept {
  const ServeLimits& limits = lane_.rules.settings.limits;
  if (stage_ == Stage::Idle) {
    while (client_->input().starts_with("\r\n")) client_->consume(2);
    if (client_->input().empty()) {
      client_->read();
      return false;
    }
    stage_ = Stage::Head;
    head_bytes_ = 0;
    request_.emplace(head_, limits.header_bytes);
    lane_.arm(*this, lane_.rules.settings.timeouts.header_ms);
  }
  const std::string_view input = client_->input();
  error_code problem;
  const std::size_t used = request_->put(asio::const_buffer(input.data(), input.size()), problem);
  const bool folded = has_folded_line(input.substr(0, used));
  head_bytes_ += used;
  client_->consume(used);
  if (folded) {
    fail("malformed-request", "a header line continues the one before");
  } else if (problem == http::error::header_limit ||
             (problem == http::error::need_more && head_bytes_ + client_->input().size() > limits.header_bytes) ||
             (!problem && head_bytes_ > limits.header_bytes)) {
    fail("header-too-large");
  } else if (problem == http::error::need_more) {
    if (client_->full() && !client_->reserve(client_->capacity() * 2)) {
      end(CloseReason::Memory);
      return false;
    }
    client_->read();
    return false;
  } else if (problem) {
    fail("malformed-request", problem.message());
  } else {
    take_head();
  }
  return true;
}

// Reads on while a request is served: to notice that the client leaves, and to have its next request.
void Session::watch_client() noexcept {
  if (!client_->full()) client_->read();
}

void Session::client_gone() noexcept {
  const std::uint32_t status = head_sent_ && response_ ? response_->status() : 0;
  if (stage_ != Stage::Answering) report_end({Ending::Cancelled, status, "client-gone"});
  drop_link();
  end(CloseReason::ClientGone);
}

void Session::on_written(error_code failed) noexcept {
  if (stage_ == Stage::Gone) return;
  if (failed) return client_gone();
  switch (stage_) {
    case Stage::Answering: return answered();
    case Stage::Responding:
      if (std::exchange(finish_after_write_, false)) return finish_response();
      return pump_response();
    case Stage::Tunnel:
      if (link_ == nullptr) return end(CloseReason::Tunnel);
      return tunnel_from_endpoint();
    default: return;  // a 100 Continue
  }
}

void Session::on_deadline() noexcept {
  switch (stage_) {
    case Stage::Handshake: lane_.counts.count(HandshakeResult::TimedOut); return end(CloseReason::HandshakeTimeout);
    case Stage::Idle: return end(CloseReason::Idle);
    case Stage::Lingering: return end(CloseReason::Answered);
    case Stage::Head:
    case Stage::Body:
      because(stage_ == Stage::Head ? CloseReason::HeaderTimeout : CloseReason::BodyTimeout);
      close_after_ = true;
      return fail("request-timeout");
    case Stage::Connecting: return attempt_failed("upstream-connect-timeout");
    case Stage::Waiting:
      if (!body_done_) {
        because(CloseReason::BodyTimeout);
        close_after_ = true;
        drop_link();
        return fail("request-timeout");
      }
      drop_link();
      lane_.front_door().report_attempt_failed(*passage_);
      return fail("upstream-timeout");
    case Stage::Responding:
      if (client_->writing()) {  // it does not take what it asked for
        report_end({Ending::Cancelled, response_->status(), "client-gone"});
        drop_link();
        client_->abort();
        return end(CloseReason::WriteTimeout);
      }
      return break_response("upstream-stalled");
    case Stage::Tunnel: return end_tunnel();
    case Stage::Answering: client_->abort(); return end(CloseReason::WriteTimeout);
    case Stage::Asking:  // its survey has one
    case Stage::Gone: return;
  }
}

// The request was answered and reported: on to the next one, or to the end.
void Session::finish_request() noexcept {
  if (close_after_ || lane_.draining || !body_done_) {
    because(lane_.draining ? CloseReason::Draining : CloseReason::Answered);
    if (!body_done_ || !client_->input().empty()) return linger();
    return end(CloseReason::Answered);
  }
  close_reason_.reset();
  request_.reset();
  response_.reset();
  head_.clear();
  body_.reset();
  usage_.end();
  body_size_ = body_expected_ = 0;
  attempts_ = 0;
  target_ = 0;
  understood_ = body_touched_ = upgrade_ = key_shown_ = false;
  response_begun_ = head_sent_ = chunked_out_ = first_token_told_ = false;
  wait_for_request();
}

// A connection that is closed with input unread is reset, and the client may never see the answer.
void Session::linger() noexcept {
  stage_ = Stage::Lingering;
  client_->shutdown_output();
  client_->consume(client_->input().size());
  if (!client_->reserve(kClientBuffer)) return end(CloseReason::Memory);
  lane_.arm(*this, kLingerMs);
  client_->read();
}

void Session::end(CloseReason reason) noexcept {
  if (stage_ == Stage::Gone) return;
  if (stage_ == Stage::Asking) lane_.models.forget(*this);
  stage_ = Stage::Gone;
  TimerWheel::disarm(*this);
  drop_link();
  client_->close();
  usage_.end();
  body_.reset();
  because(reason);
  lane_.counts.closed(*close_reason_);
  lane_.retire(*this);
}

// Every request that was begun gets here once.
void Session::report_end(const Completion& completion) noexcept {
  if (passage_ != nullptr) {
    lane_.front_door().complete(*std::exchange(passage_, nullptr), completion);
  } else {
    lane_.front_door().refuse(completion);
  }
}

}  // namespace shunt::host::front
