// SPDX-License-Identifier: Apache-2.0
#include "probe_host.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <shunt/sdk/text.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allocation_probe.hpp"

namespace shunt::validate {

namespace {

using testing::FakeCall;

// The kit's own functions, behind those that are put in front of them. They find their host by the address of its table.
const shunt_host& services() {
  static const shunt_host kTable = testing::FakeHost().table();
  return kTable;
}

// The kit's host is for one thread; the real one is not.
std::recursive_mutex g_services;
ServiceNotes g_notes;  // of the one host of this process that is in use

std::atomic<bool> g_exception_came_out{false};

thread_local int t_calls = 0;          // into the plugin, on this thread
thread_local bool t_counting = false;  // allocations, in the current call
thread_local int t_services = 0;       // that are running on this thread

// Stands around each service: what it allocates is the host's own.
class Service {
 public:
  Service() : lock_(g_services) {
    if (t_services++ == 0 && t_counting) arm_allocation_probe(false);
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() {
    if (--t_services == 0 && t_counting) arm_allocation_probe(true);
  }

 private:
  std::lock_guard<std::recursive_mutex> lock_;
};

void note_once(std::vector<std::string>& notes, std::string text) {
  if (notes.size() < 32 && std::ranges::find(notes, text) == notes.end()) notes.push_back(std::move(text));
}

template <auto member, class Answer, class... Given>
Answer guarded(Given... given) {
  const Service running;
  if (t_calls == 0) note_once(g_notes.misused, "a service was used on a thread that the host had not called");
  return (services().*member)(given...);
}
template <auto member, class Answer, class... Given>
void guard(shunt_host& table, Answer (*shunt_host::*)(Given...)) {
  table.*member = &guarded<member, Answer, Given...>;
}

// Writes of data whose refusal the plugin should never see: it breaks a rule or loses an answer.
template <auto member>
struct Watched;
template <class... Given, std::int32_t (*shunt_host::*member)(shunt_ctx*, Given...)>
struct Watched<member> {
  static inline const char* name = "";
  static std::int32_t call(shunt_ctx* ctx, Given... given) {
    const Service running;
    if (t_calls == 0) note_once(g_notes.misused, "a service was used on a thread that the host had not called");
    const std::string before = std::exchange(FakeCall::of(ctx).error, std::string());
    const std::int32_t status = (services().*member)(ctx, given...);
    if (status < 0) {
      note_once(g_notes.refused, std::string(name) + "() was refused: " + FakeCall::of(ctx).error);
    } else {
      FakeCall::of(ctx).error = before;
    }
    return status;
  }
};
template <auto member>
void watch(shunt_host& table, const char* name) {
  Watched<member>::name = name;
  table.*member = &Watched<member>::call;
}

void log(shunt_ctx* ctx, std::uint32_t level, shunt_str text) {
  const Service running;
  if (t_calls == 0) note_once(g_notes.misused, "log() was used on a thread that the host had not called");
  if (testing::is_hot(FakeCall::of(ctx).stage)) ++g_notes.hot_log_lines;
  services().log(ctx, level, text);
}

std::int32_t profile(shunt_init* init, shunt_str name, std::uint32_t* index) {
  const Service running;
  const std::int32_t status = services().profile(init, name, index);
  if (status == SHUNT_NOT_FOUND) note_once(g_notes.missing_profiles, std::string(sdk::to_view(name)));
  return status;
}

std::int32_t peer(shunt_init* init, shunt_str ref, shunt_str id, const void** table, void** self, std::uint32_t* slot) {
  const Service running;
  const std::int32_t status = services().peer(init, ref, id, table, self, slot);
  if (status == SHUNT_NOT_FOUND) {
    note_once(g_notes.missing_peers, "\"" + std::string(sdk::to_view(ref)) + "\" for " + std::string(sdk::to_view(id)));
  }
  return status;
}

}  // namespace

#define SHUNT_GUARD(name) guard<&shunt_host::name>(table, &shunt_host::name)
#define SHUNT_WATCH(name) watch<&shunt_host::name>(table, #name)

ProbeHost::ProbeHost() {
  {
    const std::lock_guard lock(g_services);
    g_notes = {};
  }
  // The host is no constant object; only its accessor says so.
  shunt_host& table = const_cast<shunt_host&>(fake_.table());
  SHUNT_GUARD(extension);
  SHUNT_GUARD(column);
  SHUNT_GUARD(membership);
  SHUNT_GUARD(value);
  SHUNT_GUARD(output);
  SHUNT_GUARD(output_value);
  SHUNT_GUARD(scratch);
  SHUNT_GUARD(request_state);
  SHUNT_GUARD(profile_count);
  SHUNT_GUARD(profile_name);
  SHUNT_GUARD(parameter);
  SHUNT_GUARD(parameter_key);
  SHUNT_GUARD(intern);
  SHUNT_GUARD(metric);
  SHUNT_GUARD(fetch);
  SHUNT_GUARD(set_error);
  SHUNT_GUARD(log_level);
  SHUNT_GUARD(call_alloc);
  SHUNT_GUARD(find_symbol);
  SHUNT_GUARD(symbol_text);
  SHUNT_GUARD(endpoint_key);
  SHUNT_GUARD(hash);
  SHUNT_GUARD(hash_blocks);
  SHUNT_GUARD(metric_add);
  SHUNT_GUARD(metric_set);
  SHUNT_GUARD(peer_call);
  SHUNT_WATCH(set_value);
  SHUNT_WATCH(annotate);
  SHUNT_WATCH(set_picks);
  SHUNT_WATCH(put_number);
  SHUNT_WATCH(put_flag);
  SHUNT_WATCH(put_text);
  SHUNT_WATCH(put_set);
  SHUNT_WATCH(put_absent);
  SHUNT_WATCH(retire);
  table.log = &log;
  table.profile = &profile;
  table.peer = &peer;
}

ServiceNotes ProbeHost::take_notes() {
  const std::lock_guard lock(g_services);
  ServiceNotes notes = std::exchange(g_notes, {});
  for (const std::string& sentence : fake_.misuses()) note_once(notes.misused, sentence);
  return notes;
}

PluginCall::PluginCall(bool count_allocations) : exceptions_(std::uncaught_exceptions()) {
  ++t_calls;
  t_counting = count_allocations;
  if (count_allocations) arm_allocation_probe(true);
}

bool PluginCall::let_an_exception_out() { return g_exception_came_out; }

PluginCall::~PluginCall() {
  if (std::uncaught_exceptions() > exceptions_) g_exception_came_out = true;
  if (t_counting) arm_allocation_probe(false);
  t_counting = false;
  --t_calls;
}

}  // namespace shunt::validate
