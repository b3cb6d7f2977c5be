// SPDX-License-Identifier: Apache-2.0
// policy_handlers.hpp: the five policies as profile handlers.
#pragma once

#include "one_profile_handler.hpp"
#include "waiting_order.hpp"

namespace sagellm {

constexpr double kPrice = 1.0;  // of one accelerator per hour, where nobody states one
constexpr double kUrgencyThreshold = 0.7;
constexpr std::int32_t kHighPriority = 1;

// All requests alike: to the profile that balances load.
class FifoProfileHandler : public OneProfileHandler<FifoProfileHandler>, public OrdersByArrival<FifoProfileHandler> {
 public:
  SHUNT_PLUGIN("fifo-profile-handler", "1.0.0", "Runs one profile for all requests, as the FIFO policy of sageLLM does")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "balancedProfile": {
      "type": "string", "minLength": 1, "default": "balanced",
      "description": "Profile of all requests"
    }
  }
})";

  explicit FifoProfileHandler(shunt::sdk::Init& init)
      : OneProfileHandler(init, kPrice), balanced_(profile_of(init, "balancedProfile", "balanced")) {}
  Choice choose(const shunt::sdk::Cycle&) const { return {Policy::Fifo, balanced_}; }

 private:
  std::uint32_t balanced_;
};

// Important requests to the fastest instance.
class PriorityProfileHandler : public OneProfileHandler<PriorityProfileHandler>,
                               public OrdersByPriority<PriorityProfileHandler> {
 public:
  SHUNT_PLUGIN("priority-profile-handler", "1.0.0", "Runs a fast profile for important requests, else a balanced one")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "fastProfile": {
      "type": "string", "minLength": 1, "default": "fast",
      "description": "Profile of important requests"
    },
    "balancedProfile": {
      "type": "string", "minLength": 1, "default": "balanced",
      "description": "Profile of all others"
    },
    "highPriority": {
      "type": "integer", "minimum": -2147483648, "maximum": 2147483647, "default": 1,
      "description": "Priority from which a request is important"
    }
  }
})";

  explicit PriorityProfileHandler(shunt::sdk::Init& init)
      : OneProfileHandler(init, kPrice),
        fast_(profile_of(init, "fastProfile", "fast")),
        balanced_(profile_of(init, "balancedProfile", "balanced")),
        high_(static_cast<std::int32_t>(init.parameter("highPriority").number(kHighPriority))) {}
  Choice choose(const shunt::sdk::Cycle& cycle) const {
    return {Policy::Priority, cycle.request().priority() >= high_ ? fast_ : balanced_};
  }

 private:
  std::uint32_t fast_;
  std::uint32_t balanced_;
  std::int32_t high_;
};

// Requests whose deadline is near to the fastest instance.
class SloAwareProfileHandler : public OneProfileHandler<SloAwareProfileHandler>,
                               public OrdersByUrgency<SloAwareProfileHandler> {
 public:
  SHUNT_PLUGIN("slo-aware-profile-handler", "1.0.0", "Runs a fast profile for urgent requests, else a balanced one")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "fastProfile": {
      "type": "string", "minLength": 1, "default": "fast",
      "description": "Profile of urgent requests"
    },
    "balancedProfile": {
      "type": "string", "minLength": 1, "default": "balanced",
      "description": "Profile of all others"
    },
    "urgencyThreshold": {
      "type": "number", "minimum": 0, "maximum": 1, "default": 0.7,
      "description": "Share of its deadline above which a waiting request is urgent"
    }
  }
})";

  explicit SloAwareProfileHandler(shunt::sdk::Init& init)
      : OneProfileHandler(init, kPrice),
        fast_(profile_of(init, "fastProfile", "fast")),
        balanced_(profile_of(init, "balancedProfile", "balanced")),
        threshold_(init.parameter("urgencyThreshold").number(kUrgencyThreshold)) {}
  Choice choose(const shunt::sdk::Cycle& cycle) const {
    const double urgency = urgency_of(cycle);
    return {Policy::SloAware, urgency > threshold_ ? fast_ : balanced_, urgency};
  }

 private:
  std::uint32_t fast_;
  std::uint32_t balanced_;
  double threshold_;
};

