// SPDX-License-Identifier: Apache-2.0
#include "admin/reload_answer.hpp"

#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/document.hpp>
#include <shunt/framework/object_reader.hpp>

#include <boost/json/array.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "contain/containment.hpp"
#include "live/live_host.hpp"
#include "live/reload/reloader.hpp"
#include "live/service_manager.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

AdminResponse cannot_reload() {
  return error_response(503, "no-reload", "this host cannot replace its config while it runs");
}

AdminResponse answer_of(const ReloadReport& report) {
  return json_response({{"reload", to_json(report)}}, report.result == ReloadResult::Refused ? 409 : 200);
}

// What the body wants of the canary; nothing where there is no body.
using Adjust = std::function<void(CanarySettings&)>;

void read_body(const Document& document, Diagnostics& diagnostics, CanarySettings& settings) {
  static constexpr std::array<std::string_view, 1> kKeys = {"canary"};
  const ReadContext context{document, diagnostics};
  const json::object* object = context.object(document.root(), "", "the body");
  if (object == nullptr) return;
  ObjectReader reader(*object, "", "the body", context);
  reader.allow(kKeys);
  const json::value* canary = reader.member("canary");
  if (canary != nullptr && canary->is_bool() && !canary->get_bool()) {
    settings.share = 0.0;
  } else {
    read_canary_settings(reader, context, settings);
  }
}

Adjust adjust_canary(const std::string& body, Diagnostics& diagnostics) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return {};
  auto document = Document::parse("<body>", body, DocumentFormat::Json, diagnostics);
  if (!document) return {};
  const auto kept = std::make_shared<const Document>(std::move(*document));
  CanarySettings checked;
  read_body(*kept, diagnostics, checked);
  if (const json::object* object = kept->root().if_object(); object == nullptr || object->empty()) return {};
  // Once more, on top of what the config says by then.
  return [kept](CanarySettings& settings) {
    Diagnostics known;
    read_body(*kept, known, settings);
  };
}

// A fresh worker begins with what is in force for all requests, so there is no canary.
AdminResponse reload_in_fresh_worker(const LiveHost& host, Reloader& reloader, bool dry_run) {
  if (!host.containment().supervised) {
    return error_response(503, "no-supervisor", "this host runs without a supervisor: nobody can start another worker");
  }
  AdminResponse response;
  response.later = [&reloader, dry_run](std::function<void(AdminResponse)> answer) {
    reloader.reload({ReloadCause::Api, dry_run, true, [](CanarySettings& settings) { settings.share = 0.0; }},
                    [answer = std::move(answer)](const ReloadReport& report) {
                      answer(answer_of(report));
                      const bool done =
                          report.result == ReloadResult::Published || report.result == ReloadResult::Unchanged;
                      if (done && !report.dry_run) (void)ServiceManager::of_process().notify(kFreshWorkerWanted);
                    });
  };
  return response;
}

}  // namespace

AdminResponse reload_answer(LiveHost& host, const AdminRequest& request) {
  Reloader* reloader = host.reloader();
  if (reloader == nullptr) return cannot_reload();
  Diagnostics diagnostics;
  const Adjust adjust = adjust_canary(request.body, diagnostics);
  if (diagnostics.has_errors()) {
    return json_response({{"error", json::object{{"code", "bad-reload"},
                                                 {"message", diagnostics.summary()},
                                                 {"problems", to_json(diagnostics)}}}},
                         400);
  }
  if (request.flag("fresh_worker") && adjust) {
    return error_response(400, "bad-reload",
                          "with fresh_worker the config is put in force for all requests: there is no canary");
  }
  if (request.flag("fresh_worker")) return reload_in_fresh_worker(host, *reloader, request.flag("dry_run"));
  AdminResponse response;
  response.later = [reloader, dry_run = request.flag("dry_run"), adjust](std::function<void(AdminResponse)> answer) {
    reloader->reload({ReloadCause::Api, dry_run, false, adjust},
                     [answer = std::move(answer)](const ReloadReport& report) { answer(answer_of(report)); });
  };
  return response;
}

AdminResponse promote_answer(LiveHost& host, const AdminRequest& request) {
  Reloader* reloader = host.reloader();
  if (reloader == nullptr) return cannot_reload();
  AdminResponse response;
  response.later = [reloader, dry_run = request.flag("dry_run")](std::function<void(AdminResponse)> answer) {
    reloader->promote(dry_run, [answer = std::move(answer)](const ReloadReport& report) { answer(answer_of(report)); });
  };
  return response;
}

AdminResponse rollback_answer(LiveHost& host, const AdminRequest& request) {
  Reloader* reloader = host.reloader();
  if (reloader == nullptr) return cannot_reload();
  AdminResponse response;
  const Reloader::Back back = request.flag("canary") ? Reloader::Back::Canary : Reloader::Back::Any;
  response.later = [reloader, dry_run = request.flag("dry_run"), back](std::function<void(AdminResponse)> answer) {
    reloader->rollback(dry_run, back,
                       [answer = std::move(answer)](const ReloadReport& report) { answer(answer_of(report)); });
  };
  return response;
}

AdminResponse reloads_answer(LiveHost& host) {
  Reloader* reloader = host.reloader();
  if (reloader == nullptr) return cannot_reload();
  json::array reports;
  for (const ReloadReport& report : reloader->reports()) reports.push_back(to_json(report));
  const auto canary = reloader->canary();
  return json_response({{"generation", host.scheduler().current()->number()},
                        {"retired", host.older_generations()},
                        {"rollbackTo", reloader->rollback_target()},
                        {"canary", canary ? json::value(to_json(*canary)) : json::value()},
                        {"reloads", std::move(reports)}});
}

}  // namespace shunt::host
