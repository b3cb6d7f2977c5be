// SPDX-License-Identifier: Apache-2.0
#include "admin/admin.hpp"

#include <shunt/framework/instance.hpp>
#include <shunt/framework/state_dump.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "admin/access_rules.hpp"
#include "admin/asked_generation.hpp"
#include "admin/decision_view.hpp"
#include "admin/event_feed.hpp"
#include "admin/generation_view.hpp"
#include "admin/http_listener.hpp"
#include "admin/log_level_answer.hpp"
#include "admin/metrics_exporter.hpp"
#include "admin/page.hpp"
#include "admin/pool_view.hpp"
#include "admin/reload_answer.hpp"
#include "admin/router.hpp"
#include "admin/schedule_answer.hpp"
#include "contain/spared_libraries.hpp"
#include "file_io.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

json::array quarantined_in_use(LiveHost& host) {
  return to_json(in_use(host.containment().quarantine.read_or_known(), *host.scheduler().current()));
}

constexpr std::chrono::milliseconds kTick{500};

class Admin final : public Part {
 public:
  Admin(LiveHost& host, const AdminSettings& settings)
      : host_(host), settings_(settings), exporter_(host), feed_(host) {}
  ~Admin() override { Admin::stop(); }

  std::string_view name() const override { return "admin"; }
  Result<void> start() override;
  bool ready(std::string&) const override { return true; }
  void hand_over() override {
    if (listener_ != nullptr) listener_->stop_accepting();
  }
  void stop() override {
    if (listener_ != nullptr) listener_->stop();
  }
  std::string address() const override { return listener_ == nullptr ? "" : "http://" + listener_->address(); }

 private:
  void add_health_routes();
  void add_view_routes();
  void add_decision_routes();
  void add_acting_routes();
  AdminResponse metrics();
  AdminResponse plugins(const AdminRequest& request) const;
  AdminResponse plugin_state(const std::string& name, const AdminRequest& request) const;
  AdminResponse help() const;
  void tick();

  LiveHost& host_;
  const AdminSettings& settings_;
  MetricsExporter exporter_;
  EventFeed feed_;
  std::unique_ptr<AccessRules> rules_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<ScheduleAnswer> schedule_;
  std::unique_ptr<HttpListener> listener_;
};

Result<std::string> read_token(const std::filesystem::path& file) {
  if (file.empty()) return std::string();
  auto text = read_file(file);
  if (!text) return Error{ErrorKind::Config, "E101", "admin.tokenFile " + file.string() + ": " + text.error().message};
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' ')) text->pop_back();
  if (text->empty()) return Error{ErrorKind::Config, "E101", "admin.tokenFile " + file.string() + " holds no token"};
  return std::move(*text);
}

Result<void> Admin::start() {
  auto token = read_token(settings_.token_file);
  if (!token) return token.error();
  rules_ = std::make_unique<AccessRules>(settings_.listen, settings_.hosts, std::move(*token));
  router_ = std::make_unique<Router>(*rules_);
  schedule_ = std::make_unique<ScheduleAnswer>(host_);
  add_health_routes();
  add_view_routes();
  add_decision_routes();
  add_acting_routes();
  feed_.skip();
  HttpListener::Handler handler;
  handler.refuse = [this](const AdminRequest& request) { return router_->refuse(request); };
  handler.answer = [this](const AdminRequest& request) { return router_->answer(request); };
  handler.greeting = [this] { return feed_.greeting(); };
  handler.tick = [this] { tick(); };
  listener_ = std::make_unique<HttpListener>(std::move(handler), ListenerLimits{});
  return listener_->start(settings_.listen, kTick);
}

void Admin::tick() {
  exporter_.look_at_pool();
  if (listener_->counters().event_clients.load(std::memory_order_relaxed) == 0) return feed_.skip();
  if (std::string events = feed_.tick(); !events.empty()) listener_->broadcast(std::move(events));
}

