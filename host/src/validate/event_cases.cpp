// SPDX-License-Identifier: Apache-2.0
// Observers and extractors: what happens off the request path.
#include <algorithm>
#include <new>
#include <shunt/sdk/text.hpp>

#include "case_catalog.hpp"

namespace shunt::validate {

namespace {

using testing::FakeCall;
using testing::Stage;

constexpr std::size_t kEventStride = sizeof(shunt_event) + 64;
constexpr std::uint32_t kEventTypes = SHUNT_EVENT_ATTEMPT_FAILED + 1;
constexpr std::int64_t kNow = 1'700'000'001'000'000'000;

bool is_request_event(std::uint32_t type) {
  return type <= SHUNT_EVENT_COMPLETED || type == SHUNT_EVENT_ATTEMPT_FAILED;
}

struct EventPlan {
  std::uint32_t type = 0;
  std::uint32_t endpoint = 0;
  std::uint32_t cause = SHUNT_CAUSE_NATURAL;
  bool bare = false;  // no optional number
};

// Delivers those of a plan that the instance wants, as one batch over `frame`'s request.
void deliver(CaseRun& run, Subject& subject, const Frame* frame, const std::vector<EventPlan>& plan,
             const std::string& step) {
  const auto* table = subject.table<shunt_observer_table>(SHUNT_OBSERVER_ID);
  if (table == nullptr || table->events == nullptr) return;
  std::vector<EventPlan> wanted;
  for (const EventPlan& one : plan) {
    if ((table->wants & SHUNT_EVENT_BIT(one.type)) != 0) wanted.push_back(one);
  }
  if (wanted.empty()) return;
  GuardedMemory memory;
  const auto bytes = memory.input<std::byte>("events", wanted.size() * kEventStride);
  std::ranges::fill(bytes, std::byte{0xc5});
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const EventPlan& one = wanted[i];
    auto& event = *new (bytes.data() + i * kEventStride) shunt_event{};
    event.size = sizeof event;
    event.type = one.type;
    event.time_ns = kNow + static_cast<std::int64_t>(i);
    event.profile = SHUNT_NONE;
    if (one.type < SHUNT_EVENT_MODEL_READY || one.type == SHUNT_EVENT_ATTEMPT_FAILED) {
      const std::string name = endpoint_name(one.endpoint);
      event.endpoint = subject.host().fake().know_endpoint(name);
      event.endpoint_name = {memory.text("event->endpoint_name", name), name.size()};
    } else {
      event.model = {memory.text("event->model", "model-1"), 7};
      event.ticket = 7;
    }
    if (!is_request_event(one.type) || frame == nullptr) continue;
    event.request = &frame->request();
    event.request_state = subject.known_request_state(frame->request().number);
    event.attempt = frame->request().attempt;
    event.profile = one.cause == SHUNT_CAUSE_REJECTED ? SHUNT_NONE : 0;
    if (one.type == SHUNT_EVENT_COMPLETED) event.cause = one.cause;
    if (one.bare) continue;
    event.present = (SHUNT_EVENT_DURATION << 1) - 1;
    event.http_status = 200;
    event.prompt_tokens = 900;
    event.cached_tokens = 400;
    event.output_tokens = 120;
    event.ttft_ns = 200'000'000;
    event.tpot_ns = 20'000'000;
    event.duration_ns = 3'000'000'000;
  }
  memory.protect(true);
  run.log().step("events() with " + step);
  FakeCall made(subject.instance(), Stage::Events);
  const PluginCall calling;
  table->events(subject.self(), made.handle(), reinterpret_cast<const shunt_event*>(bytes.data()),
                static_cast<std::uint32_t>(wanted.size()), static_cast<std::uint32_t>(kEventStride));
  if (!subject.request_states_intact()) {
    run.log().fail("events() wrote outside the request_state of a request",
                   "request_state is as large as create() asked for, and no larger.", "shunt/abi/host.h");
  }
}

// ---- pages

void extract(CaseRun& run, Subject& subject, const Frame& frame, const testing::DeclaredPage& page,
             std::string_view body, std::uint32_t http_status, bool must_have_text, const std::string& step) {
  const auto* table = subject.table<shunt_extractor_table>(SHUNT_EXTRACTOR_ID);
  if (table == nullptr) return;
  GuardedMemory memory;
  auto& raw = memory.structure<shunt_page>("shunt_page");
  raw = {};
  raw.size = sizeof raw;
  raw.http_status = http_status;
  raw.path = {memory.text("page->path", page.path), page.path.size()};
  if (http_status != 0) {
    raw.content_type = {memory.text("page->content_type", "text/plain"), 10};
    raw.body = {memory.text("page->body", body), body.size()};
  }
  const std::string name = endpoint_name(0);
  raw.endpoint_name = {memory.text("page->endpoint_name", name), name.size()};
  raw.endpoint = subject.host().fake().know_endpoint(name);
  raw.fetched_ns = kNow;
  raw.row = &frame.candidates();
  raw.port = page.port;
  memory.protect(true);
  run.log().step("extract() with " + step);
  FakeCall made(subject.instance(), Stage::Events);
  const PluginCall calling;
  const std::int32_t status = table->extract(subject.self(), made.handle(), &raw);
  if (status > SHUNT_OK) {
    run.log().fail("extract() returned the status " + std::to_string(status),
                   "A positive status that the function's comment does not name is a fault.", "shunt/abi/extractor.h");
  }
  if (status < SHUNT_OK && must_have_text && made.error.empty()) {
    run.log().fail("extract() returned the status " + std::to_string(status) + " and no text",
                   "A function that fails says why, with set_error().", "shunt/abi/base.h");
  }
}

const std::string& ordinary_page() {
  static const std::string kPage =
      "# HELP vllm:num_requests_waiting Waiting requests.\n# TYPE vllm:num_requests_waiting gauge\n"
      "vllm:num_requests_waiting{model_name=\"m\"} 3\nvllm:num_requests_running{model_name=\"m\"} 5\n"
      "vllm:kv_cache_usage_perc{model_name=\"m\"} 0.25\n"
      "vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"4096\"} 1\n"
      "vllm:lora_requests_info{max_lora=\"4\",running_lora_adapters=\"a,b\",waiting_lora_adapters=\"\"} 1700000000\n";
  return kPage;
}

template <class Use>
void with_pages(CaseRun& run, Use use) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  if (subject->declared().pages.empty()) {
    run.log().fail("create() asked for no page", "An extractor asks for its pages with shunt_host.fetch in create().",
                   "shunt/abi/extractor.h");
  }
  for (const Numbers numbers : {Numbers::Natural, Numbers::Absent}) {
    Scene scene = run.scene(1);
    scene.numbers = numbers;
    scene.request = RequestForm::Bare;
    Frame frame(*subject, scene);
    for (const testing::DeclaredPage& page : subject->declared().pages) use(*subject, frame, page);
  }
  run.judge_services(*subject);
}

}  // namespace

