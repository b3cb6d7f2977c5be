// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>

#include "sim_server.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t kSmallRead = 4096;
constexpr std::size_t kLargeRead = 65536;
constexpr std::uint64_t kMaximumBodyBytes = 256u << 20;

}  // namespace

Session::Session(asio::ip::tcp::socket socket, SimServer& server) : socket_(std::move(socket)), server_(server) {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  server_.joined(*this);
  next_request();
}

Session::~Session() { close(); }

void Session::next_request() {
  parser_.emplace();
  parser_->body_limit(kMaximumBodyBytes);
  parser_->eager(true);
  phase_ = Phase::Reading;
  answered_ = continued_ = false;
}

void Session::read() {
  const bool large = parser_->is_header_done() || phase_ == Phase::Echoing;
  socket_.async_read_some(
      buffer_.prepare(large ? kLargeRead : kSmallRead),
      [self = shared_from_this()](boost::system::error_code error, std::size_t size) { self->on_read(error, size); });
}

void Session::on_read(boost::system::error_code error, std::size_t size) {
  if (phase_ == Phase::Closed) return;
  if (error) return close();
  buffer_.commit(size);
  if (phase_ != Phase::Echoing) return parse();
  const auto bytes = buffer_.data();
  out_.append(static_cast<const char*>(bytes.data()), bytes.size());
  buffer_.clear();
  flush();
  // The next bytes are read when these are written: who sends without reading has to wait.
}

void Session::parse() {
  boost::system::error_code error;
  while (buffer_.size() > 0 && !parser_->is_done()) {
    const std::size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    if (error == http::error::need_more) break;
    if (error) return refuse(error == http::error::body_limit ? 413 : 400, error.message());
    if (used == 0) break;
  }
  if (parser_->is_done()) return begin_answer();
  if (parser_->is_header_done() && !continued_ && request()[http::field::expect] == "100-continue") {
    continued_ = true;
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    flush();
  }
  read();
}

void Session::begin_answer() {
  phase_ = Phase::Answering;
  keep_alive_ = request().keep_alive();
  chunked_ = request().version() >= 11;
  if (!chunked_) keep_alive_ = keep_alive_ && request().method() != http::verb::unknown;
  server_.handle(*this);
  if (phase_ == Phase::Answering && !answered_) watch();
}

void Session::refuse(unsigned status, std::string_view text) {
  phase_ = Phase::Answering;
  keep_alive_ = false;
  respond(status, "text/plain", std::string(text) + "\n");
}

void Session::append_head(unsigned status, std::string_view type, std::string_view headers) {
  append(out_, "HTTP/1.1 ", status, " ", std::string_view(http::obsolete_reason(static_cast<http::status>(status))),
         "\r\nServer: shunt-sim\r\nx-sim-server: ", server_.name(), "\r\n", headers);
  if (!type.empty()) append(out_, "Content-Type: ", type, "\r\n");
  if (!keep_alive_ || closes_) {
    out_ += "Connection: close\r\n";
  } else if (request().version() < 11) {
    out_ += "Connection: keep-alive\r\n";
  }
}

void Session::respond(unsigned status, std::string_view type, std::string_view body, std::string_view headers) {
  if (phase_ != Phase::Answering) return;
  append_head(status, type, headers);
  append(out_, "Content-Length: ", body.size(), "\r\n\r\n", body);
  answered_ = true;
  flush();
}

void Session::begin_stream(std::string_view type, std::string_view headers) {
  if (phase_ != Phase::Answering) return;
  // Without chunks only the end of the connection tells the end of the answer.
  if (!chunked_) keep_alive_ = false;
  append_head(200, type, headers);
  append(out_, "Cache-Control: no-cache\r\n", chunked_ ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
}

void Session::encode_stream() {
  if (stream_.empty()) return;
  if (!chunked_) {
    out_ += stream_;
  } else {
    char size[24];
    const auto end = std::to_chars(size, size + sizeof size, stream_.size(), 16).ptr;
    append(out_, std::string_view(size, static_cast<std::size_t>(end - size)), "\r\n", stream_, "\r\n");
  }
  stream_.clear();
}

void Session::end_stream() {
  encode_stream();
  if (chunked_) out_ += "0\r\n\r\n";
  answered_ = true;
}

void Session::repeat(std::string text) {
  repeated_ = std::move(text);
  flush();
}

void Session::break_off(std::string_view text) {
  encode_stream();
  out_ += text;
  breaks_off_ = true;
  flush();
}

void Session::echo(std::string_view protocol) {
  append(out_, "HTTP/1.1 101 Switching Protocols\r\nx-sim-server: ", server_.name(),
         "\r\nConnection: Upgrade\r\nUpgrade: ", protocol, "\r\n\r\n");
  phase_ = Phase::Echoing;
  const auto early = buffer_.data();
  out_.append(static_cast<const char*>(early.data()), early.size());
  buffer_.clear();
  flush();
}

void Session::flush() {
  if (phase_ == Phase::Closed || !writing_.empty()) return;
  encode_stream();
  if (!repeated_.empty()) {
    stream_ = repeated_;
    encode_stream();
  }
  if (!out_.empty()) {
    std::swap(out_, writing_);
    asio::async_write(
        socket_, asio::buffer(writing_),
        [self = shared_from_this()](boost::system::error_code error, std::size_t) { self->on_written(error); });
  } else if (breaks_off_) {
    reset();
  } else if (phase_ == Phase::Echoing) {
    read();
  } else if (phase_ == Phase::Answering && answered_) {
    if (!keep_alive_ || closes_) return close();
    next_request();
    buffer_.size() > 0 ? parse() : read();
  }
}

void Session::on_written(boost::system::error_code error) {
  writing_.clear();
  if (phase_ == Phase::Closed) return;
  if (error) return close();
  flush();
}

void Session::watch() {
  if (watched_) return;
  watched_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->watched_ = false;
    if (error || self->phase_ != Phase::Answering || self->answered_) return;
    char byte = 0;
    const auto size = ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return self->close();
    // With a further request in the socket the end of the connection shows only when the answer is written.
    if (size < 0) self->watch();
  });
}

void Session::reset() {
  if (phase_ == Phase::Closed) return;
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

void Session::after(double milliseconds, std::function<void()> action) {
  if (!timer_) timer_.emplace(socket_.get_executor());
  timer_->expires_after(std::chrono::nanoseconds(static_cast<std::int64_t>(milliseconds * 1e6)));
  timer_->async_wait([self = shared_from_this(), action = std::move(action)](boost::system::error_code error) {
    if (!error && self->phase_ == Phase::Answering) action();
  });
}

void Session::close_when_idle() {
  closes_ = true;
  if (phase_ == Phase::Reading && !parser_->got_some()) close();
}

void Session::close() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  boost::system::error_code ignored;
  if (timer_) timer_->cancel();
  socket_.close(ignored);
  server_.left(*this);
}

}  // namespace shunt::sim