void Admin::add_health_routes() {
  router_->add({"GET", "/healthz", "200 while the program runs", false, [](const Router::Call&) {
                  return json_response({{"status", "ok"}});
                }});
  router_->add({"GET", "/readyz", "200 where requests should be sent here, else 503 and why not", false,
                [this](const Router::Call&) {
                  std::string why;
                  if (host_.ready(why)) {
                    json::object body{{"status", "ready"}};
                    if (const auto left_out = host_.left_out(); !left_out.empty()) {
                      body["left_out"] = left_out_view(left_out);
                    }
                    if (auto used = quarantined_in_use(host_); !used.empty())
                      body["quarantined_in_use"] = std::move(used);
                    return json_response(std::move(body));
                  }
                  return json_response({{"status", "not-ready"}, {"why", why}}, 503);
                }});
  router_->add({"GET", "/metrics", "Metrics in the text format of Prometheus", false,
                [this](const Router::Call&) { return metrics(); }});
  router_->add({"GET", "/", "The page", false, [](const Router::Call&) { return page_answer(); }});
  router_->add({"GET", "/help", "This list", false, [this](const Router::Call&) { return help(); }});
}

void Admin::add_view_routes() {
  router_->add({"GET",
                "/v1/plugins",
                "Instances, their libraries, calls and errors; canary=1: those of the canary",
                false,
                [this](const Router::Call& call) { return plugins(call.request); },
                {"canary"}});
  router_->add({"GET",
                "/v1/plugins/{name}/state",
                "The state of one instance, as it shows it; canary=1: of the canary's",
                false,
                [this](const Router::Call& call) { return plugin_state(call.argument, call.request); },
                {"canary"}});
  router_->add({"GET",
                "/v1/profiles",
                "Profiles: filters, scorers with weights, pickers; canary=1: those of the canary",
                false,
                [this](const Router::Call& call) {
                  const auto generation = asked_generation(host_, call.request);
                  if (generation == nullptr) return no_canary();
                  return json_response(profiles_view(*generation, host_.scheduler().shadow_totals(*generation)));
                },
                {"canary"}});
  router_->add({"GET", "/v1/endpoints", "Endpoints, their health and all that is known of them", false,
                [this](const Router::Call&) {
                  return json_response(endpoints_view(*host_.keeper().pictures().current(),
                                                      host_.data_layer_counts().sources(), host_.clock().now_ns()));
                }});
  router_->add({"GET", "/v1/models", "Models and how many endpoints serve them", false, [this](const Router::Call&) {
                  return json_response(models_view(*host_.scheduler().current(), *host_.keeper().pictures().current()));
                }});
  router_->add({"GET", "/v1/reloads", "The last reloads, newest first, and what runs now", false,
                [this](const Router::Call&) { return reloads_answer(host_); }});
  router_->add({"GET",
                "/v1/config",
                "The config with every default filled in; canary=1: that of the canary",
                false,
                [this](const Router::Call& call) {
                  const auto generation = asked_generation(host_, call.request);
                  return generation == nullptr ? no_canary() : json_response(config_view(*generation));
                },
                {"canary"}});
  router_->add(
      {"GET", "/v1/events", "Server-sent events: decisions, endpoints, counters", false, [](const Router::Call&) {
         AdminResponse response;
         response.events = true;
         return response;
       }});
}

void Admin::add_decision_routes() {
  router_->add({"GET",
                "/v1/decisions",
                "The last decisions, newest first; limit, after, outcome, endpoint",
                false,
                [this](const Router::Call& call) { return decisions_answer(host_.decisions(), call.request); },
                {},
                {"limit", "after", "outcome", "endpoint"}});
  // Bundles hold prompts. Where there is a token, they are for those who have it.
  router_->add({"GET", "/v1/decisions/{id}/bundle", "What reproduces the decision with shunt schedule --bundle", false,
                [this](const Router::Call& call) {
                  if (rules_->has_token()) {
                    if (auto refusal = rules_->refuse_token(call.request)) return std::move(*refusal);
                  }
                  return bundle_answer(host_.decisions(), call.argument);
                }});
  router_->add(
      {"GET",
       "/v1/decisions/{id}",
       "One decision in full; why_not=NAME asks about an endpoint",
       false,
       [this](const Router::Call& call) { return decision_answer(host_.decisions(), call.argument, call.request); },
       {},
       {"why_not"}});
}

