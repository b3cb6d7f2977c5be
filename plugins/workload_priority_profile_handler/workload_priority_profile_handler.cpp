// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/profile_handler.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Outcome;
using shunt::sdk::ProfileList;
using shunt::sdk::Request;
using shunt::sdk::View;

// The product, or the greatest number where it would be more.
std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max() : product;
}

class WorkloadPriorityProfileHandler {
 public:
  SHUNT_PLUGIN("workload-priority-profile-handler", "1.0.0",
               "Runs one of two profiles, by how urgent and how small the work of a request is")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "latencyCriticalProfile": {
      "type": "string", "minLength": 1, "default": "latency-critical",
      "description": "Profile of urgent and of small requests"
    },
    "throughputProfile": {
      "type": "string", "minLength": 1, "default": "throughput",
      "description": "Profile of all others"
    },
    "priority": {
      "type": "integer", "minimum": -2147483648, "maximum": 2147483647, "default": 1,
      "description": "Priority from which a request is urgent"
    },
    "deadlineMs": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 250,
      "description": "Deadline below which a request is urgent, in milliseconds after its arrival"
    },
    "inputBytes": {
      "type": "integer", "minimum": 0, "maximum": 9007199254740992, "default": 500000,
      "description": "Size of the input up to which a request is small"
    },
    "estimatedFlops": {
      "type": "number", "minimum": 0, "default": 1000000000,
      "description": "Floating point operations up to which a request is small"
    },
    "combinedBytes": {
      "type": "integer", "minimum": 0, "maximum": 9007199254740992, "default": 2000000,
      "description": "Size of the input times batch size up to which a request is small"
    },
    "batchSize": {
      "type": "integer", "minimum": 0, "maximum": 9007199254740992, "default": 4,
      "description": "Batch size up to which a request is small"
    }
  }
})";

  explicit WorkloadPriorityProfileHandler(Init& init)
      : priority_(static_cast<std::int32_t>(init.parameter("priority").number(1))),
        deadline_ns_(static_cast<std::int64_t>(init.parameter("deadlineMs").number(250) * 1e6)),
        input_bytes_(static_cast<std::uint64_t>(init.parameter("inputBytes").number(500'000))),
        flops_(init.parameter("estimatedFlops").number(1e9)),
        combined_bytes_(static_cast<std::uint64_t>(init.parameter("combinedBytes").number(2'000'000))),
        batch_size_(static_cast<std::uint64_t>(init.parameter("batchSize").number(4))),
        latency_critical_(profile(init, "latencyCriticalProfile", "latency-critical")),
        throughput_(profile(init, "throughputProfile", "throughput")) {}

  void pick_profiles(const Cycle& cycle, View, ProfileList& next) const {
    if (!cycle.results().empty()) return;
    const bool critical = why_critical(cycle.request()) != Why::Nothing;
    next.add(critical ? latency_critical_ : throughput_);
  }

  void process_results(const Cycle& cycle, View, Outcome& outcome) const {
    if (cycle.results().empty()) {
      outcome.reject(503, "no-profile", "no scheduling profile has run");
      return;
    }
    const Why why = why_critical(cycle.request());
    shunt::sdk::annotate(cycle, "workload_class", why == Why::Nothing ? "throughput" : "latency-critical");
    outcome.choose(0);
    outcome.reason(text_of(why));
  }

 private:
  // The first test that makes a request latency-critical.
  enum class Why { Nothing, Priority, Deadline, Input, Flops, Combined, Batch };

  Why why_critical(const Request& request) const {
    if (request.priority() >= priority_) return Why::Priority;
    if (const auto deadline = request.deadline_ns(); deadline && *deadline < deadline_ns_) return Why::Deadline;
    const auto size = request.input_bytes() ? request.input_bytes() : request.prompt_bytes();
    const std::uint64_t batch = request.batch_size().value_or(1);
    if (size && *size <= input_bytes_) return Why::Input;
    if (const auto flops = request.estimated_flops(); flops && *flops <= flops_) return Why::Flops;
    if (size && saturating_product(*size, batch) <= combined_bytes_) return Why::Combined;
    return batch <= batch_size_ ? Why::Batch : Why::Nothing;
  }

  static std::string_view text_of(Why why) {
    switch (why) {
      case Why::Priority: return "latency-critical: its priority";
      case Why::Deadline: return "latency-critical: its deadline is short";
      case Why::Input: return "latency-critical: its input is small";
      case Why::Flops: return "latency-critical: it takes few operations";
      case Why::Combined: return "latency-critical: input times batch is small";
      case Why::Batch: return "latency-critical: its batch is small";
      case Why::Nothing: break;
    }
    return "throughput: neither urgent nor small";
  }

  static std::uint32_t profile(Init& init, std::string_view parameter, std::string_view standard) {
    const std::string name = init.parameter(parameter).text(standard);
    const std::uint32_t index = init.profile(name);
    if (index != SHUNT_NONE) return index;
    std::string known;
    for (std::uint32_t i = 0; i < init.profile_count(); ++i) {
      known += (known.empty() ? "there are: " : ", ") + std::string(init.profile_name(i));
    }
    throw Error("parameter /" + std::string(parameter) + ": \"" + name + "\" is no scheduling profile; " +
                (known.empty() ? "there are none" : known));
  }

  std::int32_t priority_;
  std::int64_t deadline_ns_;
  std::uint64_t input_bytes_;
  double flops_;
  std::uint64_t combined_bytes_;
  std::uint64_t batch_size_;
  std::uint32_t latency_critical_;
  std::uint32_t throughput_;
};

}  // namespace

SHUNT_LIBRARY(WorkloadPriorityProfileHandler)
