// SPDX-License-Identifier: Apache-2.0
#include "runtime/generation_plan.hpp"

#include <shunt/framework/suggest.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <unordered_map>

namespace shunt {
namespace {

using Instances = std::vector<std::shared_ptr<Instance>>;

std::optional<AttributeType> attribute_type(std::uint32_t column_type) {
  switch (column_type) {
    case SHUNT_COLUMN_NUMBER: return AttributeType::Number;
    case SHUNT_COLUMN_FLAG: return AttributeType::Flag;
    case SHUNT_COLUMN_SYMBOL: return AttributeType::Name;
    case SHUNT_COLUMN_SET:
    case SHUNT_COLUMN_SET_SIZE:
    case SHUNT_COLUMN_MEMBERSHIP: return AttributeType::Set;
    default: return std::nullopt;
  }
}

std::string_view type_word(std::uint32_t column_type) {
  return to_string(attribute_type(column_type).value_or(AttributeType::Number));
}

// Calls visit(instance, name) for every column, or every value, that is written.
template <class Visit>
void for_each_write(const Instances& instances, bool value, Visit&& visit) {
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (value) {
      for (const ValueWrite& write : instances[i]->value_outputs) visit(i, write.name);
    } else {
      for (const ColumnWrite& write : instances[i]->request_outputs) visit(i, write.name);
      for (const ColumnWrite& write : instances[i]->endpoint_outputs) visit(i, write.name);
    }
  }
}

bool means(std::string_view written, std::string_view wanted) {
  return written.size() > wanted.size() + 1 && written.ends_with(wanted) &&
         written[written.size() - wanted.size() - 1] == '/';
}

// Columns with which the host itself fills every snapshot and cycle.
bool is_host_column(std::string_view name) {
  return name == "in_flight" || name == "in_flight_tokens" || name.starts_with(kLabelPrefix) ||
         name.starts_with(kEndpointPrefix);
}

class PlanBinder {
 public:
  PlanBinder(const Config& config, const Instances& instances, AttributeStage& attributes, GenerationPlan& plan,
             Diagnostics& diagnostics)
      : config_(config), instances_(instances), attributes_(attributes), plan_(plan), diagnostics_(diagnostics) {
    for (std::uint32_t i = 0; i < instances_.size(); ++i) by_name_.emplace(instances_[i]->name(), i);
  }

  void bind() {
    check_single_writers();
    bind_outputs();
    for (std::size_t i = 0; i < instances_.size(); ++i) bind_reads(i);
    bind_peers();
    for (std::size_t i = 0; i < instances_.size(); ++i) check_can_write(i);
    order_producers();
    bind_profiles();
    plan_.handler_rounds = config_.limits.handler_rounds;
    plan_.budget_ns = std::uint64_t{config_.limits.plugin_budget_microseconds} * 1000;
    plan_.breaker = config_.limits.breaker;
  }

 private:
  void diagnose(std::size_t instance, std::string_view code, std::string message, std::string suggestion = {}) {
    diagnostics_.add(config_.diagnose(config_.plugins[instance].pointer, At::Value, code, std::move(message),
                                      std::move(suggestion)));
  }

  void check_single_writers() {
    for (const bool value : {false, true}) {
      std::vector<std::pair<std::string, std::size_t>> seen;
      for_each_write(instances_, value, [&](std::size_t i, const std::string& name) {
        if (!value && is_host_column(name)) {
          diagnose(i, "C507", "\"" + instances_[i]->name() + "\" writes " + name + ", which shunt itself writes");
          return;
        }
        const auto other = std::ranges::find(seen, name, [](const auto& entry) { return entry.first; });
        if (other == seen.end()) {
          seen.emplace_back(name, i);
        } else if (other->second != i) {
          diagnose(
              i, "C507",
              "both \"" + instances_[other->second]->name() + "\" and \"" + instances_[i]->name() + "\" write " + name);
        }
      });
    }
  }

