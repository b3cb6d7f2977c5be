// SPDX-License-Identifier: Apache-2.0
#include "serve/front/wire.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl.hpp>

#include <sys/socket.h>

#include <cstring>
#include <new>
#include <utility>

namespace shunt::host::front {

namespace ssl = asio::ssl;

namespace {

void set_server_name(SSL* handle, const std::string& name) noexcept {
  std::string copy = name;
  SSL_ctrl(handle, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, copy.data());
}

}  // namespace

struct Wire::Tls {
  Tls(Socket& socket, ssl::context& context) : stream(socket, context) {}
  ssl::stream<Socket&> stream;
};

// What runs when an operation ends. Each keeps the wire alive.
struct Wire::Read {
  Pointer wire;
  void operator()(const error_code& error, std::size_t bytes) const noexcept {
    wire->reading_ = false;
    if (error && error != asio::error::eof) wire->whole_ = false;
    if (!std::exchange(wire->into_, false)) wire->end_ += bytes;
    if (wire->user_ == nullptr) return;
    if (bytes != 0) return wire->user_->on_input(bytes);
    if (error) return wire->user_->on_input_end(error);
    wire->user_->on_input_end(asio::error::eof);
  }
};

struct Wire::Write {
  Pointer wire;
  void operator()(const error_code& error, std::size_t bytes) const noexcept {
    if (error) {
      wire->left_count_ = 0;
      wire->whole_ = false;
      if (wire->user_ != nullptr) wire->user_->on_written(error);
      return;
    }
    if (wire->take_written(bytes) != 0) return wire->continue_write();
    if (wire->user_ != nullptr) wire->user_->on_written({});
  }
};

struct Wire::Connect {
  Pointer wire;
  void operator()(const error_code& error) const noexcept {
    if (!error) {
      error_code ignored;
      wire->socket_.set_option(Tcp::no_delay(true), ignored);
      wire->socket_.non_blocking(true, ignored);
    }
    if (wire->user_ != nullptr) wire->user_->on_connected(error);
  }
};

struct Wire::Handshake {
  Pointer wire;
  void operator()(const error_code& error) const noexcept {
    wire->whole_ = !error;
    if (wire->user_ != nullptr) wire->user_->on_secured(error);
  }
};

Wire::Wire(Socket socket, BufferPool& buffers) : buffers_(buffers), socket_(std::move(socket)) {}

Wire::~Wire() = default;

Wire::Pointer Wire::make(asio::io_context& context, BufferPool& buffers) {
  return Pointer(new Wire(Socket(context.get_executor()), buffers));
}

Wire::Pointer Wire::make(Socket socket, BufferPool& buffers) {
  error_code ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  return Pointer(new Wire(std::move(socket), buffers));
}

void Wire::connect(const Tcp::endpoint& to) noexcept { socket_.async_connect(to, Connect{Pointer(this)}); }

bool Wire::secure(ssl::context& context, bool as_server, const std::string& server_name, bool verify) noexcept {
  tls_.reset(new (std::nothrow) Tls(socket_, context));
  if (tls_ == nullptr) return false;
  SSL* handle = tls_->stream.native_handle();
  if (!as_server) {
    error_code numeric;
    asio::ip::make_address(server_name, numeric);
    if (numeric) set_server_name(handle, server_name);
    if (verify) tls_->stream.set_verify_callback(ssl::host_name_verification(server_name));
  }
  tls_->stream.async_handshake(as_server ? ssl::stream_base::server : ssl::stream_base::client,
                               Handshake{Pointer(this)});
  return true;
}

bool Wire::reserve(std::size_t capacity) noexcept {
  if (buffer_ && (buffer_.capacity() >= capacity ? begin_ != end_ || buffer_.capacity() <= 2 * capacity : false)) {
    return true;
  }
  if (reading_ && !into_) return buffer_.capacity() >= capacity;
  Buffer next = buffers_.take(capacity);
  if (!next) return false;
  if (begin_ != end_) std::memcpy(next.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  buffer_ = std::move(next);
  return true;
}

void Wire::read() noexcept {
  if (reading_) return;
  if (end_ == buffer_.capacity()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  start_read(buffer_.data() + end_, buffer_.capacity() - end_);
}

void Wire::read_into(char* place, std::size_t size) noexcept {
  into_ = true;
  start_read(place, size);
}

void Wire::start_read(char* place, std::size_t size) noexcept {
  reading_ = true;
  if (tls_ != nullptr) {
    tls_->stream.async_read_some(asio::mutable_buffer(place, size), Read{Pointer(this)});
  } else {
    socket_.async_read_some(asio::mutable_buffer(place, size), Read{Pointer(this)});
  }
}

bool Wire::write(std::span<const asio::const_buffer> buffers, error_code& failed) noexcept {
  left_first_ = 0;
  left_count_ = 0;
  for (const asio::const_buffer& buffer : buffers) {
    if (buffer.size() != 0) left_[left_count_++] = buffer;
  }
  if (left_count_ == 0) return true;
  if (tls_ == nullptr) {
    const std::size_t written = socket_.write_some(std::span(left_.data(), left_count_), failed);
    if (failed == asio::error::would_block) {
      failed.clear();
    } else if (failed) {
      left_count_ = 0;
      return false;
    }
    if (take_written(written) == 0) return true;
  }
  continue_write();
  return false;
}

// Bytes that are left.
std::size_t Wire::take_written(std::size_t bytes) noexcept {
  while (left_first_ < left_count_ && bytes >= left_[left_first_].size()) bytes -= left_[left_first_++].size();
  if (left_first_ == left_count_) {
    left_count_ = 0;
    return 0;
  }
  left_[left_first_] += bytes;
  return left_[left_first_].size();
}

void Wire::continue_write() noexcept {
  const std::span<const asio::const_buffer> rest(left_.data() + left_first_,
                                                 static_cast<std::size_t>(left_count_ - left_first_));
  if (tls_ != nullptr) {
    tls_->stream.async_write_some(rest, Write{Pointer(this)});
  } else {
    socket_.async_write_some(rest, Write{Pointer(this)});
  }
}

// The record goes past the engine of the stream straight into the socket, so that nobody has to wait for it. What the kernel
// does not take is not sent.
void Wire::say_farewell() noexcept {
  if (tls_ == nullptr || writing() || !std::exchange(whole_, false)) return;
  SSL* handle = tls_->stream.native_handle();
  if (BIO_ctrl_wpending(SSL_get_wbio(handle)) != 0) return;  // it would overtake what the engine has not given out yet
  BIO* record = BIO_new(BIO_s_mem());
  if (record == nullptr) return;
  SSL_set0_wbio(handle, record);
  SSL_shutdown(handle);
  char* text = nullptr;
  const long size = BIO_ctrl(record, BIO_CTRL_INFO, 0, &text);
  if (size > 0) {
    ::send(socket_.native_handle(), text, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  ERR_clear_error();
}

void Wire::shutdown_output() noexcept {
  say_farewell();
  error_code ignored;
  socket_.shutdown(Tcp::socket::shutdown_send, ignored);
}

void Wire::close(bool farewell) noexcept {
  user_ = nullptr;
  if (farewell && socket_.is_open()) say_farewell();
  error_code ignored;
  socket_.close(ignored);
}

void Wire::abort() noexcept {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close(false);
}

}  // namespace shunt::host::front
