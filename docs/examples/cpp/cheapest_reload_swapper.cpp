// SPDX-License-Identifier: Apache-2.0
// A swapper in C++: keeps one model, and makes one that is dear to load wait for nobody less important.
#include <shunt/sdk/swapper.hpp>
#include <string>

namespace {

using shunt::sdk::Init;
using shunt::sdk::Status;
using shunt::sdk::SwapPlan;
using shunt::sdk::SwapQuery;

class CheapestReloadSwapper {
 public:
  SHUNT_PLUGIN("cheapest-reload-swapper", "1.0.0", "Protects models that take long to load from less important ones")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "dearSeconds": { "type": "number", "minimum": 0, "default": 60,
                     "description": "seconds of loading from which a model is protected" }
  }
})";

  explicit CheapestReloadSwapper(Init& init)
      : dear_ns_(static_cast<std::int64_t>(init.parameter("dearSeconds").number(60) * 1e9)) {}

  // const, because it must be pure: it is asked again whenever something changes.
  Status eviction_for(const SwapQuery& query, SwapPlan& plan) const {
    for (std::size_t i = 0; i < query.running_count(); ++i) {
      const shunt_model& model = query.running(i);
      const std::string name(shunt::sdk::to_view(model.id));
      if (name == shunt::sdk::to_view(query.target().id)) continue;  // it may still be on its way out
      if ((model.flags & SHUNT_MODEL_PINNED) != 0) return plan.impossible(name + " is pinned");
      // Presence first: a cost of zero and an unknown cost are different things.
      const bool dear = (model.present & SHUNT_MODEL_LOAD_COST) != 0 && model.load_cost_ns >= dear_ns_;
      // Not now, but a changed world may give another answer: wait.
      if (dear && model.priority > query.target().priority) return plan.blocked(name + " is dear and more important");
      plan.evict(i);
    }
    return SHUNT_OK;
  }

 private:
  std::int64_t dear_ns_;
};

}  // namespace

SHUNT_LIBRARY(CheapestReloadSwapper)
