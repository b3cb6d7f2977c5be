// SPDX-License-Identifier: Apache-2.0
// Has a request decided and sends it to one endpoint after the other, until one answers.
#include "live/request_understanding.hpp"
#include "serve/front/envelope.hpp"
#include "serve/front/header_rules.hpp"
#include "serve/front/session.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <charconv>

namespace shunt::host::front {

std::string_view write_chunk_line(std::span<char> place, std::size_t size) noexcept {
  char* end = std::to_chars(place.data(), place.data() + place.size() - 2, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {place.data(), end};
}

void Session::decide() noexcept {
  lane_.front_door().decide(*passage_);
  if (!passage_->dispatched()) return answer_rejection();
  target_ = 0;
  start_attempt();
}

void Session::start_attempt() noexcept {
  ++attempts_;
  lane_.front_door().report_dispatched(*passage_, target_);
  open_link(false);
}

void Session::open_link(bool fresh) noexcept {
  const std::shared_ptr<Origin>& origin = lane_.upstreams.origin(passage_->targets[target_].address);
  link_ = fresh ? nullptr : lane_.upstreams.idle(*origin, *this);
  if (link_ != nullptr) return send_request();
  stage_ = Stage::Connecting;
  lane_.arm(*this, lane_.rules.settings.timeouts.connect_ms);
  link_ = lane_.upstreams.connect(origin, *this);
  if (body_done_) watch_client();
}

void Session::on_link_ready() noexcept { send_request(); }

void Session::on_link_problem(LinkProblem problem) noexcept {
  attempt_failed(problem == LinkProblem::Tls ? "upstream-tls" : "upstream-refused");
}

void Session::send_request() noexcept {
  stage_ = Stage::Waiting;
  response_begun_ = false;
  response_.emplace(lane_.response_fields, lane_.rules.settings.limits.header_bytes);
  if (request_->method() == http::verb::head) response_->skip(true);
  std::string_view body(body_.data(), body_size_);
  const Request& request = passage_->request;
  std::optional<ModelPlace> place;
  if (understood_ && !request.target_model.empty() && request.target_model != request.model) {
    place = place_of_model(head_.find(http::field::content_type), body, request.target_model);
  }
  const ModelPlace model = place ? std::move(*place) : ModelPlace{body.size(), body.size(), {}};
  std::optional<std::uint64_t> length;
  if (understood_) {
    length = body.size() - (model.end - model.begin) + model.text.size();
  } else if (request_->content_length()) {
    length = *request_->content_length();
  }
  write_upstream_head({.request = head_,
                       .target = target(),
                       .host = passage_->targets[target_].address,
                       .client = client_address_,
                       .client_tls = client_->secured(),
                       .request_id = request_id_,
                       .api_key = lane_.rules.upstream_api_key,
                       .drop_credentials = key_shown_,
                       .upgrade = upgrade_,
                       .content_length = length,
                       .chunked = !length && request_->chunked(),
                       .annotations = passage_->annotations},
                      endpoint_head_);
  // Written text stays where it is until it is gone.
  const std::size_t head_size = endpoint_head_.size();
  endpoint_head_ += model.text;
  const std::array<asio::const_buffer, 4> pieces = {
      asio::const_buffer(endpoint_head_.data(), head_size), asio::const_buffer(body.data(), model.begin),
      asio::const_buffer(endpoint_head_.data() + head_size, model.text.size()),
      asio::const_buffer(body.data() + model.end, body.size() - model.end)};
  Wire& wire = link_->wire();
  error_code failed;
  const bool written = wire.write(pieces, failed);
  if (failed) return on_link_end(failed);
  wire.read();
  lane_.arm(*this,
            body_done_ ? lane_.rules.settings.timeouts.response_header_ms : lane_.rules.settings.timeouts.body_ms);
  if (body_done_) return watch_client();
  if (!head_.find(http::field::expect).empty() && client_->input().empty()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::array<asio::const_buffer, 1> line = {asio::const_buffer(kContinue.data(), kContinue.size())};
    client_->write(line, failed);
    if (failed) return client_gone();
  }
  if (written) forward_body();
}

// A body that nobody has to understand: on to the endpoint as it comes in.
void Session::forward_body() noexcept {
  if (stage_ == Stage::Connecting || link_ == nullptr) return;  // it waits until somebody takes it
  Wire& wire = link_->wire();
  request_->eager(true);
  while (!wire.writing() && !body_done_ && !client_->input().empty()) {
    const std::string_view input = client_->input();
    BodyPiece& piece = request_->piece();
    piece.clear();
    error_code problem;
    const std::size_t used = request_->put(asio::const_buffer(input.data(), input.size()), problem);
    client_->consume(used);
    if (problem && problem != http::error::need_more) {
      close_after_ = true;
      drop_link();
      return response_begun_ ? break_response("malformed-request") : fail("malformed-request", problem.message());
    }
    if (request_->body_bytes() > lane_.rules.settings.limits.body_bytes) {
      close_after_ = true;
      drop_link();
      return response_begun_ ? break_response("body-too-large") : fail("body-too-large");
    }
    body_done_ = request_->is_done();
    if (piece.size() == 0 && !body_done_) break;  // there has to come more
    body_touched_ = true;
    std::array<asio::const_buffer, 3> pieces;
    pieces[1] = asio::const_buffer(piece.data(), piece.size());
    if (request_->chunked()) {
      const std::string_view line = write_chunk_line(endpoint_chunk_line_, piece.size());
      if (piece.size() != 0) pieces[0] = asio::const_buffer(line.data(), line.size());
      const std::string_view tail = !body_done_ ? "\r\n" : piece.size() != 0 ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
      pieces[2] = asio::const_buffer(tail.data(), tail.size());
    }
    error_code failed;
    if (!wire.write(pieces, failed) && failed) {
      // It may have answered before it closed; what it said is read first.
      body_broken_ = true;
      break;
    }
  }
  if (stage_ == Stage::Waiting) {
    lane_.arm(*this,
              body_done_ ? lane_.rules.settings.timeouts.response_header_ms : lane_.rules.settings.timeouts.body_ms);
  }
  if (wire.writing() || body_broken_) return;
  if (body_done_) {
    client_->reserve(kClientBuffer);
    return watch_client();
  }
  if (client_->full() ? !client_->reserve(client_->capacity() * 2) : !client_->reserve(kStreamBuffer)) {
    close_after_ = true;
    return fail("internal-error");
  }
  client_->read();
}

void Session::on_link_written(error_code failed) noexcept {
  if (failed) {
    body_broken_ = true;  // a reason for it is about to be read, or the end
    return;
  }
  if (stage_ == Stage::Tunnel) return tunnel_from_client();
  if (!body_done_) forward_body();
}

void Session::on_link_end(error_code why) noexcept {
  if (stage_ == Stage::Tunnel) return end_tunnel();
  if (stage_ == Stage::Responding) {
    if (why == asio::error::eof && response_->need_eof()) {
      error_code problem;
      response_->put_eof(problem);
      if (!problem) return pump_response();
    }
    return break_response("upstream-aborted");
  }
  // A connection that was idle for long may have been closed while the request was on its way: that says nothing about
  // the endpoint.
  if (link_->used_before() && !response_begun_ && !body_touched_) {
    drop_link();
    return open_link(true);
  }
  attempt_failed("upstream-reset");
}

// Before anything was answered.
void Session::attempt_failed(std::string_view code) noexcept {
  const bool began = response_begun_;
  drop_link();
  lane_.front_door().report_attempt_failed(*passage_);
  if (began || !may_retry() || !next_attempt()) return fail(code);
  start_attempt();
}

bool Session::may_retry() noexcept {
  return attempts_ < lane_.rules.settings.retries.attempts && !body_touched_ && lane_.retries.left(lane_.now());
}

// False: there is nobody left.
bool Session::next_attempt() noexcept {
  if (++target_ >= passage_->targets.size()) {
    lane_.front_door().decide(*passage_);
    target_ = 0;
    if (!passage_->dispatched()) return false;
  }
  lane_.retries.count_retry(lane_.now());
  return true;
}

void Session::drop_link() noexcept {
  body_broken_ = false;
  if (link_ == nullptr) return;
  Link* link = link_;
  link_ = nullptr;
  lane_.upstreams.discard(link);
}

}  // namespace shunt::host::front