// All requests to the cheapest instance.
class CostOptimizedProfileHandler : public OneProfileHandler<CostOptimizedProfileHandler>,
                                    public OrdersByBudget<CostOptimizedProfileHandler> {
 public:
  SHUNT_PLUGIN("cost-optimized-profile-handler", "1.0.0", "Runs a cheap profile for all requests and states their cost")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "costProfile": {
      "type": "string", "minLength": 1, "default": "cost",
      "description": "Profile of all requests"
    },
    "pricePerGpuHour": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 1,
      "description": "Price of one accelerator per hour at endpoints that do not state theirs"
    }
  }
})";

  explicit CostOptimizedProfileHandler(shunt::sdk::Init& init)
      : OneProfileHandler(init, init.parameter("pricePerGpuHour").number(kPrice)),
        cost_(profile_of(init, "costProfile", "cost")) {}
  Choice choose(const shunt::sdk::Cycle&) const { return {Policy::CostOptimized, cost_}; }

 private:
  std::uint32_t cost_;
};

// One of the others, by what waits and by the load of the pool.
class AdaptiveProfileHandler : public OneProfileHandler<AdaptiveProfileHandler>,
                               public OrdersByPriority<AdaptiveProfileHandler> {
 public:
  SHUNT_PLUGIN("adaptive-profile-handler", "1.0.0",
               "Changes between priority, SLO-aware and cost-optimized, by waiting requests and load")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "fastProfile": {
      "type": "string", "minLength": 1, "default": "fast",
      "description": "Profile of important and of urgent requests"
    },
    "balancedProfile": {
      "type": "string", "minLength": 1, "default": "balanced",
      "description": "Profile of the others"
    },
    "costProfile": {
      "type": "string", "minLength": 1, "default": "cost",
      "description": "Profile of all requests while the pool has little to do"
    },
    "highPriority": {
      "type": "integer", "minimum": -2147483648, "maximum": 2147483647, "default": 1,
      "description": "Priority from which a request is important"
    },
    "urgencyThreshold": {
      "type": "number", "minimum": 0, "maximum": 1, "default": 0.7,
      "description": "Share of its deadline above which a waiting request is urgent"
    },
    "highLoad": {
      "type": "number", "minimum": 0, "maximum": 1, "default": 0.8,
      "description": "Mean load above which deadlines are said to be in danger"
    },
    "lowLoad": {
      "type": "number", "minimum": 0, "maximum": 1, "default": 0.3,
      "description": "Mean load below which cost counts"
    },
    "pricePerGpuHour": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 1,
      "description": "Price of one accelerator per hour at endpoints that do not state theirs"
    }
  }
})";

  explicit AdaptiveProfileHandler(shunt::sdk::Init& init)
      : OneProfileHandler(init, init.parameter("pricePerGpuHour").number(kPrice)),
        fast_(profile_of(init, "fastProfile", "fast")),
        balanced_(profile_of(init, "balancedProfile", "balanced")),
        cost_(profile_of(init, "costProfile", "cost")),
        high_priority_(static_cast<std::int32_t>(init.parameter("highPriority").number(kHighPriority))),
        urgency_threshold_(init.parameter("urgencyThreshold").number(kUrgencyThreshold)),
        high_load_(init.parameter("highLoad").number(0.8)),
        low_load_(init.parameter("lowLoad").number(0.3)) {}

  Choice choose(const shunt::sdk::Cycle& cycle) const {
    const shunt::sdk::Request request = cycle.request();
    const shunt_queue_stats& queue = cycle.queue();
    const shunt_pool_stats& pool = cycle.pool();
    // A load that nobody knows is neither high nor low.
    const bool load_known = (pool.present & SHUNT_POOL_MEAN_LOAD) != 0;
    const bool important = request.priority() >= high_priority_;
    if (important || (queue.waiting > 0 && queue.highest_priority >= high_priority_)) {
      return {.policy = Policy::Priority,
              .profile = important ? fast_ : balanced_,
              .adaptive_reason = "high priority requests detected"};
    }
    const bool deadlines = request.deadline_ns().has_value() || queue.any_deadline != 0;
    if (deadlines && load_known && pool.mean_load > high_load_)
      return by_deadline(cycle, "SLO requests under high load");
    if (load_known && pool.mean_load < low_load_) {
      return {.policy = Policy::CostOptimized, .profile = cost_, .adaptive_reason = "low load, optimizing for cost"};
    }
    return by_deadline(cycle, "default SLO-aware scheduling");
  }

 private:
  Choice by_deadline(const shunt::sdk::Cycle& cycle, std::string_view reason) const {
    const double urgency = urgency_of(cycle);
    return {.policy = Policy::SloAware,
            .profile = urgency > urgency_threshold_ ? fast_ : balanced_,
            .urgency = urgency,
            .adaptive_reason = reason};
  }

  std::uint32_t fast_;
  std::uint32_t balanced_;
  std::uint32_t cost_;
  std::int32_t high_priority_;
  double urgency_threshold_;
  double high_load_;
  double low_load_;
};

}  // namespace sagellm