  // An output that its instance is never asked for would satisfy readers and stay absent for ever. A peer sets values with
  // the permissions of the instance that calls it.
  void check_can_write(std::size_t i) {
    const Instance& instance = *instances_[i];
    const auto refuse = [&](const std::string& what, std::string_view offers) {
      diagnose(i, "C513",
               "\"" + instance.name() + "\" declares " + what + ", but can never write it: it offers no " +
                   std::string(offers));
    };
    if (!instance.request_outputs.empty() && instance.producer == nullptr) {
      refuse("the output " + instance.request_outputs.front().name + " of requests", SHUNT_PRODUCER_ID);
    }
    const auto may_set = [](const Instance& one) { return one.producer != nullptr || one.profile_handler != nullptr; };
    const auto is_asked = [&](std::size_t caller) {
      return may_set(*instances_[caller]) && std::ranges::binary_search(reached_[caller], i);
    };
    if (!instance.value_outputs.empty() && !may_set(instance) &&
        std::ranges::none_of(std::views::iota(std::size_t{0}, instances_.size()), is_asked)) {
      refuse("the value " + instance.value_outputs.front().name, SHUNT_PRODUCER_ID " and no " SHUNT_PROFILE_HANDLER_ID);
    }
    const bool hears = instance.observer != nullptr && instance.observer->events != nullptr;
    if (!instance.endpoint_outputs.empty() && instance.extractor == nullptr && !hears) {
      refuse("the output " + instance.endpoint_outputs.front().name + " of endpoints",
             SHUNT_EXTRACTOR_ID " and no " SHUNT_OBSERVER_ID " with events()");
    }
  }

  void bind_outputs() {
    plan_.instances.resize(instances_.size());
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      Instance& instance = *instances_[i];
      PlanInstance& bound = plan_.instances[i];
      bound.instance = &instance;
      bound.on_error = config_.plugins[i].on_error;
      bound.state_offset = plan_.state_bytes;
      plan_.state_bytes += (instance.request_state_bytes + 15) / 16 * 16;
      plan_.scratch_bytes = std::max(plan_.scratch_bytes, instance.scratch_bytes);
      for (const ColumnWrite& write : instance.request_outputs) {
        bound.outputs.push_back(static_cast<std::uint32_t>(plan_.outputs.size()));
        plan_.outputs.push_back({write.name, write.type});
      }
      for (const ValueWrite& write : instance.value_outputs) {
        bound.value_outputs.push_back(static_cast<std::uint32_t>(plan_.values.size()));
        plan_.values.push_back(write);
      }
      // One that serves in another generation already has its ids, which others read at this moment.
      const bool has_ids = !instance.endpoint_output_ids.empty();
      for (const ColumnWrite& write : instance.endpoint_outputs) {
        const Result<AttributeId> id = attributes_.add(write.name, *attribute_type(write.type));
        if (!id) diagnose(i, "C506", "\"" + instance.name() + "\" writes " + write.name + ": " + id.error().message);
        if (!has_ids) instance.endpoint_output_ids.push_back(id ? *id : 0);
        endpoint_outputs_.insert(write.name);
      }
    }
    written_values_ = plan_.values.size();
  }

  // What is written under a name: exactly it, or else everything that is qualified with the instance that writes it. Asked
  // once for each name, because thousands of instances may read the same few.
  const std::vector<std::string>& written_as(const std::string& name, bool value) {
    const auto [entry, fresh] = written_.try_emplace({name, value});
    if (!fresh) return entry->second;
    std::vector<std::string> exact, qualified;
    for_each_write(instances_, value, [&](std::size_t, const std::string& written) {
      if (written == name)
        exact.push_back(written);
      else if (means(written, name))
        qualified.push_back(written);
    });
    if (!exact.empty()) exact.resize(1);
    entry->second = exact.empty() ? std::move(qualified) : std::move(exact);
    return entry->second;
  }

  // The one writer that a reader means; nothing when there is none. Ambiguity is diagnosed.
  std::optional<std::string> resolve_name(std::size_t reader, const std::string& name, bool value) {
    const std::vector<std::string>& qualified = written_as(name, value);
    if (qualified.empty()) return std::nullopt;
    if (qualified.size() > 1) {
      std::string all;
      for (const std::string& candidate : qualified) all += (all.empty() ? "" : ", ") + candidate;
      diagnose(reader, "C509", "\"" + instances_[reader]->name() + "\" reads " + name + ", which may be any of " + all);
    }
    return qualified.front();
  }

