// SPDX-License-Identifier: Apache-2.0
// The HTTP door in front of a pool that never changes: endpoints in the order given, minus those that failed. Says on standard
// output, one JSON object a line, what the door reports; takes "drain", "drained?", "counts?" and "stop" on standard input.
//
//   shunt_door_program endpoint=127.0.0.1:8000 endpoint=127.0.0.1:8001 connectMs=100
//
// "models=b,a" names models of the endpoint before it, "unhealthy=1" keeps it from requests, in the picture that the door has
// of the pool.
#include "core/json_text.hpp"
#include "core/live/front_door.hpp"
#include "serve/front/http_door.hpp"

#include <shunt/abi/host.h>
#include <shunt/framework/endpoint_table.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace json = boost::json;
using namespace shunt::host;

std::mutex output_mutex;
bool quiet = false;

void say(json::object line) {
  if (quiet) return;
  const std::lock_guard lock(output_mutex);
  std::cout << json::serialize(line) << std::endl;
}

struct Pool {
  std::vector<std::string> endpoints;
  std::vector<shunt::Annotation> annotations;
  std::size_t per_decision = 2;
  Rejection rejection;
  std::map<std::string, std::vector<std::string>> models;  // by address
  std::set<std::string> unhealthy;
};

std::shared_ptr<const PoolPicture> picture_of(const Pool& pool) {
  shunt::EndpointTable table(std::make_shared<shunt::AttributeTable>());
  auto picture = std::make_shared<PoolPicture>();
  picture->routable.emplace();
  for (const std::string& address : pool.endpoints) {
    const std::uint64_t key = shunt::endpoint_key(address);
    if (!table.add({address, address, {}})) continue;
    if (!pool.unhealthy.contains(address)) picture->routable->push_back(key);
    if (const auto it = pool.models.find(address); it != pool.models.end()) {
      (void)table.set(key, *table.attributes()->find("models"), it->second);
    }
  }
  picture->snapshot = table.publish();
  return picture;
}

class FixedDoor final : public FrontDoor {
 public:
  explicit FixedDoor(const Pool& pool) : pool_(pool) {}

  Passage* open() noexcept override {
    if (spare_.empty()) {
      all_.push_back(std::make_unique<Passage>());
      spare_.push_back(all_.back().get());
    }
    Passage* passage = spare_.back();
    spare_.pop_back();
    passage->request.clear();
    failed_[passage].clear();
    return passage;
  }
  void decide(Passage& passage) noexcept override {
    passage.targets.clear();
    passage.rejection = pool_.rejection;
    passage.annotations = pool_.annotations;
    passage.decision_id = "00000000000004d2";
    if (!quiet) {
      const shunt::Request& r = passage.request;
      json::object headers;
      for (const auto& [name, value] : r.headers) headers[name] = value;
      say({{"event", "decide"},
           {"id", r.id},
           {"path", r.path},
           {"model", r.model},
           {"target_model", r.target_model},
           {"prompt", r.prompt},
           {"streaming", r.streaming},
           {"session", r.session},
           {"headers", headers}});
    }
    if (passage.rejection.http_status != 0) return;
    for (const std::string& address : pool_.endpoints) {
      if (failed_[&passage].contains(address) || passage.targets.size() == pool_.per_decision) continue;
      passage.targets.push_back({passage.targets.size() + 1, 0, address, address});
    }
    if (passage.targets.empty()) passage.rejection = {503, "rejected-no-endpoints", "no endpoint is left"};
  }
  void report_dispatched(Passage& passage, std::size_t target) noexcept override {
    passage.books.endpoint_name = passage.targets[target].address;
    say({{"event", "dispatched"}, {"endpoint", passage.books.endpoint_name}});
  }
  void report_attempt_failed(Passage& passage) noexcept override {
    failed_[&passage].emplace(passage.books.endpoint_name);
    say({{"event", "attempt-failed"}, {"endpoint", passage.books.endpoint_name}});
  }
  void report_response_started(Passage&, std::uint32_t status) noexcept override {
    say({{"event", "started"}, {"status", status}});
  }
  void report_first_token(Passage&) noexcept override { say({{"event", "first-token"}}); }
  void complete(Passage& passage, const Completion& completion) noexcept override {
    end("complete", completion);
    spare_.push_back(&passage);
  }
  void refuse(const Completion& completion) noexcept override { end("refuse", completion); }
  bool draining() const noexcept override { return false; }
  void rest() noexcept override { say({{"event", "rest"}}); }

 private:
  static void end(std::string_view event, const Completion& completion) {
    if (quiet) return;
    json::object line{{"event", event},
                      {"ending", to_string(completion.ending)},
                      {"status", completion.http_status},
                      {"code", completion.code}};
    if (completion.usage.prompt_tokens) line["prompt_tokens"] = *completion.usage.prompt_tokens;
    if (completion.usage.cached_tokens) line["cached_tokens"] = *completion.usage.cached_tokens;
    if (completion.usage.output_tokens) line["output_tokens"] = *completion.usage.output_tokens;
    if (completion.streamed_tokens) line["streamed_tokens"] = *completion.streamed_tokens;
    say(std::move(line));
  }

  const Pool& pool_;
  std::vector<std::unique_ptr<Passage>> all_;
  std::vector<Passage*> spare_;
  std::map<const Passage*, std::set<std::string>> failed_;
};

