// SPDX-License-Identifier: Apache-2.0
#include "serve/front/models_question.hpp"

#include <shunt/framework/version.hpp>

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <array>
#include <new>
#include <utility>

namespace shunt::host::front {

namespace {

std::string request_text(std::string_view address, std::string_view credentials) {
  std::string text = "GET /v1/models HTTP/1.1\r\nHost: ";
  text.append(address).append("\r\nUser-Agent: shunt/" SHUNT_VERSION "\r\nAccept: application/json\r\n");
  return text.append(credentials).append("\r\n");
}

}  // namespace

ModelsQuestion::ModelsQuestion(UpstreamPool& upstreams, std::string_view address, std::string_view credentials,
                               std::size_t limit, Answered answered)
    : upstreams_(upstreams),
      origin_(upstreams.origin(address)),
      text_(request_text(address, credentials)),
      limit_(limit),
      answered_(std::move(answered)) {}

void ModelsQuestion::open(bool fresh) noexcept {
  begun_ = false;
  link_ = fresh ? nullptr : upstreams_.idle(*origin_, *this);
  if (link_ != nullptr) return send();
  link_ = upstreams_.connect(origin_, *this);
}

void ModelsQuestion::send() noexcept {
  response_.emplace(fields_, kHeaderBytes);
  body_.clear();
  const std::array<asio::const_buffer, 1> text = {asio::const_buffer(text_.data(), text_.size())};
  error_code failed;
  if (!link_->wire().write(text, failed) && failed) return broke();
  link_->wire().read();
}

void ModelsQuestion::on_link_written(error_code failed) noexcept {
  if (failed) broke();
}

void ModelsQuestion::read() noexcept {
  begun_ = true;
  Wire& wire = link_->wire();
  while (!response_->is_done() && !wire.input().empty()) {
    const std::string_view input = wire.input();
    response_->piece().clear();
    response_->eager(true);
    error_code problem;
    const std::size_t used = response_->put(asio::const_buffer(input.data(), input.size()), problem);
    const BodyPiece& piece = response_->piece();
    if (body_.size() + piece.size() > limit_) return end(false);
    try {
      body_.append(piece.data() != nullptr ? piece.data() : "", piece.size());
    } catch (const std::bad_alloc&) {
      return end(false);
    }
    wire.consume(used);
    if (problem == http::error::need_more) break;
    if (problem) return end(false);
    if (response_->is_done() && response_->status() / 100 == 1 && response_->status() != 101) {
      response_.emplace(fields_, kHeaderBytes);  // what it really says is still to come
    }
  }
  if (response_->is_done()) return end(response_->status() == 200);
  if (wire.full() && (wire.capacity() >= kHeaderBytes || !wire.reserve(wire.capacity() * 2))) return end(false);
  wire.read();
}

void ModelsQuestion::on_link_end(error_code why) noexcept {
  if (begun_ && why == asio::error::eof && response_->need_eof()) {
    error_code problem;
    response_->put_eof(problem);
    return end(!problem && response_->status() == 200);
  }
  broke();
}

// A connection that was kept may have been closed before the endpoint knew of the question. A new one does not say so.
void ModelsQuestion::broke() noexcept {
  if (begun_ || !link_->used_before()) return end(false);
  drop();
  open(true);
}

// The one who hears of it may destroy this.
void ModelsQuestion::end(bool good) noexcept {
  TimerWheel::disarm(*this);
  const bool whole = response_ && response_->is_done() && response_->keep_alive();
  if (whole && problem_of_head(fields_, response_->http11(), false) == nullptr) {
    upstreams_.put_back(std::exchange(link_, nullptr));
  } else {
    drop();
  }
  const Answered answered = std::move(answered_);
  const std::string body = std::move(body_);
  answered(good ? &body : nullptr);
}

void ModelsQuestion::drop() noexcept {
  if (link_ != nullptr) upstreams_.discard(std::exchange(link_, nullptr));
}

}  // namespace shunt::host::front
