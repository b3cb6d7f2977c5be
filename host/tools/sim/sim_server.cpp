// SPDX-License-Identifier: Apache-2.0
#include "sim_server.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cmath>

#include "clock.hpp"
#include "control.hpp"
#include "fleet.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::string_view kJson = "application/json";

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

}  // namespace

SimServer::SimServer(Fleet& fleet, asio::io_context& context, ServerSettings settings, const SimSettings& all)
    : fleet_(fleet),
      context_(context),
      initial_(settings),
      settings_(std::move(settings)),
      all_(all),
      seed_(hash_bytes(settings_.name, all.seed)),
      engine_(engine_settings(settings_, seed_, all.time_scale)),
      page_(settings_),
      chance_(seed_),
      acceptor_(context),
      timer_(context),
      accept_timer_(context) {}

void SimServer::listen(const tcp::endpoint& endpoint) {
  tcp::acceptor first(context_);
  first.open(endpoint.protocol());
  first.set_option(tcp::acceptor::reuse_address(true));
  first.bind(endpoint);
  const tcp::endpoint bound = first.local_endpoint();
  if (endpoint.port() == 0) {
    // Linux lets a socket keep its port while it does not listen only where the port was asked for by number.
    acceptor_.open(bound.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(bound);
    first.close();
  } else {
    acceptor_ = std::move(first);
  }
  acceptor_.listen();
  const std::string host = bound.address().to_string();
  address_ = (bound.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(bound.port());
}

void SimServer::start() {
  accept();
  apply_faults();
}

void SimServer::stop() {
  stopped_ = true;
  acceptor_.close();
  timer_.cancel();
  accept_timer_.cancel();
  while (!sessions_.empty()) (*sessions_.begin())->close();
}

void SimServer::accept() {
  acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (stopped_) return;
    if (!error) {
      std::make_shared<Session>(std::move(socket), *this)->start();
      return accept();
    }
    if (refusing_) return;
    // Out of file descriptors, most likely: some get free.
    accept_timer_.expires_after(std::chrono::milliseconds(20));
    accept_timer_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) accept();
    });
  });
}

void SimServer::set_refusing(bool refuse) {
  if (refuse == refusing_ || stopped_) return;
  refusing_ = refuse;
  if (refuse) {
    // Not closed: the port stays this server's.
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    const std::vector<Session*> all(sessions_.begin(), sessions_.end());
    for (Session* session : all) session->close_when_idle();
  } else {
    acceptor_.listen();
    accept();
  }
}

Nanoseconds SimServer::engine_now() const { return (held_ ? held_since_ : steady_now()) - stood_; }

void SimServer::apply_faults() {
  const Faults& faults = settings_.faults;
  engine_.slow_down(faults.slow_factor);
  set_refusing(faults.refuse);
  if (faults.hold == held_) return;
  held_ = faults.hold;
  if (held_) {
    held_since_ = steady_now();
  } else {
    stood_ += steady_now() - held_since_;
    pump();
  }
}

Problems SimServer::change_faults(const boost::json::object& changes) {
  Problems problems;
  ServerSettings changed = settings_;
  set_from_object(changes, true, {}, changed, "", problems);
  if (!problems.empty()) return problems;
  settings_.faults = changed.faults;
  apply_faults();
  return problems;
}

void SimServer::reset() {
  settings_.faults = initial_.faults;
  engine_.reset();
  chance_ = Random(seed_);
  requests_ = {};
  fault_counts_ = {};
  page_counts_ = {};
  // Those under way will be counted as answered or cancelled, so they count as received.
  for (const Session* session : sessions_) {
    if (session->exchange) ++counts_of(*session).received;
  }
  apply_faults();
}

void SimServer::handle(Session& session) {
  const Session::Request& request = session.request();
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view path = path_of(target);
  const bool get = request.method() == http::verb::get;
  if (path.starts_with("/sim/")) return handle_control(session, *this, fleet_);
  if (control_only_) return session.respond(404, kJson, error_body(Api::Chat, 404, "Not Found"));
  if (const auto api = api_of(path); api && request.method() == http::verb::post) return infer(session, *api);
  if (get && path == "/metrics") return metrics(session);
  if (get && (path == "/health" || path == "/ping")) {
    ++page_counts_.health;
    return session.respond(static_cast<unsigned>(settings_.faults.health_status), "", "");
  }
  if (get && path == "/v1/models") return models(session);
  ++page_counts_.other;
  if (get && path == "/version") return session.respond(200, kJson, R"({"version":"shunt-sim"})");
  const unsigned status = api_of(path) ? 405 : 404;
  session.respond(status, kJson, error_body(Api::Chat, status, status == 405 ? "Method Not Allowed" : "Not Found"));
}

void SimServer::left(Session& session) {
  sessions_.erase(&session);
  if (!session.exchange) return;
  ++counts_of(session).cancelled;
  const RequestId id = session.exchange->id;
  session.exchange.reset();
  if (id == 0) return;
  engine_.cancel(id);
  in_flight_.erase(id);
  if (!stopped_) arm();
}

void SimServer::metrics(Session& session) {
  ++page_counts_.metrics;
  const Faults& faults = settings_.faults;
  const auto answer = [this, &session, kind = faults.metrics_page] {
    constexpr std::string_view kType = "text/plain; version=0.0.4; charset=utf-8";
    if (kind == "hang") return;
    if (kind == "reset") return session.reset();
    if (kind == "error") return session.respond(500, "text/plain", "Internal Server Error");
    text_.clear();
    if (kind == "malformed") {
      text_ =
          "# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting{model_name=\"base "
          "3\nvllm:num_requests_running{} many\n}{\n\xff\xfe\n";
    } else if (kind != "empty") {
      page_.append_to(text_, engine_, static_cast<double>(unix_seconds()));
    }
    if (kind != "endless") return session.respond(200, kType, text_);
    session.begin_stream(kType);
    session.repeat(text_);
  };
  if (faults.metrics_delay_ms > 0) {
    session.after(faults.metrics_delay_ms, answer);
  } else {
    answer();
  }
}

void SimServer::models(Session& session) {
  ++page_counts_.models;
  std::string body = R"({"object":"list","data":[)";
  const auto one = [&](std::string_view name, std::string_view parent) {
    append(body, body.back() == '[' ? "" : ",", R"({"id":)", json_text(name), R"(,"object":"model","created":)",
           unix_seconds(), R"(,"owned_by":"shunt-sim","root":)", json_text(name), R"(,"parent":)", parent,
           R"(,"max_model_len":)", parent == "null" ? std::to_string(settings_.max_model_len) : "null",
           R"(,"permission":[]})");
  };
  for (const std::string& name : settings_.models) one(name, "null");
  for (const std::string& name : settings_.adapters) one(name, json_text(settings_.models.front()));
  session.respond(200, kJson, body + "]}");
}

}  // namespace shunt::sim