  std::vector<std::string> known_names() const {
    std::vector<std::string> names = attributes_.table().names();
    std::erase_if(names, [](const std::string& name) { return name.starts_with(kLabelPrefix); });
    for (const AttributeConfig& attribute : config_.attributes) names.push_back(attribute.name);
    names.insert(names.end(), endpoint_outputs_.begin(), endpoint_outputs_.end());
    for (const PlanOutput& output : plan_.outputs) names.push_back(output.name);
    return names;
  }

  std::uint32_t bind_column(std::size_t reader, const ColumnRead& read) {
    const std::string& who = instances_[reader]->name();
    const std::string name = resolve_name(reader, read.name, false).value_or(read.name);
    PlanColumn column;
    column.type = read.type;
    column.field = read.field;
    column.name = name;
    const auto output = std::ranges::find(plan_.outputs, name, &PlanOutput::name);
    if (output != plan_.outputs.end()) {
      column.source = PlanColumn::Source::Request;
      column.output = static_cast<std::uint32_t>(output - plan_.outputs.begin());
      if (output->type != read.type) {
        diagnose(reader, "C506",
                 "\"" + who + "\" reads " + name + " as a " + std::string(type_word(read.type)) +
                     ", but it is written as a " + std::string(type_word(output->type)));
      }
      return intern(column);
    }
    const AttributeType wanted = *attribute_type(read.type);
    const bool built_in = name.starts_with(kLabelPrefix) || name == kEndpointName || name == kEndpointAddress;
    if (read.required && !built_in && !endpoint_outputs_.contains(name) &&
        !is_declared(config_, attributes_.table(), name)) {
      const auto close = suggest(name, known_names());
      diagnose(reader, "C505", "\"" + who + "\" requires the column " + name + ", which nobody writes or declares",
               close ? "did you mean \"" + *close + "\"?" : std::string());
      return 0;
    }
    const Result<AttributeId> id = attributes_.add(name, wanted);
    if (!id) {
      const std::optional<AttributeId> known = attributes_.find(name);
      diagnose(reader, "C506",
               "\"" + who + "\" reads " + name + " as a " + std::string(to_string(wanted)) + ", but it is a " +
                   std::string(to_string(known ? attributes_.type(*known) : AttributeType::Name)));
      return 0;
    }
    column.attribute = *id;
    if (read.type == SHUNT_COLUMN_SET_SIZE)
      column.source = PlanColumn::Source::SetSizes;
    else if (read.type == SHUNT_COLUMN_MEMBERSHIP)
      column.source = PlanColumn::Source::Membership;
    else if (name == "in_flight")
      column.source = PlanColumn::Source::InFlight;
    else if (name == "in_flight_tokens")
      column.source = PlanColumn::Source::InFlightTokens;
    else if (name == "load")
      column.source = PlanColumn::Source::Load;
    return intern(column);
  }

