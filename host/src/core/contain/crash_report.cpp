// SPDX-License-Identifier: Apache-2.0
#include "contain/crash_report.hpp"

#include <sys/wait.h>

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>

namespace shunt::host {

namespace json = boost::json;

namespace {

// Guard pages are one page, but a function may step over it.
// What a process does to itself.
constexpr std::array<int, 7> kFaults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
constexpr std::uint64_t kNearStack = std::uint64_t{1} << 16;

template <std::size_t size>
std::string text_of(const char (&text)[size]) {
  return std::string(text, strnlen(text, size));
}

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

// The page may hold anything: indices are checked, texts are cut.
void name_library(const CallMarkPage& marks, std::uint32_t index, PluginCall& call) {
  if (index == 0 || index >= CallMarkPage::kLibraries) return;
  call.library = text_of(marks.library[index].path);
  call.sha256 = text_of(marks.library[index].sha256);
}

std::optional<PluginCall> call_of(const CallMarkPage& marks, std::uint64_t word, std::uint64_t generation,
                                  std::int32_t thread) {
  const MarkedCall mark{word};
  if (!mark.running()) return std::nullopt;
  PluginCall call;
  call.thread = thread;
  call.function = to_string(mark.function());
  call.generation = generation;
  if (mark.of_library()) {
    name_library(marks, mark.callee(), call);
  } else if (mark.callee() < CallMarkPage::kInstances) {
    const MarkedInstance& instance = marks.instance[mark.callee()];
    call.instance = text_of(instance.name);
    call.type = text_of(instance.type);
    if (generation == 0) call.generation = instance.generation.load();
    name_library(marks, instance.library, call);
  }
  return call;
}

// The library whose code an address lies in; 0 for none.
std::uint32_t library_at(const CallMarkPage& marks, std::uint64_t place) {
  const std::uint32_t used = std::min<std::uint32_t>(marks.libraries.load(), CallMarkPage::kLibraries);
  for (std::uint32_t i = 1; i < used; ++i) {
    const std::uint64_t begin = marks.library[i].text_begin.load();
    if (begin != 0 && place >= begin && place < marks.library[i].text_end.load()) return i;
  }
  return 0;
}

std::vector<PluginCall> running_calls(const CallMarkPage& marks) {
  std::vector<PluginCall> calls;
  for (const MarkedThread& thread : marks.thread) {
    if (thread.used.load() == 0) continue;
    if (auto call = call_of(marks, thread.call.load(), thread.generation.load(), thread.thread.load())) {
      calls.push_back(std::move(*call));
    }
  }
  return calls;
}

void blame(CrashReport& report, const WorkerPage& page) {
  const EndNote& note = page.end;
  report.guilty = call_of(page.marks, note.word, note.generation, note.thread);
  if (report.guilty) report.guilty_because = "the thread was in this call";
  const std::uint32_t at = report.cause == EndCause::Crash ? library_at(page.marks, note.place) : 0;
  PluginCall code;
  name_library(page.marks, at, code);
  if (code.sha256.empty() || (report.guilty && report.guilty->sha256 == code.sha256)) return;
  // A peer that the plugin has called, or a thread that it has started.
  code.thread = note.thread;
  code.function = report.guilty ? report.guilty->function + " of " + report.guilty->instance : "a thread of its own";
  code.generation = note.generation;
  report.guilty = std::move(code);
  report.guilty_because = "its code was running";
}

// exit() without handlers leaves no word. Where all threads that were in plugins were in one library, it is that one.
void suspect(CrashReport& report) {
  if (report.others.empty()) return;
  const std::string& sha256 = report.others.front().sha256;
  const bool one = std::ranges::all_of(report.others, [&](const PluginCall& call) { return call.sha256 == sha256; });
  if (!one) return;
  report.guilty = report.others.front();
  report.guilty_because = "no other library was running";
}

json::object to_json(const PluginCall& call) {
  return {{"thread", call.thread},     {"plugin", call.instance},       {"type", call.type},
          {"function", call.function}, {"generation", call.generation}, {"library", call.library},
          {"sha256", call.sha256}};
}

}  // namespace

std::string_view to_string(EndCause cause) {
  switch (cause) {
    case EndCause::Crash: return "crash";
    case EndCause::Hang: return "hang";
    case EndCause::Exit: return "exit";
    case EndCause::Killed: return "killed";
    case EndCause::Ended: break;
  }
  return "ended";
}

std::string CrashReport::reason() const {
  switch (cause) {
    case EndCause::Crash: {
      const char* name = sigabbrev_np(signal);
      return (name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name)) +
             (stack_overflow ? " (stack overflow)" : "");
    }
    case EndCause::Hang: return "a call that did not return";
    case EndCause::Exit:
      return guilty ? "a call that ended the process"
                    : "it ended with status " + std::to_string(WEXITSTATUS(status)) + " without being told to";
    case EndCause::Killed: return "a signal from outside";
    case EndCause::Ended: break;
  }
  return "an end that nobody had asked for";
}

std::string CrashReport::sentence() const {
  std::string out =
      "worker " + std::to_string(worker) + " (process " + std::to_string(process) + ") was lost: " + reason();
  if (!guilty) return out;
  out += " in " + guilty->function;
  if (!guilty->instance.empty()) out += " of plugin \"" + guilty->instance + "\" (" + guilty->type + ")";
  out += " from " + guilty->library;
  out += guilty->generation == 0 ? ", while a generation was being built"
                                 : ", generation " + std::to_string(guilty->generation);
  return out;
}

json::object CrashReport::to_json() const {
  json::object out{{"schema", 1},       {"cause", to_string(cause)}, {"reason", reason()},
                   {"time", time},      {"worker", worker},          {"process", process},
                   {"signal", signal},  {"status", status},          {"stack_overflow", stack_overflow},
                   {"address", address}};
  out["guilty"] = nullptr;
  if (guilty) {
    out["guilty"] = host::to_json(*guilty);
    out["guilty_because"] = guilty_because;
  }
  json::array calls;
  for (const PluginCall& call : others) calls.push_back(host::to_json(call));
  out["running"] = std::move(calls);
  out["bundle"] = bundle.empty() ? json::value(nullptr) : json::value(bundle);
  return out;
}

CrashReport examine(const WorkerPage& page, int status) {
  CrashReport report;
  report.time = now_text();
  report.status = status;
  report.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  report.others = running_calls(page.marks);
  const EndKind kind = page.end.complete.load() != 0 ? page.end.kind.load() : EndKind::None;
  switch (kind) {
    case EndKind::Signal: {
      const EndNote& note = page.end;
      report.cause = EndCause::Crash;
      report.signal = note.signal;
      report.address = note.address;
      const std::uint64_t distance = note.address > note.stack ? note.address - note.stack : note.stack - note.address;
      report.stack_overflow = note.signal == SIGSEGV && note.stack != 0 && distance < kNearStack;
      break;
    }
    case EndKind::Hang: report.cause = EndCause::Hang; break;
    case EndKind::Exit: report.cause = EndCause::Exit; break;
    case EndKind::Orderly: report.cause = EndCause::Ended; return report;
    case EndKind::None:
      report.cause = WIFEXITED(status)                                            ? EndCause::Exit
                     : std::ranges::find(kFaults, report.signal) != kFaults.end() ? EndCause::Crash
                                                                                  : EndCause::Killed;
      if (report.cause != EndCause::Killed) suspect(report);
      return report;
  }
  blame(report, page);
  return report;
}

}  // namespace shunt::host
