// SPDX-License-Identifier: Apache-2.0
// wire.hpp: a TCP connection, with or without TLS, and the bytes that came in on it. Writes what the kernel takes at once and
// waits only for the rest; reads into a buffer that grows no further than it is told to.
#pragma once

#include "serve/front/buffer_pool.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive_ptr.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

typedef struct ssl_st SSL;

namespace boost::asio::ssl {
class context;
}

namespace shunt::host::front {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using boost::system::error_code;

// For one thread. Lives until its last operation has ended, even when its user is gone.
class Wire {
 public:
  class User {
   public:
    virtual void on_connected(error_code) noexcept {}
    virtual void on_secured(error_code) noexcept {}  // the TLS handshake is over
    virtual void on_input(std::size_t bytes) noexcept = 0;
    virtual void on_input_end(error_code why) noexcept = 0;  // eof, or an error
    virtual void on_written(error_code) noexcept = 0;        // only after a write() that said false

   protected:
    ~User() = default;
  };
  using Pointer = boost::intrusive_ptr<Wire>;

  static Pointer make(asio::io_context& context, BufferPool& buffers);
  static Pointer make(Socket socket, BufferPool& buffers);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Who hears of events from now on; nullptr: nobody.
  void use(User* user) noexcept { user_ = user; }
  Socket& socket() noexcept { return socket_; }
  bool open() const noexcept { return socket_.is_open(); }

  void connect(const Tcp::endpoint& to) noexcept;
  // Begins TLS; on_secured() follows. False where memory is out.
  bool secure(asio::ssl::context& context, bool as_server, const std::string& server_name, bool verify) noexcept;
  bool secured() const noexcept { return tls_ != nullptr; }

  // What was read and not consumed.
  std::string_view input() const noexcept { return {buffer_.data() + begin_, end_ - begin_}; }
  char* input_data() noexcept { return buffer_.data() + begin_; }
  void consume(std::size_t bytes) noexcept {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Makes room for `capacity` bytes in all, or less where nothing is waiting in the buffer.
  bool reserve(std::size_t capacity) noexcept;
  std::size_t capacity() const noexcept { return buffer_.capacity(); }
  bool full() const noexcept { return end_ - begin_ == buffer_.capacity(); }
  // Waits for input unless it does already. Needs room.
  void read() noexcept;
  // The same, to a place of its own, past the buffer.
  void read_into(char* place, std::size_t size) noexcept;
  bool reading() const noexcept { return reading_; }

  // True: it is all written. False: on_written() follows, and until then what is written stays where it is; or the
  // connection is broken and `failed` says so.
  bool write(std::span<const asio::const_buffer> buffers, error_code& failed) noexcept;
  bool writing() const noexcept { return left_count_ != 0; }

  // No more output; the other side sees an end.
  void shutdown_output() noexcept;
  // Ends it. Nobody hears of anything any more. With `farewell` the other side of a TLS connection is told that nothing is
  // missing, unless something was still being written.
  void close(bool farewell = true) noexcept;
  // The other side sees a broken connection.
  void abort() noexcept;

 private:
  struct Tls;
  struct Read;
  struct Write;
  struct Connect;
  struct Handshake;
  Wire(Socket socket, BufferPool& buffers);
  ~Wire();
  friend void intrusive_ptr_add_ref(Wire* wire) noexcept { ++wire->references_; }
  friend void intrusive_ptr_release(Wire* wire) noexcept {
    if (--wire->references_ == 0) delete wire;
  }
  void start_read(char* place, std::size_t size) noexcept;
  void continue_write() noexcept;
  std::size_t take_written(std::size_t bytes) noexcept;
  void say_farewell() noexcept;

  static constexpr std::size_t kPieces = 6;
  BufferPool& buffers_;
  Socket socket_;
  std::unique_ptr<Tls> tls_;
  User* user_ = nullptr;
  Buffer buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::array<asio::const_buffer, kPieces> left_;
  std::uint8_t left_count_ = 0;
  std::uint8_t left_first_ = 0;
  bool reading_ = false;
  bool into_ = false;
  bool whole_ = false;  // the TLS handshake is over, and nothing has gone wrong since
  std::uint32_t references_ = 0;
};

}  // namespace shunt::host::front
