// SPDX-License-Identifier: Apache-2.0
#include "admin/reload_answer.hpp"

#include <boost/json/array.hpp>

#include <utility>

#include "live/live_host.hpp"
#include "live/reload/reloader.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

AdminResponse cannot_reload() {
  return error_response(503, "no-reload", "this host cannot replace its config while it runs");
}

AdminResponse answer_of(const ReloadReport& report) {
  return json_response({{"reload", to_json(report)}}, report.result == ReloadResult::Refused ? 409 : 200);
}

}  // namespace

AdminResponse reload_answer(LiveHost& host, const AdminRequest& request) {
  Reloader* reloader = host.reloader();
  if (reloader == nullptr) return cannot_reload();
  AdminResponse response;
  response.later = [reloader, dry_run = request.flag("dry_run")](std::function<void(AdminResponse)> answer) {
    reloader->reload({ReloadCause::Api, dry_run},
                     [answer = std::move(answer)](const ReloadReport& report) { answer(answer_of(report)); });
  };
  return response;
}

AdminResponse rollback_answer(LiveHost& host, const AdminRequest& request) {
  Reloader* reloader = host.reloader();
  if (reloader == nullptr) return cannot_reload();
  AdminResponse response;
  response.later = [reloader, dry_run = request.flag("dry_run")](std::function<void(AdminResponse)> answer) {
    reloader->rollback(dry_run,
                       [answer = std::move(answer)](const ReloadReport& report) { answer(answer_of(report)); });
  };
  return response;
}

AdminResponse reloads_answer(LiveHost& host) {
  Reloader* reloader = host.reloader();
  if (reloader == nullptr) return cannot_reload();
  json::array reports;
  for (const ReloadReport& report : reloader->reports()) reports.push_back(to_json(report));
  return json_response({{"generation", host.scheduler().current()->number()},
                        {"retired", host.scheduler().retired()},
                        {"rollbackTo", reloader->rollback_target()},
                        {"reloads", std::move(reports)}});
}

}  // namespace shunt::host
