// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <functional>

#include "fleet.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace json = boost::json;
namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::string_view kJson = "application/json";

// What one server says.
using Reply = std::variant<json::object, Problems>;
using Question = std::function<Reply(SimServer&)>;

json::object faults_of(SimServer& server) {
  return {{"name", server.name()}, {"faults", faults_object(server.settings())}};
}

void respond_problems(Session& session, unsigned status, const Problems& problems) {
  const json::object body{{"schema", 1}, {"errors", json::array(problems.begin(), problems.end())}};
  session.respond(status, kJson, json::serialize(body));
}

// The question that a request asks of a server; a text where it makes none.
std::variant<Question, std::string> question_of(Session& session, std::string_view path) {
  const bool post = session.request().method() == http::verb::post;
  if (path == "/sim/state") return Question([](SimServer& server) { return server.state(); });
  if (path == "/sim/reset" && post) {
    return Question([](SimServer& server) {
      server.reset();
      return server.state();
    });
  }
  if (path != "/sim/faults")
    return "there is no " + std::string(session.request().method_string()) + " " + std::string(path);
  if (!post) return Question(faults_of);
  boost::system::error_code error;
  const json::value body = json::parse(session.body(), error);
  if (error || !body.is_object()) return std::string("the body must be a JSON object of faults");
  return Question([changes = body.as_object()](SimServer& server) -> Reply {
    const Problems problems = server.change_faults(changes);
    if (problems.empty()) return faults_of(server);
    return problems;
  });
}

// Asks every server on its own thread, and answers when the last one has replied.
class Round : public std::enable_shared_from_this<Round> {
 public:
  Round(Session& session, SimServer& at, std::vector<SimServer*> of, bool list)
      : session_(session.shared_from_this()),
        at_(at),
        servers_(std::move(of)),
        replies_(servers_.size()),
        list_(list) {}

  void ask(const Question& question) {
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      asio::post(servers_[i]->context(), [self = shared_from_this(), question, i]() mutable {
        Round& round = *self;
        Reply reply = question(*round.servers_[i]);
        // Handed over: the session must not end on the thread of another server.
        asio::post(round.at_.context(), [self = std::move(self), i, reply = std::move(reply)]() mutable {
          self->take(i, std::move(reply));
        });
      });
    }
  }

 private:
  void take(std::size_t index, Reply reply) {
    replies_[index] = std::move(reply);
    if (++taken_ < replies_.size()) return;
    json::array all;
    for (Reply& one : replies_) {
      if (const Problems* const problems = std::get_if<Problems>(&one)) {
        return respond_problems(*session_, 400, *problems);
      }
      all.emplace_back(std::get<json::object>(std::move(one)));
    }
    json::object body{{"schema", 1}};
    if (list_) {
      body["servers"] = std::move(all);
    } else {
      for (auto& [key, value] : all.front().as_object()) body[key] = value;
    }
    session_->respond(200, kJson, json::serialize(body));
  }

  std::shared_ptr<Session> session_;
  SimServer& at_;
  std::vector<SimServer*> servers_;
  std::vector<Reply> replies_;
  bool list_;
  std::size_t taken_ = 0;
};

// A request back to who sent it, as it arrived: for tests of what stands in between.
void mirror(Session& session) {
  json::array headers;
  for (const auto& field : session.request()) {
    headers.push_back(json::array{json::string(field.name_string().data(), field.name_string().size()),
                                  json::string(field.value().data(), field.value().size())});
  }
  const auto method = session.request().method_string();
  const auto target = session.request().target();
  const json::object body{{"schema", 1},
                          {"method", json::string(method.data(), method.size())},
                          {"target", json::string(target.data(), target.size())},
                          {"headers", std::move(headers)},
                          {"bodyBytes", session.body().size()},
                          {"body", session.body().substr(0, 65536)}};
  session.respond(200, kJson, json::serialize(body));
}

}  // namespace

void handle_control(Session& session, SimServer& server, Fleet& fleet) {
  const std::string target(session.request().target());
  const std::string path = target.substr(0, target.find('?'));
  if (path == "/sim/mirror") return mirror(session);
  if (path == "/sim/upgrade") {
    const auto protocol = session.request()[http::field::upgrade];
    if (protocol.empty()) return respond_problems(session, 426, {"the request has no header Upgrade"});
    return session.echo({protocol.data(), protocol.size()});
  }
  auto question = question_of(session, path);
  if (const std::string* const problem = std::get_if<std::string>(&question)) {
    return respond_problems(session, 400, {*problem});
  }
  constexpr std::string_view kParameter = "?server=";
  const std::size_t at = target.find(kParameter);
  const std::string name = at == std::string::npos ? server.name() : target.substr(at + kParameter.size());
  std::vector<SimServer*> about;
  if (name == "*") {
    for (const auto& one : fleet.servers()) about.push_back(one.get());
  } else if (SimServer* const one = fleet.find(name)) {
    about.push_back(one);
  } else {
    return respond_problems(session, 404,
                            {"there is no server " + name + "; name one with " + std::string(kParameter) + "NAME"});
  }
  std::make_shared<Round>(session, server, std::move(about), name == "*")->ask(std::get<Question>(question));
}

json::object SimServer::state() const {
  const KvCache& cache = engine_.cache();
  const auto names = [this](const std::vector<int>& adapters) {
    json::array list;
    for (const int adapter : adapters) list.emplace_back(settings_.adapters[static_cast<std::size_t>(adapter)]);
    return list;
  };
  json::object requests;
  RequestCounts total;
  const auto counts = [](const RequestCounts& one) {
    return json::object{{"received", one.received},
                        {"answered", one.answered},
                        {"rejected", one.rejected},
                        {"failed", one.failed},
                        {"cancelled", one.cancelled},
                        {"open", one.received - one.answered - one.rejected - one.failed - one.cancelled}};
  };
  for (std::size_t i = 0; i < kApis; ++i) {
    const RequestCounts& one = requests_[i];
    requests[kApiNames[i]] = counts(one);
    total.received += one.received;
    total.answered += one.answered;
    total.rejected += one.rejected;
    total.failed += one.failed;
    total.cancelled += one.cancelled;
  }
  requests["total"] = counts(total);
  const EngineCounts& engine = engine_.counts();
  return {{"name", settings_.name},
          {"address", address_},
          {"connections", sessions_.size()},
          {"running", engine_.running()},
          {"waiting", engine_.waiting()},
          {"blocks", {{"total", cache.capacity()}, {"used", cache.used()}, {"cached", cache.cached()}}},
          {"adapters",
           {{"running", names(engine_.running_adapters())},
            {"waiting", names(engine_.waiting_adapters())},
            {"loaded", names(engine_.loaded_adapters())}}},
          {"requests", std::move(requests)},
          {"tokens",
           {{"prompt", engine.prompt_tokens}, {"cached", engine.cache_hits}, {"generation", engine.generation_tokens}}},
          {"preemptions", engine.preemptions},
          {"pages",
           {{"metrics", page_counts_.metrics},
            {"health", page_counts_.health},
            {"models", page_counts_.models},
            {"other", page_counts_.other}}},
          {"injected",
           {{"error", fault_counts_.error},
            {"reset", fault_counts_.reset},
            {"hang", fault_counts_.hang},
            {"abort", fault_counts_.abort}}},
          {"faults", faults_object(settings_)}};
}

}  // namespace shunt::sim