  std::uint32_t intern(const PlanColumn& column) {
    for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
      const PlanColumn& other = plan_.columns[i];
      if (other.source == column.source && other.type == column.type && other.attribute == column.attribute &&
          other.field == column.field && other.output == column.output) {
        return static_cast<std::uint32_t>(i);
      }
    }
    plan_.columns.push_back(column);
    return static_cast<std::uint32_t>(plan_.columns.size() - 1);
  }

  std::uint32_t bind_value(std::size_t reader, const ValueRead& read) {
    const std::string name = resolve_name(reader, read.name, true).value_or(read.name);
    const auto written_end = plan_.values.begin() + static_cast<std::ptrdiff_t>(written_values_);
    const auto found = std::ranges::find(plan_.values.begin(), written_end, name, &ValueWrite::name);
    if (found != written_end) {
      if (found->type != read.type) {
        diagnose(
            reader, "C506",
            "\"" + instances_[reader]->name() + "\" reads the value " + name + " as another type than it is written");
      }
      return static_cast<std::uint32_t>(found - plan_.values.begin());
    }
    if (read.required) {
      diagnose(reader, "C505",
               "\"" + instances_[reader]->name() + "\" requires the value " + name + ", which nobody writes");
    }
    // Nobody will ever write it: an entry behind those that are written reads as absent.
    plan_.values.push_back({name, read.type});
    return static_cast<std::uint32_t>(plan_.values.size() - 1);
  }

  void bind_reads(std::size_t i) {
    PlanInstance& bound = plan_.instances[i];
    bound.column_offset = plan_.column_slots;
    for (const ColumnRead& read : instances_[i]->columns) bound.columns.push_back(bind_column(i, read));
    plan_.column_slots += bound.columns.size();
    bound.value_offset = plan_.value_slots;
    for (const ValueRead& read : instances_[i]->values) bound.values.push_back(bind_value(i, read));
    plan_.value_slots += bound.values.size();
  }

  void bind_peers() {
    for (PlanInstance& bound : plan_.instances) {
      for (const std::shared_ptr<Instance>& peer : bound.instance->peers) {
        const auto found = std::ranges::find(plan_.instances, peer.get(), &PlanInstance::instance);
        found->is_peer = true;
        bound.peers.push_back(static_cast<std::uint32_t>(found - plan_.instances.begin()));
      }
    }
    for (std::uint32_t i = 0; i < plan_.instances.size(); ++i) {
      std::vector<std::uint32_t> reached = plan_.instances[i].peers;
      for (std::size_t next = 0; next < reached.size(); ++next) {
        for (const std::uint32_t further : plan_.instances[reached[next]].peers) {
          if (std::ranges::find(reached, further) == reached.end()) reached.push_back(further);
        }
      }
      std::ranges::sort(reached);
      reached_.push_back(std::move(reached));
    }
  }

  // True when `writer`, in a call of its own or as a peer, writes what `reader` reads.
  bool writes_for(std::uint32_t writer, std::uint32_t reader, bool as_peer) const {
    const PlanInstance& a = plan_.instances[writer];
    const PlanInstance& b = plan_.instances[reader];
    const bool columns = !as_peer && std::ranges::any_of(b.columns, [&](std::uint32_t column) {
      const PlanColumn& read = plan_.columns[column];
      return read.source == PlanColumn::Source::Request && std::ranges::find(a.outputs, read.output) != a.outputs.end();
    });
    return columns || std::ranges::any_of(b.values, [&](std::uint32_t value) {
             return std::ranges::find(a.value_outputs, value) != a.value_outputs.end();
           });
  }

  // True when producer `a` writes what producer `b` reads, each of them itself or through those that it calls. What both of
  // them call puts none of them first.
  bool feeds(std::uint32_t a, std::uint32_t b) const {
    std::vector<std::uint32_t> readers = reached_[b];
    readers.push_back(b);
    const auto reads_from = [&](std::uint32_t writer, bool as_peer) {
      return std::ranges::any_of(
          readers, [&](std::uint32_t reader) { return reader != writer && writes_for(writer, reader, as_peer); });
    };
    if (reads_from(a, false)) return true;
    return std::ranges::any_of(reached_[a], [&](std::uint32_t peer) {
      return peer != b && !std::ranges::binary_search(reached_[b], peer) && reads_from(peer, true);
    });
  }

  // Config order, but writers before readers.
  void order_producers() {
    std::vector<std::uint32_t> waiting;
    for (std::uint32_t i = 0; i < plan_.instances.size(); ++i) {
      if (plan_.instances[i].instance->producer != nullptr) waiting.push_back(i);
    }
    while (!waiting.empty()) {
      const auto ready = std::ranges::find_if(waiting, [&](std::uint32_t candidate) {
        return std::ranges::none_of(waiting,
                                    [&](std::uint32_t other) { return other != candidate && feeds(other, candidate); });
      });
      if (ready == waiting.end()) {
        std::string names;
        for (const std::uint32_t i : waiting) names += (names.empty() ? "\"" : ", \"") + instances_[i]->name() + "\"";
        diagnose(waiting.front(), "C508", "these producers wait for each other: " + names);
        return;
      }
      plan_.producers.push_back(*ready);
      waiting.erase(ready);
    }
  }

  std::uint32_t instance_index(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? SHUNT_NONE : found->second;
  }

  void bind_profile(const ProfileConfig& from, ProfilePlan& to) {
    to.name = from.name;
    double sum = 0.0;
    for (const PluginReference& reference : from.plugins) {
      const std::uint32_t i = instance_index(reference.plugin);
      const Instance& instance = *instances_[i];
      const OnError on_error =
          reference.on_error == OnError::Default ? plan_.instances[i].on_error : reference.on_error;
      if (instance.filter != nullptr) to.filters.push_back({i, on_error, {}});
      if (instance.scorer != nullptr) {
        to.scorers.push_back({i, on_error, reference.weight});
        sum += reference.weight;
      }
      if (instance.picker != nullptr) {
        to.picker = i;
        to.picker_on_error = on_error;
      }
    }
    if (!std::isfinite(sum)) {
      diagnostics_.add(
          config_.diagnose(from.pointer, At::Value, "C512",
                           "the weights of profile \"" + from.name + "\" add up to more than a number holds"));
    }
    // Columns are gathered after a filter only for those who come later.
    std::set<std::uint32_t> later;
    const auto add = [&](std::uint32_t i) {
      later.insert(plan_.instances[i].columns.begin(), plan_.instances[i].columns.end());
    };
    add(to.picker);
    for (const ScorerStep& step : to.scorers) add(step.instance);
    for (auto step = to.filters.rbegin(); step != to.filters.rend(); ++step) {
      step->gather.assign(later.begin(), later.end());
      add(step->instance);
    }
  }

  void bind_profiles() {
    for (const ProfileConfig& profile : config_.profiles) {
      ProfilePlan& bound = plan_.profiles.emplace_back();
      bind_profile(profile, bound);
      bound.shadow_every = profile.shadow_every;
      if (!profile.is_shadow()) {
        ++plan_.deciding_profiles;
        continue;
      }
      const auto of = std::ranges::find(config_.profiles, profile.shadow_of, &ProfileConfig::name);
      if (of != config_.profiles.end()) bound.shadow_of = static_cast<std::uint32_t>(of - config_.profiles.begin());
      plan_.shadow_ledgers.push_back(std::make_shared<ShadowCounts>());
    }
    if (!config_.handler.empty()) plan_.handler = instance_index(config_.handler);
    if (!config_.routing.swapper.empty()) plan_.swapper = instance_index(config_.routing.swapper);
    for (std::uint32_t i = 0; i < plan_.instances.size(); ++i) {
      const shunt_observer_table* observer = plan_.instances[i].instance->observer;
      if (observer != nullptr && observer->picked != nullptr) plan_.observers.push_back(i);
    }
  }

  const Config& config_;
  const Instances& instances_;
  AttributeStage& attributes_;
  GenerationPlan& plan_;
  Diagnostics& diagnostics_;
  std::set<std::string> endpoint_outputs_;
  std::size_t written_values_ = 0;
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  std::vector<std::vector<std::uint32_t>> reached_;  // per instance: whom it calls, directly or through others; sorted
  std::map<std::pair<std::string, bool>, std::vector<std::string>> written_;  // by name, and whether it is a value
};

}  // namespace

