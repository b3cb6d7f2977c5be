// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/request_ordering.hpp>

#include "runtime/call_context.hpp"
#include "runtime/generation_plan.hpp"
#include "runtime/reclaimer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace shunt {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
constexpr double kLast = std::numeric_limits<double>::infinity();

struct Waiting {
  std::size_t position = 0;
  std::int64_t arrival_ns = 0;
  std::int32_t band = 0;
  std::uint64_t flow = 0;
  double key = 0.0;

  auto rank() const { return std::tuple(key, arrival_ns, position); }
};

template <class Number>
double number_or_nan(const std::optional<Number>& number) {
  return number ? static_cast<double>(*number) : kAbsent;
}

// The requests of one flow, in their order, and those that have had their turn.
struct FlowQueue {
  std::vector<const Waiting*> waiting;
  std::vector<std::int64_t> oldest_wait_ns;  // of this one and all behind it
  std::size_t next = 0;
};

// Columns of the requests of one band, in order of arrival.
struct QueueColumns {
  std::vector<std::uint64_t> number, flow;
  std::vector<std::int64_t> arrival_ns;
  std::vector<double> priority, deadline_ns, cost_budget, max_tokens, prompt_tokens;

  void add(const Request& request, const Waiting& waiting) {
    number.push_back(request.number);
    flow.push_back(waiting.flow);
    arrival_ns.push_back(request.arrival_ns);
    priority.push_back(number_or_nan(request.priority));
    deadline_ns.push_back(number_or_nan(request.deadline_ns));
    cost_budget.push_back(number_or_nan(request.cost_budget));
    max_tokens.push_back(number_or_nan(request.max_tokens));
    prompt_tokens.push_back(number_or_nan(request.prompt_tokens));
  }
  shunt_queue_view view(std::int64_t now_ns) const {
    return {sizeof(shunt_queue_view),
            static_cast<std::uint32_t>(number.size()),
            now_ns,
            number.data(),
            arrival_ns.data(),
            priority.data(),
            deadline_ns.data(),
            cost_budget.data(),
            max_tokens.data(),
            prompt_tokens.data(),
            flow.data(),
            nullptr};
  }
};

Instance* policy_of(const Generation& generation) {
  const GenerationPlan& plan = generation.plan();
  if (plan.handler != SHUNT_NONE && plan.instances[plan.handler].instance->ordering != nullptr) {
    return plan.instances[plan.handler].instance;
  }
  const auto found =
      std::ranges::find_if(generation.instances(), [](const auto& instance) { return instance->ordering != nullptr; });
  return found == generation.instances().end() ? nullptr : found->get();
}

class Ordering {
 public:
  Ordering(const Generation& generation, std::span<Request> requests, std::int64_t now_ns)
      : policy_(policy_of(generation)), generation_(generation.number()), requests_(requests), now_ns_(now_ns) {
    if (policy_ != nullptr) order_.policy = policy_->name();
  }

  RequestOrder run() {
    for (std::size_t position = 0; position < requests_.size(); ++position) waiting_.push_back(place(position));
    std::ranges::stable_sort(waiting_, [](const Waiting& a, const Waiting& b) {
      return std::tuple(-std::int64_t{a.band}, a.arrival_ns) < std::tuple(-std::int64_t{b.band}, b.arrival_ns);
    });
    for (auto begin = waiting_.begin(); begin != waiting_.end();) {
      const auto end = std::find_if(begin, waiting_.end(), [&](const Waiting& one) { return one.band != begin->band; });
      order_band({begin, end});
      begin = end;
    }
    return std::move(order_);
  }

 private:
  template <class Call>
  bool ask(PluginFunction function, const Call& call) {
    const Reclaimer::Call running;
    const std::lock_guard lock(policy_->serial_mutex);
    const auto ctx = std::make_unique<shunt_ctx>();
    ctx->begin(*policy_, kMayRetire);
    const CallMark mark(policy_->mark(), function, generation_);
    if (call(*ctx) == SHUNT_OK) return true;
    fault(ctx->error_text());
    return false;
  }

  void fault(std::string_view said) {
    if (order_.faults++ == 0) order_.problem = said.empty() ? "it gave no reason" : std::string(said);
  }

