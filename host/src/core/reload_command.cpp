// SPDX-License-Identifier: Apache-2.0
// `shunt reload` and `shunt rollback`: ask a running host to replace its config.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "admin_client.hpp"
#include "commands.hpp"
#include "file_io.hpp"
#include "live/canary/canary_trial.hpp"
#include "workspace.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds kBetweenLooks{100};
constexpr int kLooksWithoutReport = 10;
constexpr unsigned kRefused = 409;

std::string text_member(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::uint64_t number_member(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  boost::system::error_code wrong;
  const auto number = found != nullptr ? found->to_number<std::uint64_t>(wrong) : 0;
  return wrong ? 0 : number;
}

const json::array& list_member(const json::object& object, std::string_view key) {
  static const json::array kNone;
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_array() ? found->get_array() : kNone;
}

// As the host has found them.
Diagnostics diagnostics_of(const json::object& reload) {
  Diagnostics diagnostics;
  for (const json::value& one : list_member(reload, "diagnostics")) {
    if (!one.is_object()) continue;
    const json::object& object = one.get_object();
    Diagnostic found;
    found.severity = text_member(object, "severity") == "warning" ? Severity::Warning : Severity::Error;
    found.code = text_member(object, "code");
    found.file = text_member(object, "file");
    // As text: the line itself, which a position would be drawn under, is on the other side.
    if (const std::uint64_t line = number_member(object, "line"); line != 0) {
      found.file += ":" + std::to_string(line) + ":" + std::to_string(number_member(object, "column"));
    }
    found.pointer = text_member(object, "pointer");
    found.message = text_member(object, "message");
    found.suggestion = text_member(object, "suggestion");
    for (const json::value& note : list_member(object, "notes")) {
      if (note.is_string()) found.notes.emplace_back(note.get_string());
    }
    diagnostics.add(std::move(found));
  }
  return diagnostics;
}

const json::object& object_member(const json::object& object, std::string_view key) {
  static const json::object kNone;
  const json::value* found = object.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

void print_canary(const std::string& result, const json::object& reload, Console& console) {
  const json::object& canary = object_member(reload, "canary");
  const std::string tried = std::to_string(number_member(canary, "generation"));
  const std::string running = std::to_string(number_member(reload, "generation"));
  if (result == "canary") {
    const json::value* share = canary.if_contains("share");
    boost::system::error_code wrong;
    console.line("canary: generation " + tried + " decides for " +
                 share_text(share != nullptr ? share->to_number<double>(wrong) : 0.0) + ", generation " + running +
                 " for the others");
  } else if (result == "promoted") {
    console.line("generation " + running + ", which was the canary, takes the place of " +
                 std::to_string(number_member(reload, "replaced")));
  } else {
    console.line("canary: generation " + tried + " decides no more; generation " + running + " goes on");
  }
  for (const json::value& finding : list_member(canary, "findings")) {
    if (finding.is_object()) console.line("  " + text_member(finding.get_object(), "text"));
  }
}

void print(const json::object& reload, Console& console) {
  const std::string result = text_member(reload, "result");
  const std::string generation = std::to_string(number_member(reload, "generation"));
  if (result == "published") {
    console.line("generation " + generation + " takes the place of " +
                 std::to_string(number_member(reload, "replaced")));
  } else if (result == "unchanged") {
    console.line("nothing has changed; generation " + generation + " goes on");
  } else if (result == "tried") {
    console.line("this would take the place of generation " + generation);
  } else if (result == "canary" || result == "promoted" || result == "rolled-back" || result == "superseded") {
    print_canary(result, reload, console);
  }
  for (const json::value& change : list_member(reload, "changes")) {
    if (change.is_object()) console.line("  " + text_member(change.get_object(), "text"));
  }
  for (const json::value& transfer : list_member(reload, "state")) {
    if (!transfer.is_object()) continue;
    const std::string problem = text_member(transfer.get_object(), "problem");
    console.line("  state of \"" + text_member(transfer.get_object(), "plugin") +
                 "\": " + text_member(transfer.get_object(), "outcome") + (problem.empty() ? "" : ", " + problem));
  }
}

// A wrong config is told from a plugin that is to blame, and both from what a second try may do.
ExitCode refusal_of(const Diagnostics& diagnostics) {
  static constexpr std::array<std::string_view, 4> kPlugin = {"E355", "E356", "E357", "E359"};
  static constexpr std::array<std::string_view, 6> kOperation = {"E351", "E352", "E354", "E358", "E360", "E364"};
  const auto all_in = [&diagnostics](const auto& codes) {
    return std::ranges::all_of(diagnostics, [&codes](const Diagnostic& found) {
      return found.severity != Severity::Error || std::ranges::find(codes, found.code) != codes.end();
    });
  };
  if (all_in(kOperation)) return ExitCode::Failed;
  return all_in(kPlugin) ? ExitCode::PluginError : exit_code_of(diagnostics);
}

// Until no request uses an older generation any more.
bool wait_for_end(const AdminClient& client, Console& console) {
  while (true) {
    const auto answer = client.ask("GET", "/v1/reloads");
    if (!answer) {
      console.error(answer.error().code, answer.error().message);
      return false;
    }
    if (number_member(answer->body, "retired") == 0) return true;
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

// Of the canary that has just begun: the report of its end. Empty where the host could not be asked.
json::object wait_for_verdict(const AdminClient& client, std::uint64_t generation, Console& console) {
  // Between the end of a canary and its report there is a moment; a worker that is lost leaves none.
  for (int missed = 0; missed < kLooksWithoutReport;) {
    const auto answer = client.ask("GET", "/v1/reloads");
    if (!answer) {
      console.error(answer.error().code, answer.error().message);
      return {};
    }
    for (const json::value& one : list_member(answer->body, "reloads")) {
      if (!one.is_object()) continue;
      const json::object& report = one.get_object();
      const std::string result = text_member(report, "result");
      const bool ended = result == "promoted" || result == "rolled-back" || result == "superseded";
      if (ended && number_member(object_member(report, "canary"), "generation") == generation) return report;
    }
    if (number_member(object_member(answer->body, "canary"), "generation") != generation) ++missed;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  console.error("E364", "the host knows nothing of the canary any more: another worker has taken its place");
  return {};
}

// False where it has gone again.
bool was_promoted(const AdminClient& client, const json::object& begun, OutputFormat format, Console& console) {
  const json::object end =
      wait_for_verdict(client, number_member(object_member(begun, "canary"), "generation"), console);
  if (end.empty()) return false;
  if (format == OutputFormat::Json) {
    console.line(json::serialize(json::object{{"reload", end}}));
  } else {
    print(end, console);
  }
  return text_member(end, "result") == "promoted";
}

std::string target_of(const ReloadArguments& arguments) {
  const char* dry_run = arguments.dry_run ? "?dry_run=1" : "";
  switch (arguments.action) {
    case ReloadArguments::Action::Reload:
      if (arguments.fresh_worker)
        return arguments.dry_run ? "/v1/reload?dry_run=1&fresh_worker=1" : "/v1/reload?fresh_worker=1";
      return std::string("/v1/reload") + dry_run;
    case ReloadArguments::Action::Rollback:
      if (arguments.canary_only) return arguments.dry_run ? "/v1/rollback?dry_run=1&canary=1" : "/v1/rollback?canary=1";
      return std::string("/v1/rollback") + dry_run;
    case ReloadArguments::Action::Promote: return std::string("/v1/promote") + dry_run;
  }
  return "";
}

}  // namespace

ExitCode run_reload(const ReloadArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  std::string token;
  if (!arguments.token_file.empty()) {
    auto text = read_file(arguments.token_file);
    if (!text) {
      console.error(text.error().code, arguments.token_file + ": " + text.error().message, arguments.token_file);
      return ExitCode::InvalidInput;
    }
    token = text->substr(0, text->find_first_of(" \r\n"));
  }
  const AdminClient client(arguments.admin, token);
  const std::string body =
      arguments.canary_share
          ? json::serialize(json::object{{"canary", json::object{{"share", *arguments.canary_share}}}})
          : std::string();
  const auto answer = client.ask("POST", target_of(arguments), std::chrono::minutes(10), body);
  if (!answer) {
    console.error(answer.error().code, answer.error().message);
    return ExitCode::Failed;
  }
  const json::value* reload = answer->body.if_contains("reload");
  if (reload == nullptr || !reload->is_object()) {
    const json::value* error = answer->body.if_contains("error");
    const std::string message = error != nullptr && error->is_object()
                                    ? text_member(error->get_object(), "message")
                                    : "the host answered with status " + std::to_string(answer->status);
    console.error("E372", message);
    return ExitCode::Failed;
  }
  const json::object& report = reload->get_object();
  const bool refused = answer->status == kRefused;
  if (arguments.format == OutputFormat::Json) {
    console.line(json::serialize(answer->body));
  } else {
    print(report, console);
  }
  const Diagnostics diagnostics = diagnostics_of(report);
  console.report(diagnostics, !refused ? ""
                                       : "nothing was changed, generation " +
                                             std::to_string(number_member(report, "generation")) + " stays active");
  if (refused) return refusal_of(diagnostics);
  if (arguments.fresh_worker && !arguments.dry_run && arguments.format == OutputFormat::Text) {
    console.line("a fresh worker takes over as soon as it serves");
  }
  if (arguments.wait && text_member(report, "result") == "canary" &&
      !was_promoted(client, report, arguments.format, console)) {
    return ExitCode::Failed;
  }
  if (arguments.wait && !arguments.dry_run && !wait_for_end(client, console)) return ExitCode::Failed;
  return ExitCode::Ok;
}

}  // namespace shunt::host
