// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/swapper.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Parameter;
using shunt::sdk::Status;
using shunt::sdk::SwapPlan;
using shunt::sdk::SwapQuery;
using shunt::sdk::to_view;

struct Group {
  std::string name;
  bool swap;        // members replace each other
  bool exclusive;   // loading a member unloads other groups
  bool persistent;  // other groups cannot unload the members
};

// The group of models that no group lists; always the first.
constexpr std::size_t kDefaultGroup = 0;
constexpr const char* kDefaultName = "(default)";

class GroupSwapper {
 public:
  SHUNT_PLUGIN("group", "1.0.0",
               "Evicts by groups of models: siblings replace each other, exclusive groups unload the others")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "groups": {
      "type": "object", "default": {},
      "description": "Groups by name; models in none of them form the group (default), with the defaults below",
      "additionalProperties": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "swap": { "type": "boolean", "default": true, "description": "Loading a member unloads the other members" },
          "exclusive": {
            "type": "boolean", "default": true,
            "description": "Loading a member unloads the models of all other groups"
          },
          "persistent": {
            "type": "boolean", "default": false,
            "description": "Other groups cannot unload the members"
          },
          "members": {
            "type": "array", "default": [], "items": { "type": "string", "minLength": 1 },
            "description": "Model ids; a model belongs to at most one group"
          }
        }
      }
    }
  }
})";

  explicit GroupSwapper(Init& init) {
    groups_.push_back({kDefaultName, true, true, false});
    const Parameter groups = init.parameter("groups");
    for (const std::string& name : groups.keys()) {
      if (name == kDefaultName) {
        throw Error("parameter /groups: the name \"(default)\" is taken by the models that are in no group");
      }
      const Parameter one = groups[name];
      groups_.push_back({name, one["swap"].flag(true), one["exclusive"].flag(true), one["persistent"].flag(false)});
      add_members(one["members"]);
    }
  }

  Status eviction_for(const SwapQuery& query, SwapPlan& plan) const {
    const std::string_view target = to_view(query.target().id);
    const Group& own = group_of(target);
    for (std::size_t i = 0; i < query.running_count(); ++i) {
      const shunt_model& model = query.running(i);
      if (to_view(model.id) == target) continue;
      const Group& group = group_of(to_view(model.id));
      const bool is_sibling = &group == &own;
      if (is_sibling ? !own.swap : !own.exclusive || group.persistent) continue;
      if ((model.flags & SHUNT_MODEL_PINNED) != 0) return plan.impossible(pinned_text(own, to_view(model.id)));
      plan.evict(i);
    }
    return SHUNT_OK;
  }

  void on_swap_start(const SwapQuery& query, const shunt_swap_plan& plan, std::uint64_t ticket) {
    if (!query.logs(SHUNT_LOG_DEBUG)) return;
    const std::string_view target = to_view(query.target().id);
    std::string text = "swap " + std::to_string(ticket) + ": " + std::string(target) + " of group " +
                       group_of(target).name + " replaces";
    for (std::uint32_t i = 0; i < plan.n_victims; ++i) {
      text += i == 0 ? " " : ", ";
      text += to_view(query.running(plan.victims[i]).id);
    }
    query.log(SHUNT_LOG_DEBUG, plan.n_victims == 0 ? text + " nothing" : text);
  }

 private:
  void add_members(const Parameter& members) {
    const std::size_t group = groups_.size() - 1;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::string model = members[i].text("");
      const auto [at, is_new] = group_by_model_.emplace(model, group);
      if (is_new) continue;
      if (at->second == group) throw Error("parameter " + members.pointer() + " lists \"" + model + "\" twice");
      throw Error("model \"" + model + "\" is in two groups, \"" + groups_[at->second].name + "\" and \"" +
                  groups_[group].name + "\"");
    }
  }

  const Group& group_of(std::string_view model) const {
    const auto found = group_by_model_.find(model);
    return groups_[found == group_by_model_.end() ? kDefaultGroup : found->second];
  }

  static std::string pinned_text(const Group& group, std::string_view model) {
    return "group " + group.name + " would unload \"" + std::string(model) + "\", which is pinned";
  }

  std::vector<Group> groups_;
  std::map<std::string, std::size_t, std::less<>> group_by_model_;
};

}  // namespace

SHUNT_LIBRARY(GroupSwapper)
