// SPDX-License-Identifier: Apache-2.0
#include "admin/http_listener.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "contain/kept_sockets.hpp"

namespace shunt::host {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

std::string text_of(beast::string_view text) { return {text.data(), text.size()}; }

// "127.0.0.1:9095" and "[::1]:9095" as host and port.
std::pair<std::string, std::string> split_address(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string name = listen.substr(0, colon);
  if (name.size() >= 2 && name.front() == '[') name = name.substr(1, name.size() - 2);
  return {name, colon == std::string::npos ? "" : listen.substr(colon + 1)};
}

Error cannot_listen(const std::string& listen, const ErrorCode& why) {
  return {ErrorKind::Operation, "E341", "the admin listener cannot listen on " + listen + ": " + why.message()};
}

}  // namespace

struct HttpListener::Core {
  Core(Handler what, ListenerLimits how) : handler(std::move(what)), limits(how) {}

  void accept();
  void wait_for_tick(std::chrono::milliseconds time);

  Handler handler;
  ListenerLimits limits;
  Counters counters;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer tick{context};
  asio::steady_timer pause{context};
  std::set<std::shared_ptr<Session>> sessions;
};

// One connection. Lives while it is in the set of the listener.
class HttpListener::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Core& core, tcp::socket socket) : core_(core), stream_(std::move(socket)) {}

  void run() { read_header(core_.limits.header_time); }

  void close() {
    if (streaming_) core_.counters.event_clients.fetch_sub(1, std::memory_order_relaxed);
    streaming_ = false;
    ErrorCode ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
    core_.sessions.erase(shared_from_this());
  }

  bool streaming() const { return streaming_; }

  // False where the client does not keep up: it has been dropped.
  void push(std::shared_ptr<const std::string> events) {
    queued_bytes_ += events->size();
    queue_.push_back(std::move(events));
    if (queued_bytes_ > core_.limits.event_bytes) {
      core_.counters.dropped_clients.fetch_add(1, std::memory_order_relaxed);
      close();
    } else if (queue_.size() == 1) {
      write_event();
    }
  }

 private:
  void read_header(std::chrono::milliseconds time) {
    parser_.emplace();
    parser_->header_limit(core_.limits.header_bytes);
    parser_->body_limit(core_.limits.body_bytes);
    stream_.expires_after(time);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->header_read(error); });
  }

  void header_read(const ErrorCode& error) {
    if (error == http::error::header_limit) {
      return answer(error_response(431, "header-too-large", "the header of the request is too large"), true);
    }
    if (error == http::error::body_limit) return answer(body_too_large(), true);
    if (error) return failed(error);
    const auto& message = parser_->get();
    request_ = {};
    request_.method = text_of(message.method_string());
    for (const auto& field : message) {
      if (field.name() == http::field::host) request_.hosts.push_back(text_of(field.value()));
    }
    if (const auto origin = message.find(http::field::origin); origin != message.end()) {
      request_.origin = text_of(origin->value());
    }
    request_.authorization = text_of(message[http::field::authorization]);
    const std::string target = text_of(message.target());
    const bool body_follows = !parser_->is_done();
    if (!read_target(target, request_)) {
      return answer(error_response(400, "bad-target", "this is no path"), body_follows);
    }
    if (auto refusal = core_.handler.refuse(request_)) return answer(std::move(*refusal), body_follows);
    stream_.expires_after(core_.limits.body_time);
    if (!body_follows) return answer(core_.handler.answer(request_), false);
    if (beast::iequals(message[http::field::expect], "100-continue")) return write_continue();
    read_body();
  }

  void write_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                        if (error) return self->close();
                        self->read_body();
                      });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](const ErrorCode& error, std::size_t) {
      if (error == http::error::body_limit) return self->answer(body_too_large(), true);
      if (error) return self->failed(error);
      self->request_.body = std::move(self->parser_->get().body());
      self->answer(self->core_.handler.answer(self->request_), false);
    });
  }

  static AdminResponse body_too_large() {
    return error_response(413, "body-too-large", "the body of the request is too large");
  }

  // What is no HTTP gets an answer, what is slow or gone gets none.
  void failed(const ErrorCode& error) {
    const bool malformed = error.category() == http::make_error_code(http::error::bad_method).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    if (!malformed) return close();
    answer(error_response(400, "bad-request", "this is no HTTP request: " + error.message()), true);
  }

  void answer_later(AdminResponse made, bool close_after) {
    stream_.expires_never();
    const auto later = std::move(made.later);
    later([self = shared_from_this(), close_after](AdminResponse answer) {
      asio::post(self->stream_.get_executor(), [self, close_after, answer = std::move(answer)]() mutable {
        if (self->stream_.socket().is_open()) self->answer(std::move(answer), close_after);
      });
    });
  }

  void answer(AdminResponse made, bool close_after) {
    if (made.later) return answer_later(std::move(made), close_after);
    core_.counters.statuses[std::min<std::size_t>(made.status / 100, 5)].fetch_add(1, std::memory_order_relaxed);
    const bool head = request_.method == "HEAD";
    if (made.events && !head) return begin_events();
    response_ = {};
    response_.version(11);
    response_.result(made.status);
    response_.set(http::field::content_type, made.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : made.headers) response_.set(name, value);
    response_.keep_alive(!close_after && parser_->get().keep_alive());
    response_.content_length(made.body.size());
    if (!head) response_.body() = std::move(made.body);
    serializer_.emplace(response_);
    const auto written = [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->written(error); };
    stream_.expires_after(core_.limits.write_time);
    if (head)
      http::async_write_header(stream_, *serializer_, written);
    else
      http::async_write(stream_, *serializer_, written);
  }

  void written(const ErrorCode& error) {
    if (error || !response_.keep_alive()) return close();
    read_header(core_.limits.idle_time);
  }

  void begin_events() {
    static constexpr std::string_view kHeader =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
    if (core_.counters.event_clients.load(std::memory_order_relaxed) >= core_.limits.event_clients) {
      return answer(error_response(503, "too-many-event-clients", "too many clients listen to events already"), true);
    }
    core_.counters.event_clients.fetch_add(1, std::memory_order_relaxed);
    streaming_ = true;
    stream_.expires_never();
    push(std::make_shared<const std::string>(std::string(kHeader) + core_.handler.greeting()));
    if (streaming_) watch_for_end();
  }

  // A client of events says nothing more; reading tells when it is gone.
  void watch_for_end() {
    stream_.socket().async_read_some(asio::buffer(nothing_),
                                     [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                                       if (!self->streaming_) return;
                                       if (error) return self->close();
                                       self->watch_for_end();
                                     });
  }

  void write_event() {
    asio::async_write(stream_.socket(), asio::buffer(*queue_.front()),
                      [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                        if (!self->streaming_) return;
                        if (error) return self->close();
                        self->queued_bytes_ -= self->queue_.front()->size();
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) self->write_event();
                      });
  }

  Core& core_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  AdminRequest request_;
  http::response<http::string_body> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  bool streaming_ = false;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_bytes_ = 0;
  std::array<char, 64> nothing_{};
};

