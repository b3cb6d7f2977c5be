// SPDX-License-Identifier: Apache-2.0
// Passes a response on while it comes in.
#include "serve/front/header_rules.hpp"
#include "serve/front/session.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace shunt::host::front {

namespace {

asio::const_buffer buffer_of(std::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace

void Session::on_link_input() noexcept {
  switch (stage_) {
    case Stage::Waiting: return read_response_head();
    case Stage::Responding: return pump_response();
    case Stage::Tunnel: return tunnel_from_endpoint();
    default: return;
  }
}

void Session::read_response_head() noexcept {
  Wire& wire = link_->wire();
  response_begun_ = true;
  for (;;) {
    const std::string_view input = wire.input();
    // Its fields lie in the lane's memory: it is read in one piece.
    if (input.find("\r\n\r\n") == std::string_view::npos) break;
    error_code problem;
    const std::size_t used = response_->put(asio::const_buffer(input.data(), input.size()), problem);
    const bool folded = has_folded_line(input.substr(0, used));
    wire.consume(used);
    if (folded || problem || !response_->is_header_done()) return attempt_failed("upstream-malformed");
    if (response_->status() / 100 != 1) return begin_response();
    if (response_->status() == 101) return upgrade_ ? begin_tunnel() : attempt_failed("upstream-malformed");
    // 100 and 103: of no use to a client that has sent everything already.
    response_.emplace(lane_.response_fields, lane_.rules.settings.limits.header_bytes);
    if (request_->method() == http::verb::head) response_->skip(true);
  }
  const std::size_t limit = lane_.rules.settings.limits.header_bytes;
  const bool bad = !std::string_view("HTTP/1.").starts_with(wire.input().substr(0, 7));
  if (bad || (wire.full() && (wire.capacity() >= limit || !wire.reserve(wire.capacity() * 2)))) {
    return attempt_failed("upstream-malformed");
  }
  wire.read();
}

void Session::begin_response() noexcept {
  const HeadFields& fields = lane_.response_fields;
  if (problem_of_head(fields, response_->http11(), false) != nullptr) return attempt_failed("upstream-malformed");
  const unsigned status = response_->status();
  if (status == 503 && may_retry()) {
    lane_.front_door().report_attempt_failed(*passage_);
    if (next_attempt()) {
      drop_link();
      return start_attempt();
    }
    // Nobody else is there: its own words say more than ours would.
  } else {
    lane_.front_door().report_response_started(*passage_, status);
  }
  stage_ = Stage::Responding;
  if (understood_ && !link_->wire().writing()) body_.reset();
  const bool bodiless = response_->is_done() && !response_->content_length();
  const bool empty = request_->method() == http::verb::head || status == 204 || status == 304;
  chunked_out_ = !empty && !bodiless && !response_->content_length() && request_->http11();
  if (!empty && !response_->content_length() && !request_->http11()) close_after_ = true;
  if (lane_.draining || lane_.front_door().draining()) close_after_ = true;
  if (understood_) {
    usage_.begin(lane_.buffers, fields.find(http::field::content_type).starts_with("text/event-stream"));
  }
  if (const auto length = response_->content_length(); length && *length > UpstreamPool::kReadSize && !empty) {
    link_->wire().reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, kStreamBuffer)));
  }
  write_client_head({.response = fields,
                     .status = status,
                     .http11 = request_->http11(),
                     .close = close_after_ || !body_done_,
                     .keep_length = true,
                     .chunked = chunked_out_,
                     .upgrade = false,
                     .request_id = request_id_,
                     .decision_id = lane_.rules.settings.decision_header ? passage_->decision_id : std::string_view(),
                     .annotations = passage_->annotations},
                    client_head_);
  pump_response();
}

