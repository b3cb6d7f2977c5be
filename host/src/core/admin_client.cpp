// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>

#include <optional>

namespace shunt::host {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;

namespace {

using ErrorCode = boost::system::error_code;

// One exchange, step by step on an event loop of its own: only that way each step has a time limit.
class Exchange {
 public:
  Exchange(asio::io_context& context, http::request<http::string_body> request, std::chrono::milliseconds time)
      : resolver_(context), stream_(context), request_(std::move(request)) {
    stream_.expires_after(time);
  }

  void begin(const std::string& name, const std::string& port) {
    resolver_.async_resolve(name, port, [this](ErrorCode error, const asio::ip::tcp::resolver::results_type& found) {
      if (fails(error)) return;
      stream_.async_connect(found, [this](ErrorCode failed, const asio::ip::tcp::endpoint&) {
        if (!fails(failed)) write();
      });
    });
  }

  const ErrorCode& error() const { return error_; }
  const http::response<http::string_body>& response() const { return response_; }

 private:
  void write() {
    http::async_write(stream_, request_, [this](ErrorCode error, std::size_t) {
      if (fails(error)) return;
      http::async_read(stream_, buffer_, response_, [this](ErrorCode failed, std::size_t) { (void)fails(failed); });
    });
  }
  bool fails(const ErrorCode& error) {
    error_ = error;
    return static_cast<bool>(error);
  }

  asio::ip::tcp::resolver resolver_;
  beast::tcp_stream stream_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  http::response<http::string_body> response_;
  ErrorCode error_;
};

}  // namespace

Result<AdminClient::Answer> AdminClient::ask(std::string_view method, const std::string& target,
                                             std::chrono::milliseconds time, std::string body) const {
  const std::size_t colon = address_.rfind(':');
  std::string name = address_.substr(0, colon);
  if (name.size() > 2 && name.front() == '[') name = name.substr(1, name.size() - 2);
  http::request<http::string_body> request;
  request.version(11);
  request.method_string({method.data(), method.size()});
  request.target(target);
  request.set(http::field::host, address_);
  request.body() = std::move(body);
  request.content_length(request.body().size());
  if (!token_.empty()) request.set(http::field::authorization, "Bearer " + token_);
  asio::io_context context{1};
  Exchange exchange(context, std::move(request), time);
  exchange.begin(name, colon == std::string::npos ? "" : address_.substr(colon + 1));
  context.run();
  if (exchange.error()) {
    return Error{ErrorKind::Operation, "E371",
                 "no running host answers on " + address_ + ": " + exchange.error().message()};
  }
  ErrorCode wrong;
  json::value found = json::parse(exchange.response().body(), wrong);
  if (wrong || !found.is_object()) {
    return Error{ErrorKind::Operation, "E371", "what answers on " + address_ + " is no admin listener of shunt"};
  }
  return Answer{exchange.response().result_int(), std::move(found.get_object())};
}

}  // namespace shunt::host