bool set_number(HostSettings& settings, std::string_view key, std::int64_t value) {
  ServeTimeouts& timeouts = settings.serve.timeouts;
  const std::map<std::string_view, std::int64_t*> times = {{"headerMs", &timeouts.header_ms},
                                                           {"bodyMs", &timeouts.body_ms},
                                                           {"idleMs", &timeouts.idle_ms},
                                                           {"connectMs", &timeouts.connect_ms},
                                                           {"responseHeaderMs", &timeouts.response_header_ms},
                                                           {"responseIdleMs", &timeouts.response_idle_ms},
                                                           {"writeMs", &timeouts.write_ms}};
  if (const auto it = times.find(key); it != times.end()) {
    *it->second = value;
    return true;
  }
  if (key == "threads") return settings.serve.threads = static_cast<std::uint32_t>(value), true;
  if (key == "headerBytes") return settings.serve.limits.header_bytes = static_cast<std::uint32_t>(value), true;
  if (key == "bodyBytes") return settings.serve.limits.body_bytes = static_cast<std::uint64_t>(value), true;
  if (key == "connections") return settings.serve.limits.connections = static_cast<std::uint32_t>(value), true;
  if (key == "attempts") return settings.serve.retries.attempts = static_cast<std::uint32_t>(value), true;
  if (key == "decisionHeader") return settings.serve.decision_header = value != 0, true;
  if (key == "upstreamTls") return settings.upstream.tls.enabled = value != 0, true;
  if (key == "upstreamVerify") return settings.upstream.tls.verify = value != 0, true;
  return false;
}

bool set(HostSettings& settings, Pool& pool, const std::string& key, const std::string& value) {
  if (key == "endpoint") return pool.endpoints.push_back(value), true;
  if (key == "models") {
    std::stringstream names(value);
    for (std::string name; std::getline(names, name, ',');) pool.models[pool.endpoints.back()].push_back(name);
    return true;
  }
  if (key == "unhealthy") return pool.unhealthy.insert(pool.endpoints.back()), true;
  if (key == "perDecision") return pool.per_decision = std::strtoul(value.c_str(), nullptr, 10), true;
  if (key == "reject") {
    pool.rejection = {static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10)), "rejected-saturated",
                      "all are busy"};
    return true;
  }
  const std::size_t colon = value.find(':');
  if (key == "requestHeader" || key == "responseHeader") {
    pool.annotations.push_back({key == "requestHeader" ? SHUNT_NOTE_REQUEST_HEADER : SHUNT_NOTE_RESPONSE_HEADER,
                                value.substr(0, colon), colon == std::string::npos ? "" : value.substr(colon + 1),
                                colon == std::string::npos});
    return true;
  }
  if (key == "quiet") return quiet = true;
  if (key == "listen") return settings.serve.listen = value, true;
  if (key == "apiKeysFile") return settings.serve.api_keys_file = value, true;
  if (key == "upstreamApiKeyFile") return settings.upstream.api_key_file = value, true;
  if (key == "upstreamCaFile") return settings.upstream.tls.ca_file = value, true;
  if (key == "upstreamCertificateFile") return settings.upstream.tls.certificate_file = value, true;
  if (key == "upstreamKeyFile") return settings.upstream.tls.key_file = value, true;
  if (key == "upstreamServerName") return settings.upstream.tls.server_name = value, true;
  if (key == "certificateFile") return settings.serve.tls.certificate_file = value, true;
  if (key == "keyFile") {
    settings.serve.tls.enabled = true;
    return settings.serve.tls.key_file = value, true;
  }
  return set_number(settings, key, std::strtoll(value.c_str(), nullptr, 10));
}

template <class Value, std::size_t kSize>
json::object by_name(const std::array<std::uint64_t, kSize>& counts) {
  json::object out;
  for (std::size_t i = 0; i < kSize; ++i) {
    if (counts[i] != 0) out[to_string(static_cast<Value>(i))] = counts[i];
  }
  return out;
}

json::object json_of(const ConnectionTotals& totals) {
  return {{"event", "counts"},
          {"open", totals.open_clients()},
          {"accepted", totals.accepted},
          {"closed", by_name<CloseReason>(totals.closed)},
          {"handshakes", by_name<HandshakeResult>(totals.handshakes)},
          {"connects", by_name<ConnectResult>(totals.connects)},
          {"reused", totals.reused},
          {"busy", totals.busy},
          {"idle", totals.idle}};
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  HostSettings settings;
  settings.serve.listen = "127.0.0.1:0";
  settings.serve.threads = 1;
  Pool pool;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || !set(settings, pool, word.substr(0, equals), word.substr(equals + 1))) {
      std::cerr << "what is " << word << "?\n";
      return 2;
    }
  }
  ConnectionCounts counts;
  const auto door = make_http_door(HttpDoorHost{[&pool] { return std::make_unique<FixedDoor>(pool); },
                                                [picture = picture_of(pool)] { return picture; }, &counts},
                                   settings);
  if (const auto begun = door->start(); !begun) {
    std::cerr << begun.error().message << "\n";
    return 1;
  }
  std::cout << json::serialize(json::object{{"event", "listening"}, {"address", door->address()}}) << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "drain") door->drain();
    if (line == "drained?") say({{"event", "drained"}, {"yes", door->drained()}});
    if (line == "counts?") say(json_of(counts.total()));
    if (line == "stop") break;
  }
  door->stop();
  say({{"event", "stopped"}});
  return 0;
}
