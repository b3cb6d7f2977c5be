// SPDX-License-Identifier: Apache-2.0
// session.hpp: one connection of a client to a simulated server. Everything happens on the thread of that server.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::sim {

class SimServer;
struct Exchange;

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  Session(boost::asio::ip::tcp::socket socket, SimServer& server);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() { read(); }
  const Request& request() const { return parser_->get(); }
  std::string& body() { return parser_->get().body(); }

  // The whole answer. `headers` end with a line break each.
  void respond(unsigned status, std::string_view type, std::string_view body, std::string_view headers = {});
  // An answer in parts: what is appended to stream() goes out with flush().
  void begin_stream(std::string_view type, std::string_view headers = {});
  std::string& stream() { return stream_; }
  void end_stream();
  void flush();
  // Sends `text` again and again, until the client leaves.
  void repeat(std::string text);
  // Sends this much, and then resets the connection.
  void break_off(std::string_view text);
  // From now on every byte goes back to where it came from.
  void echo(std::string_view protocol);
  void reset();
  void after(double milliseconds, std::function<void()> action);

  // At once where no request is being answered, else after the answer.
  void close_when_idle();
  void close();

  // The inference request that is being answered, kept for the server.
  std::unique_ptr<Exchange> exchange;
  bool touched = false;

 private:
  enum class Phase { Reading, Answering, Echoing, Closed };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void next_request();
  void read();
  void on_read(boost::system::error_code error, std::size_t size);
  void parse();
  void begin_answer();
  void refuse(unsigned status, std::string_view text);
  void on_written(boost::system::error_code error);
  // Notices a client that leaves while it waits for its answer.
  void watch();
  void append_head(unsigned status, std::string_view type, std::string_view headers);
  void encode_stream();

  boost::asio::ip::tcp::socket socket_;
  SimServer& server_;
  std::optional<Parser> parser_;
  boost::beast::flat_buffer buffer_;
  std::string stream_;   // not yet in chunks
  std::string out_;      // not yet being written
  std::string writing_;  // being written
  std::string repeated_;
  std::optional<boost::asio::steady_timer> timer_;
  Phase phase_ = Phase::Reading;
  bool keep_alive_ = true;
  bool chunked_ = true;
  bool answered_ = false;  // nothing will be added to the answer
  bool breaks_off_ = false;
  bool closes_ = false;
  bool watched_ = false;
  bool continued_ = false;
};

}  // namespace shunt::sim