void Admin::add_acting_routes() {
  router_->add({"POST",
                "/v1/schedule",
                "Decide requests without sending them anywhere",
                false,
                [this](const Router::Call& call) { return schedule_->answer(call.request); },
                {"explain", "assume", "canary"},
                {"fallbacks"}});
  router_->add({"POST",
                "/v1/reload",
                "Read the config again and put it in force; dry_run=1 only tells, fresh_worker=1 in another process",
                true,
                [this](const Router::Call& call) { return reload_answer(host_, call.request); },
                {"dry_run", "fresh_worker"}});
  router_->add({"POST",
                "/v1/promote",
                "Make the canary the current generation at once; dry_run=1 only says what would change",
                true,
                [this](const Router::Call& call) { return promote_answer(host_, call.request); },
                {"dry_run"}});
  router_->add({"POST",
                "/v1/rollback",
                "End the canary, else go back to the generation before; dry_run=1 only tells, canary=1 never goes back",
                true,
                [this](const Router::Call& call) { return rollback_answer(host_, call.request); },
                {"dry_run", "canary"}});
  router_->add({"POST", "/v1/log-level", "Change what is logged", true,
                [](const Router::Call& call) { return log_level_answer(call.request); }});
}

AdminResponse Admin::metrics() {
  AdminCounts counts;
  const HttpListener::Counters& mine = listener_->counters();
  for (std::size_t i = 0; i < counts.statuses.size(); ++i)
    counts.statuses[i] = mine.statuses[i].load(std::memory_order_relaxed);
  counts.event_clients = mine.event_clients.load(std::memory_order_relaxed);
  counts.dropped_clients = mine.dropped_clients.load(std::memory_order_relaxed);
  counts.schedule_dispatched = schedule_->dispatched();
  counts.schedule_rejected = schedule_->rejected();
  AdminResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = exporter_.page(counts);
  return response;
}

AdminResponse Admin::plugins(const AdminRequest& request) const {
  const auto generation = asked_generation(host_, request);
  if (generation == nullptr) return no_canary();
  auto totals = host_.scheduler().plugin_totals(*generation);
  if (request.flag("canary")) {
    // Its own calls: it goes on with the counts of what it would replace only when it is promoted.
    auto own = host_.scheduler().plugin_totals_of_bound(*generation);
    for (std::size_t i = 0; i < own.size(); ++i) own[i].breaker = totals[i].breaker;
    totals = std::move(own);
  }
  json::object body = plugins_view(*generation, totals);
  body["left_out"] = left_out_view(host_.left_out());
  body["quarantined_in_use"] = quarantined_in_use(host_);
  return json_response(std::move(body));
}

AdminResponse Admin::plugin_state(const std::string& name, const AdminRequest& request) const {
  const auto generation = asked_generation(host_, request);
  if (generation == nullptr) return no_canary();
  for (const auto& instance : generation->instances()) {
    if (instance->name() != name) continue;
    const StateDump state = dump_state(*instance);
    if (state.json.empty()) {
      return error_response(instance->dump == nullptr ? 404 : 502, "no-state",
                            "plugin \"" + name + "\": " + state.problem);
    }
    return json_response({{"plugin", name},
                          {"type", instance->type()},
                          {"generation", generation->number()},
                          {"state", json::parse(state.json)}});
  }
  return error_response(404, "no-such-plugin", "there is no plugin \"" + name + "\"; GET /v1/plugins lists them");
}

AdminResponse Admin::help() const {
  json::array routes;
  for (const Router::Route& route : router_->routes()) {
    routes.push_back(json::object{
        {"method", route.method}, {"path", route.pattern}, {"summary", route.summary}, {"token", route.changes}});
  }
  return json_response({{"routes", std::move(routes)}});
}

}  // namespace

std::unique_ptr<Part> make_admin(LiveHost& host, const HostSettings& settings) {
  if (!settings.admin.enabled) return nullptr;
  return std::make_unique<Admin>(host, settings.admin);
}

}  // namespace shunt::host