std::vector<std::size_t> writers_of(const Instances& instances, std::string_view name, bool value) {
  std::vector<std::size_t> exact, qualified;
  for_each_write(instances, value, [&](std::size_t i, const std::string& written) {
    if (written == name)
      exact.push_back(i);
    else if (means(written, name))
      qualified.push_back(i);
  });
  return exact.empty() ? qualified : exact;
}

bool is_declared(const Config& config, const AttributeTable& attributes, std::string_view name) {
  return attributes.known(name) ||
         std::ranges::find(config.attributes, name, &AttributeConfig::name) != config.attributes.end();
}

void settle_attributes(const Instances& instances, const AttributeStage& attributes, GenerationPlan& plan) {
  for (PlanColumn& column : plan.columns) {
    if (column.source != PlanColumn::Source::Request) column.attribute = attributes.real(column.attribute);
  }
  for (const std::shared_ptr<Instance>& instance : instances) {
    for (AttributeId& id : instance->endpoint_output_ids) {
      if (const AttributeId real = attributes.real(id); real != id) id = real;
    }
  }
}

void bind_plan(const Config& config, const Instances& instances, AttributeStage& attributes, GenerationPlan& plan,
               Diagnostics& diagnostics) {
  PlanBinder(config, instances, attributes, plan, diagnostics).bind();
}

}  // namespace shunt