void HttpListener::Core::accept() {
  acceptor.async_accept([this](const ErrorCode& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (error) {
      // Out of descriptors, mostly: it passes.
      pause.expires_after(std::chrono::milliseconds(100));
      return pause.async_wait([this](const ErrorCode& stopped) {
        if (!stopped) accept();
      });
    }
    if (sessions.size() < limits.connections) {
      const auto session = std::make_shared<Session>(*this, std::move(socket));
      sessions.insert(session);
      session->run();
    }
    accept();
  });
}

void HttpListener::Core::wait_for_tick(std::chrono::milliseconds time) {
  tick.expires_after(time);
  tick.async_wait([this, time](const ErrorCode& stopped) {
    // The timer may have run out before it was cancelled.
    if (stopped || !acceptor.is_open()) return;
    handler.tick();
    wait_for_tick(time);
  });
}

HttpListener::HttpListener(Handler handler, ListenerLimits limits)
    : core_(std::make_unique<Core>(std::move(handler), limits)) {}

HttpListener::~HttpListener() { stop(); }

const HttpListener::Counters& HttpListener::counters() const { return core_->counters; }

Result<void> HttpListener::start(const std::string& listen, std::chrono::milliseconds tick_time) {
  const auto [host, port] = split_address(listen);
  ErrorCode wrong;
  const auto found = tcp::resolver(core_->context).resolve(host, port, tcp::resolver::passive, wrong);
  if (wrong) return cannot_listen(listen, wrong);
  const tcp::endpoint at = found.begin()->endpoint();
  tcp::acceptor& acceptor = core_->acceptor;
  const std::string kept = "admin/" + listen;
  if (const int socket = take_kept_socket(kept); socket >= 0) {
    acceptor.assign(at.protocol(), socket, wrong);
  } else {
    acceptor.open(at.protocol(), wrong);
    if (!wrong) acceptor.set_option(tcp::acceptor::reuse_address(true), wrong);
    if (!wrong) acceptor.bind(at, wrong);
    if (!wrong) acceptor.listen(asio::socket_base::max_listen_connections, wrong);
    if (!wrong) keep_socket(kept, acceptor.native_handle());
  }
  if (wrong) return cannot_listen(listen, wrong);
  const tcp::endpoint bound = acceptor.local_endpoint();
  const std::string name = bound.address().to_string();
  address_ = (bound.address().is_v6() ? "[" + name + "]" : name) + ":" + std::to_string(bound.port());
  core_->accept();
  core_->wait_for_tick(tick_time);
  thread_ = std::thread([this] { core_->context.run(); });
  return {};
}

void HttpListener::stop_accepting() {
  asio::post(core_->context, [this] {
    ErrorCode ignored;
    core_->acceptor.close(ignored);
  });
}

void HttpListener::stop() {
  if (!thread_.joinable()) return;
  asio::post(core_->context, [this] {
    ErrorCode ignored;
    core_->acceptor.close(ignored);
    core_->tick.cancel();
    core_->pause.cancel();
    const auto all = core_->sessions;
    for (const auto& session : all) session->close();
  });
  thread_.join();
}

void HttpListener::broadcast(std::string events) {
  const auto shared = std::make_shared<const std::string>(std::move(events));
  const auto all = core_->sessions;
  for (const auto& session : all) {
    if (session->streaming()) session->push(shared);
  }
}

}  // namespace shunt::host