  Waiting place(std::size_t position) {
    Request& request = requests_[position];
    const Waiting usual{position, request.arrival_ns, request.priority.value_or(0), 0, 0.0};
    if (policy_ == nullptr) return usual;
    Waiting answer = usual;
    const shunt_request& sealed = request.seal();
    if (!ask(PluginFunction::Classify, [&](shunt_ctx& ctx) {
          return policy_->ordering->classify(policy_->self(), &ctx, &sealed, &answer.band, &answer.flow, &answer.key);
        })) {
      return usual;
    }
    check(answer.key);
    return answer;
  }

  void check(double& key) {
    if (std::isfinite(key)) return;
    fault("a key is not finite");
    key = kLast;
  }

  void order_band(std::span<Waiting> band) {
    rekey(band);
    std::ranges::sort(band, [](const Waiting& a, const Waiting& b) { return a.rank() < b.rank(); });
    if (policy_ == nullptr || policy_->ordering->next_flow == nullptr) {
      for (const Waiting& one : band) order_.positions.push_back(one.position);
    } else {
      take_turns(band);
    }
  }

  void rekey(std::span<Waiting> band) {
    if (policy_ == nullptr || policy_->ordering->rekey == nullptr) return;
    QueueColumns columns;
    for (const Waiting& one : band) columns.add(requests_[one.position], one);
    const shunt_queue_view view = columns.view(now_ns_);
    std::vector<double> keys(band.size(), kAbsent);
    if (!ask(PluginFunction::Rekey,
             [&](shunt_ctx& ctx) { return policy_->ordering->rekey(policy_->self(), &ctx, &view, keys.data()); })) {
      return;
    }
    for (std::size_t i = 0; i < band.size(); ++i) {
      check(keys[i]);
      band[i].key = keys[i];
    }
  }

  void take_turns(std::span<const Waiting> band) {
    std::vector<FlowQueue> queues;
    std::vector<shunt_flow> told;  // parallel
    std::unordered_map<std::uint64_t, std::size_t> known;
    for (const Waiting& one : band) {
      const auto [found, is_new] = known.try_emplace(one.flow, queues.size());
      if (is_new) {
        queues.emplace_back();
        told.push_back({sizeof(shunt_flow), 0, one.flow, 0, 0, 0.0, 0.0});
      }
      queues[found->second].waiting.push_back(&one);
      queues[found->second].oldest_wait_ns.push_back(std::max<std::int64_t>(0, now_ns_ - one.arrival_ns));
      ++told[found->second].waiting;
    }
    for (std::size_t flow = 0; flow < queues.size(); ++flow) {
      auto& oldest = queues[flow].oldest_wait_ns;
      for (std::size_t i = oldest.size() - 1; i-- > 0;) oldest[i] = std::max(oldest[i], oldest[i + 1]);
      told[flow].oldest_wait_ns = oldest.front();
    }
    while (!told.empty()) {
      const std::size_t chosen = choose(told);
      FlowQueue& queue = queues[chosen];
      const Waiting& next = *queue.waiting[queue.next++];
      const Request& request = requests_[next.position];
      order_.positions.push_back(next.position);
      shunt_flow& flow = told[chosen];
      flow.served_tokens +=
          static_cast<double>(request.prompt_tokens.value_or(0)) + static_cast<double>(request.max_tokens.value_or(0));
      flow.served_requests += 1.0;
      if (--flow.waiting == 0) {
        queues.erase(queues.begin() + static_cast<std::ptrdiff_t>(chosen));
        told.erase(told.begin() + static_cast<std::ptrdiff_t>(chosen));
      } else {
        flow.oldest_wait_ns = queue.oldest_wait_ns[queue.next];
      }
    }
  }

  std::size_t choose(const std::vector<shunt_flow>& told) {
    std::uint32_t pick = SHUNT_NONE;
    const bool answered = ask(PluginFunction::NextFlow, [&](shunt_ctx& ctx) {
      return policy_->ordering->next_flow(policy_->self(), &ctx, told.data(), static_cast<std::uint32_t>(told.size()),
                                          sizeof(shunt_flow), &pick);
    });
    if (answered && pick < told.size()) return pick;
    if (answered) fault("it chose a flow that does not exist");
    return static_cast<std::size_t>(std::ranges::max_element(told, {}, &shunt_flow::oldest_wait_ns) - told.begin());
  }

  Instance* policy_;
  std::uint64_t generation_;
  std::span<Request> requests_;
  std::int64_t now_ns_;
  std::vector<Waiting> waiting_;
  RequestOrder order_;
};

}  // namespace

RequestOrder order_requests(const Generation& generation, std::span<Request> requests, std::int64_t now_ns) {
  return Ordering(generation, requests, now_ns).run();
}

}  // namespace shunt
