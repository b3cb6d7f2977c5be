// SPDX-License-Identifier: Apache-2.0
#include "admin/schedule_answer.hpp"

#include <shunt/framework/decision_json.hpp>
#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/document.hpp>
#include <shunt/framework/live_counters.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "admin/asked_generation.hpp"
#include "field_reader.hpp"
#include "request_reader.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 4> kBatchKeys = {"requests", "assume", "explain", "fallbacks"};
constexpr std::uint32_t kMostFallbacks = 64;

// What the body asks for.
struct Order {
  std::vector<Request> requests;
  bool batch = false;
  bool assume = false;
  bool explain = false;
  std::uint32_t fallbacks = 0;
};

void read_one(const InputFile& input, const json::value& value, const std::string& pointer, Order& order) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    input.error(pointer, At::Value, "E211", "a request must be an object, found " + describe(value));
    return;
  }
  Request request;
  if (read_request(input, *object, pointer, request)) order.requests.push_back(std::move(request));
}

void read_list(const InputFile& input, const json::array& list, const std::string& pointer, Order& order) {
  order.batch = true;
  for (std::size_t i = 0; i < list.size() && i <= ScheduleAnswer::kMostRequests; ++i) {
    read_one(input, list[i], child_pointer(pointer, i), order);
  }
}

void read_order(const InputFile& input, Order& order) {
  const json::value& root = input.document.root();
  if (const json::array* list = root.if_array()) return read_list(input, *list, "", order);
  const json::object* object = root.if_object();
  if (object == nullptr || !object->contains("requests")) return read_one(input, root, "", order);
  const FieldReader reader(input, *object, "", "the body");
  reader.allow(kBatchKeys);
  order.assume = reader.flag("assume").value_or(false);
  order.explain = reader.flag("explain").value_or(false);
  order.fallbacks = static_cast<std::uint32_t>(reader.number("fallbacks", 0, kMostFallbacks).value_or(0.0));
  if (const json::array* list = reader.list("requests")) read_list(input, *list, "/requests", order);
}

AdminResponse refuse(const Diagnostics& diagnostics) {
  AdminResponse response = json_response({{"error", json::object{{"code", "bad-requests"},
                                                                 {"message", diagnostics.summary()},
                                                                 {"problems", to_json(diagnostics)}}}},
                                         400);
  return response;
}

}  // namespace

// The decisions of one call. What is assumed is taken back at its end.
class ScheduleAnswer::Call {
 public:
  // `canary`: what decides instead of the current generation; nullptr: nothing does.
  Call(ScheduleAnswer& of, const Order& order, std::shared_ptr<const Generation> canary)
      : of_(of),
        order_(order),
        canary_(std::move(canary)),
        worker_(of.host_.scheduler(), canary_),
        picture_(of.host_.keeper().pictures().current()) {
    if (canary_ != nullptr) options_.generation = &canary_;
    options_.fallbacks = order.fallbacks;
    options_.scores = true;
    options_.trace = order.explain;
    options_.count = false;
    options_.breakers = BreakerUse::Heed;
    if (picture_->routable) options_.subset = *picture_->routable;
  }
  ~Call() {
    for (const auto& [slot, tokens] : assumed_) count(slot, -1, -tokens);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  std::string decide(Request& request) {
    options_.now_ns = of_.host_.clock().now_ns();
    request.arrival_ns = options_.now_ns;
    request.number = of_.number_++;
    const Snapshot& snapshot = *picture_->snapshot;
    Decision& decision = of_.decision_;
    std::shared_ptr<const Generation> generation;
    do {
      generation = canary_ != nullptr ? canary_ : of_.host_.scheduler().current();
      of_.host_.scheduler().schedule(worker_, snapshot, request, options_, decision);
    } while (decision.generation != generation->number() && canary_ == nullptr &&
             generation != of_.host_.scheduler().current());
    (decision.dispatched() ? of_.dispatched_ : of_.rejected_).fetch_add(1, std::memory_order_relaxed);
    if (order_.assume && decision.dispatched()) assume(decision.picks.front(), request);
    return decision_to_json(decision, request, snapshot, *generation, {.trace = order_.explain});
  }

 private:
  void assume(std::uint32_t row, const Request& request) {
    const std::uint32_t slot = picture_->snapshot->live_slot(row);
    const auto tokens = static_cast<std::int64_t>(std::min<std::uint64_t>(request.prompt_tokens.value_or(0), 1u << 30));
    count(slot, 1, tokens);
    assumed_.emplace_back(slot, tokens);
  }
  void count(std::uint32_t slot, std::int64_t requests, std::int64_t tokens) {
    of_.host_.keeper().live().add(slot, requests, tokens);
  }

  ScheduleAnswer& of_;
  const Order& order_;
  const std::shared_ptr<const Generation> canary_;
  Scheduler::Worker worker_;  // of this call: one that lives on would keep its generation alive
  std::shared_ptr<const PoolPicture> picture_;
  ScheduleOptions options_;
  std::vector<std::pair<std::uint32_t, std::int64_t>> assumed_;
};

AdminResponse ScheduleAnswer::answer(const AdminRequest& request) {
  if (const auto generation = host_.scheduler().current(); generation == nullptr || !generation->can_decide()) {
    return error_response(409, "nothing-to-decide", "the config has no profile that decides");
  }
  Diagnostics diagnostics;
  const auto document = Document::parse("<body>", request.body, DocumentFormat::Json, diagnostics);
  Order order;
  if (document) read_order({*document, diagnostics}, order);
  if (diagnostics.has_errors()) return refuse(diagnostics);
  if (order.requests.size() > kMostRequests) {
    return error_response(413, "too-many-requests",
                          "one call takes at most " + std::to_string(kMostRequests) + " requests");
  }
  order.explain = order.explain || request.flag("explain");
  order.assume = order.assume || request.flag("assume");
  if (const std::string_view text = request.parameter("fallbacks"); !text.empty()) {
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), order.fallbacks);
    if (wrong != std::errc{} || end != text.data() + text.size() || order.fallbacks > kMostFallbacks) {
      return error_response(400, "bad-parameter",
                            "fallbacks is a whole number up to " + std::to_string(kMostFallbacks));
    }
  }
  std::shared_ptr<const Generation> canary;
  if (request.flag("canary")) {
    canary = asked_generation(host_, request);
    if (canary == nullptr) return no_canary();
  }
  Call call(*this, order, std::move(canary));
  if (!order.batch) return text_response(call.decide(order.requests.front()));
  std::string out = "{\"schema\":1,\"decisions\":[";
  for (std::size_t i = 0; i < order.requests.size(); ++i) {
    out.append(i == 0 ? "\n" : ",\n").append(call.decide(order.requests[i]));
  }
  return text_response(out + "\n]}\n");
}

}  // namespace shunt::host