// Everything that is here goes on; then more is waited for.
void Session::pump_response() noexcept {
  Wire& wire = link_->wire();
  BodyPiece& piece = response_->piece();
  for (;;) {
    piece.clear();
    bool starved = wire.input().empty();
    if (!response_->is_done() && !starved) {
      const std::string_view input = wire.input();
      error_code problem;
      response_->eager(true);
      const std::size_t used = response_->put(asio::const_buffer(input.data(), input.size()), problem);
      wire.consume(used);
      starved = problem == http::error::need_more || wire.input().empty();
      if (problem && !(starved && problem == http::error::need_more)) return break_response("upstream-malformed");
    }
    const bool done = response_->is_done();
    std::array<asio::const_buffer, 4> pieces;
    if (!std::exchange(head_sent_, true)) pieces[0] = buffer_of(client_head_);
    if (piece.size() != 0) {
      const std::string_view body(piece.data(), piece.size());
      if (usage_.watching() && usage_.see(body) && !std::exchange(first_token_told_, true)) {
        lane_.front_door().report_first_token(*passage_);
        events_before_ = response_->event_ends() - std::min<std::uint64_t>(response_->event_ends(), 1);
        bytes_before_ = response_->body_bytes();
      }
      if (chunked_out_) {
        pieces[1] = buffer_of(write_chunk_line(chunk_line_, piece.size()));
        pieces[3] = buffer_of(done ? "\r\n0\r\n\r\n" : "\r\n");
      }
      pieces[2] = buffer_of(body);
    } else if (chunked_out_ && done) {
      pieces[3] = buffer_of("0\r\n\r\n");
    }
    error_code failed;
    if (!client_->write(pieces, failed)) {
      if (failed) return client_gone();
      finish_after_write_ = done;
      return lane_.arm(*this, lane_.rules.settings.timeouts.write_ms);
    }
    if (done) return finish_response();
    if (starved) break;
  }
  if (wire.full() && (wire.capacity() >= kStreamBuffer || !wire.reserve(wire.capacity() * 2))) {
    return break_response("upstream-malformed");
  }
  lane_.arm(*this, lane_.rules.settings.timeouts.response_idle_ms);
  wire.read();
}

void Session::finish_response() noexcept {
  Completion completion{Ending::Completed, response_->status()};
  if (usage_.watching()) completion.usage = usage_.usage();
  if (first_token_told_ && !completion.usage.output_tokens) {
    completion.streamed_tokens =
        usage_.streamed_tokens(response_->event_ends() - events_before_, response_->body_bytes() - bytes_before_);
  }
  report_end(completion);
  Link* link = std::exchange(link_, nullptr);
  if (response_->keep_alive() && body_done_ && !body_broken_) {
    lane_.upstreams.put_back(link);
  } else {
    lane_.upstreams.discard(link);
  }
  body_broken_ = false;
  finish_request();
}

// The client has a part of the response already: it must not take that for the whole.
void Session::break_response(std::string_view code) noexcept {
  if (!head_sent_) {
    drop_link();
    return fail(code);
  }
  Completion completion{Ending::Failed, response_->status(), code};
  if (usage_.watching()) completion.usage = usage_.usage();
  report_end(completion);
  drop_link();
  // Without a length and without chunks, only a reset differs from the end.
  if (!chunked_out_ && !response_->content_length()) client_->abort();
  client_->close(false);
  end(CloseReason::BrokenResponse);
}

void Session::begin_tunnel() noexcept {
  lane_.front_door().report_response_started(*passage_, 101);
  stage_ = Stage::Tunnel;
  write_client_head({.response = lane_.response_fields,
                     .status = 101,
                     .upgrade = true,
                     .request_id = request_id_,
                     .decision_id = lane_.rules.settings.decision_header ? passage_->decision_id : std::string_view(),
                     .annotations = passage_->annotations},
                    client_head_);
  head_sent_ = true;
  const std::array<asio::const_buffer, 1> head = {buffer_of(client_head_)};
  error_code failed;
  const bool written = client_->write(head, failed);
  if (failed) return end_tunnel();
  if (written) tunnel_from_endpoint();
  if (stage_ == Stage::Tunnel) tunnel_from_client();
}

void Session::tunnel_from_client() noexcept {
  Wire& wire = link_->wire();
  lane_.arm(*this, lane_.rules.settings.timeouts.response_idle_ms);
  if (wire.writing()) return;
  if (to_endpoint_ != 0) client_->consume(std::exchange(to_endpoint_, 0));
  while (!client_->input().empty()) {
    to_endpoint_ = client_->input().size();
    const std::array<asio::const_buffer, 1> piece = {buffer_of(client_->input())};
    error_code failed;
    if (!wire.write(piece, failed)) {
      if (failed) end_tunnel();
      return;
    }
    client_->consume(std::exchange(to_endpoint_, 0));
  }
  client_->read();
}

void Session::tunnel_from_endpoint() noexcept {
  Wire& wire = link_->wire();
  lane_.arm(*this, lane_.rules.settings.timeouts.response_idle_ms);
  if (client_->writing()) return;
  if (to_client_ != 0) wire.consume(std::exchange(to_client_, 0));
  while (!wire.input().empty()) {
    to_client_ = wire.input().size();
    const std::array<asio::const_buffer, 1> piece = {buffer_of(wire.input())};
    error_code failed;
    if (!client_->write(piece, failed)) {
      if (failed) end_tunnel();
      return;
    }
    wire.consume(std::exchange(to_client_, 0));
  }
  wire.read();
}

void Session::end_tunnel() noexcept {
  report_end({Ending::Completed, 101});
  end(CloseReason::Tunnel);
}

}  // namespace shunt::host::front