void case_events(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  const Scene scene = run.scene(4);
  Frame frame(*subject, scene);
  Calls(*subject, run.log()).request(frame);
  std::vector<EventPlan> all;
  for (std::uint32_t type = 0; type < kEventTypes; ++type) {
    if (type == SHUNT_EVENT_COMPLETED) continue;  // the last of a request
    all.push_back({type, type % 4, SHUNT_CAUSE_NATURAL, false});
    deliver(run, *subject, &frame, {all.back()}, "one event of type " + std::to_string(type));
  }
  all.push_back({SHUNT_EVENT_COMPLETED, 0, SHUNT_CAUSE_NATURAL, false});
  deliver(run, *subject, &frame, all, "one event of every type");
  subject->forget_request(scene.request_number);
  run.judge_services(*subject);
}

void case_unseen_requests(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const std::uint32_t cause : {1u, 2u, 3u, 4u, 5u, 99u}) {
    Scene scene = run.scene(2);
    scene.request = cause % 2 == 0 ? RequestForm::Bare : RequestForm::Usual;
    scene.request_number = 1000 + cause;
    Frame frame(*subject, scene);
    const std::string step = "a request that the instance has not seen, cause " + std::to_string(cause);
    deliver(run, *subject, &frame, {{SHUNT_EVENT_DISPATCHED, 0, cause, true}}, step);
    deliver(run, *subject, &frame, {{SHUNT_EVENT_FIRST_TOKEN, 0, cause, true}}, step);
    deliver(run, *subject, &frame, {{SHUNT_EVENT_COMPLETED, 0, cause, true}}, step);
  }
  std::vector<EventPlan> removed(500, EventPlan{SHUNT_EVENT_ENDPOINT_REMOVED, 0, 0, true});
  for (std::uint32_t i = 0; i < removed.size(); ++i) removed[i].endpoint = 5000 + i;
  deliver(run, *subject, nullptr, removed, "500 endpoints removed that were never seen");
}

void case_pages(CaseRun& run) {
  with_pages(run, [&](Subject& subject, const Frame& frame, const testing::DeclaredPage& page) {
    extract(run, subject, frame, page, ordinary_page(), 200, true, "an ordinary page");
    extract(run, subject, frame, page, "", 200, true, "an empty page");
    extract(run, subject, frame, page, "gone\n", 503, true, "an answer with HTTP status 503");
    if (page.failures) extract(run, subject, frame, page, "", 0, true, "a failed fetch");
  });
}

void case_odd_pages(CaseRun& run) {
  with_pages(run, [&](Subject& subject, const Frame& frame, const testing::DeclaredPage& page) {
    std::string noise;
    std::uint64_t state = run.job().seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 4096; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      noise += static_cast<char>(state >> 56);
    }
    extract(run, subject, frame, page, noise, 200, true, "4 KiB of noise");
    extract(run, subject, frame, page, std::string(std::size_t{1} << 20, '7'), 200, true, "1 MiB without a line end");
    for (std::size_t length = 0; length <= ordinary_page().size(); length += 7) {
      extract(run, subject, frame, page, ordinary_page().substr(0, length), 200, true,
              "a page that is cut off after " + std::to_string(length) + " bytes");
    }
    extract(run, subject, frame, page, "vllm:num_requests_waiting NaN\nvllm:num_requests_running +Inf\n", 200, true,
            "numbers that are not finite");
  });
}

}  // namespace shunt::validate
