// SPDX-License-Identifier: Apache-2.0
// First pass: managed models and how requests for them are lined up.
#include <algorithm>
#include <boost/json/value.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <shunt/framework/suggest.hpp>
#include <unordered_set>
#include <utility>

#include "config_keys.hpp"
#include "reader.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_keys::Holds;
using config_keys::ModelKey;
using config_text::in_quotes;

namespace {

constexpr std::int64_t kMaxExact = std::int64_t{1} << 53;
constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

// Checks every key of `reader` that is in the table, and complains about those that are not.
void check_words(ObjectReader& reader, std::span<const ModelKey> table) {
  std::vector<std::string_view> keys;
  for (const ModelKey& word : table) keys.push_back(word.key);
  reader.allow(keys);
  for (const ModelKey& word : table) {
    switch (word.holds) {
      case Holds::Text: reader.text(word.key); break;
      case Holds::Flag: reader.flag(word.key); break;
      case Holds::Seconds: reader.integer(word.key, -1, kMaxExact); break;
      case Holds::Words: reader.texts(word.key); break;
      case Holds::Object: reader.object(word.key); break;
      case Holds::Count:
        if (word.key != "priority") reader.integer(word.key, 0, word.key == "concurrencyLimit" ? kMaxInt32 : kMaxExact);
        break;
      case Holds::Number: reader.number(word.key); break;
    }
  }
}

// Whoever starts the process would have to guess what an entry without a name means.
void check_environment(const ObjectReader& model, const ReadContext& context) {
  const json::value* list = model.member("env");
  if (list == nullptr || !list->is_array()) return;
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    const json::value& entry = list->get_array()[i];
    if (!entry.is_string() || entry.get_string().empty()) continue;
    const std::size_t equals = std::string_view(entry.get_string()).find('=');
    if (equals != 0 && equals != std::string_view::npos) continue;
    context.error(child_pointer(model.pointer("env"), i), At::Value, "C406",
                  "an environment entry has the form NAME=value, found " + in_quotes(entry.get_string()));
  }
}

// The words with an inside of their own. metadata is free; so is what filters set.
void check_parts(const ObjectReader& model, const std::string& words, const ReadContext& context) {
  const std::pair<const char*, std::span<const ModelKey>> parts[] = {{"filters", config_keys::kFilters},
                                                                     {"timeouts", config_keys::kTimeouts},
                                                                     {"compat", config_keys::kCompat},
                                                                     {"capabilities", config_keys::kCapabilities}};
  for (const auto& [key, table] : parts) {
    const json::value* part = model.member(key);
    if (part == nullptr || !part->is_object()) continue;
    ObjectReader reader(part->get_object(), model.pointer(key), "the " + std::string(key) + " of " + words, context);
    check_words(reader, table);
  }
}

ModelConfig read_model(std::string id, const json::object& object, std::string pointer, const ReadContext& context) {
  ModelConfig model;
  const std::string words = "model " + in_quotes(id);
  ObjectReader reader(object, pointer, words, context);
  check_words(reader, config_keys::kModel);
  check_environment(reader, context);
  check_parts(reader, words, context);

  // Already complained about where wrong: only what is right is taken.
  const auto right = [&](const char* key, bool (json::value::*is)() const noexcept) {
    const json::value* value = reader.member(key);
    return value != nullptr && (value->*is)() ? value : nullptr;
  };
  model.id = std::move(id);
  model.pointer = std::move(pointer);
  model.raw = object;
  if (const json::value* cmd = right("cmd", &json::value::is_string)) model.cmd = cmd->get_string();
  if (const json::value* pinned = right("pinned", &json::value::is_bool)) model.pinned = pinned->get_bool();
  if (const json::value* aliases = right("aliases", &json::value::is_array)) {
    for (const json::value& alias : aliases->get_array()) {
      if (alias.is_string() && !alias.get_string().empty()) model.aliases.emplace_back(alias.get_string());
    }
  }
  const auto whole = [&](const char* key) -> std::int64_t {
    const json::value* value = reader.member(key);
    if (value == nullptr) return 0;
    if (const std::int64_t* number = value->if_int64()) return *number;
    const double* number = value->if_double();
    return number != nullptr && std::abs(*number) <= static_cast<double>(kMaxExact) ? static_cast<std::int64_t>(*number)
                                                                                    : 0;
  };
  const std::int64_t limit = whole("concurrencyLimit");
  if (limit > 0 && limit <= kMaxInt32) model.concurrency_limit = static_cast<std::uint32_t>(limit);
  model.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(whole("bytes"), 0));
  if (const json::value* cost = right("loadCostMs", &json::value::is_number)) {
    const double number = cost->to_number<double>();
    if (!std::isfinite(number)) {
      context.error(reader.pointer("loadCostMs"), At::Value, "C401",
                    reader.what("loadCostMs") + " must be a finite number, found " + config_text::number(number));
    } else if (number >= 0) {
      model.load_cost_ms = number;
    } else {
      context.error(reader.pointer("loadCostMs"), At::Value, "C404",
                    reader.what("loadCostMs") + " must be at least 0, found " + config_text::number(number));
    }
  }
  if (const json::value* priority = reader.member("priority")) {
    model.priority = read_priority(*priority, reader.pointer("priority"), reader.what("priority"), context).value_or(0);
  }
  for (const auto& member : object) {
    std::string place = reader.pointer(std::string_view(member.key()));
    if (member.value().is_structured() && config_text::has_non_finite(member.value(), place)) {
      context.error(place, At::Value, "C401", words + " must hold only finite numbers");
    }
  }
  return model;
}

// An id or alias must lead to one model.
void check_names(const Config& config, const ReadContext& context) {
  std::map<std::string, std::string, std::less<>> owners;
  for (const ModelConfig& model : config.models) owners.emplace(model.id, model.pointer);
  for (const ModelConfig& model : config.models) {
    const std::string list = child_pointer(model.pointer, "aliases");
    const json::array& written = model.aliases.empty() ? json::array{} : model.raw.at("aliases").get_array();
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (!written[i].is_string() || written[i].get_string().empty()) continue;
      const std::string place = child_pointer(list, i);
      const auto [it, fresh] = owners.try_emplace(std::string(written[i].get_string()), place);
      if (fresh) continue;
      const bool is_id = config.find_model(it->first) != nullptr;
      context.error(place, At::Value, "C214", "the alias " + in_quotes(it->first) + " is already taken", {},
                    {context.note_first(it->second, is_id ? At::Key : At::Value)});
    }
  }
}

// Priorities belong to ids: an alias could move to another model, and its priority with it.
void read_fifo(const ObjectReader& settings, Config& config, const ReadContext& context) {
  const json::object* fifo = settings.object("fifo");
  if (fifo == nullptr) return;
  ObjectReader reader(*fifo, settings.pointer("fifo"), "the settings of fifo", context);
  reader.allow(config_keys::kFifo);
  const json::object* priorities = reader.object("priority");
  if (priorities == nullptr) return;
  config.routing.fifo_priority_pointer = reader.pointer("priority");
  std::unordered_set<std::string_view> known;
  for (const ModelConfig& model : config.models) known.insert(model.id);
  for (const auto& member : *priorities) {
    const std::string id(member.key());
    const std::string place = child_pointer(config.routing.fifo_priority_pointer, id);
    const auto priority = read_priority(member.value(), place, "the priority of " + in_quotes(id), context);
    if (known.contains(id)) {
      if (priority) config.routing.fifo_priority.emplace_back(id, *priority);
      continue;
    }
    std::vector<std::string> ids;
    std::string owner;
    for (const ModelConfig& model : config.models) {
      ids.push_back(model.id);
      if (std::find(model.aliases.begin(), model.aliases.end(), id) != model.aliases.end() && owner.empty())
        owner = model.id;
    }
    const auto close = suggest(id, ids);
    const std::string list = ids.empty() ? "no models are defined" : "defined models: " + config_text::joined(ids);
    context.error(place, At::Key, "C213", "priority for the undefined model " + in_quotes(id),
                  !owner.empty() ? did_you_mean(owner, in_quotes(id) + " is an alias of it")
                  : close        ? did_you_mean(*close)
                                 : "",
                  {list});
  }
}

}  // namespace

std::optional<std::int32_t> read_priority(const json::value& value, const std::string& pointer, std::string_view what,
                                          const ReadContext& context) {
  const auto& words = config_keys::kPriorityWords;
  if (const json::string* text = value.if_string()) {
    const auto it = std::find(words.begin(), words.end(), std::string_view(*text));
    if (it != words.end()) return static_cast<std::int32_t>(it - words.begin()) - 2;
    const auto close = suggest(std::string_view(*text), words);
    context.error(pointer, At::Value, "C405", std::string(what) + " cannot be " + in_quotes(*text),
                  close ? did_you_mean(*close) : "",
                  {"allowed: a whole number, or background, low, normal, high, critical (-2 to 2)"});
    return std::nullopt;
  }
  const double number = value.is_number() ? value.to_number<double>() : 0;
  if (!value.is_number() || std::trunc(number) != number) {
    context.error(pointer, At::Value, "C105",
                  std::string(what) + " must be a whole number, found " + config_text::found(value));
    return std::nullopt;
  }
  if (std::abs(number) > static_cast<double>(kMaxInt32)) {
    context.error(pointer, At::Value, "C404",
                  std::string(what) + " must be from -2147483647 to 2147483647, found " + config_text::literal(value));
    return std::nullopt;
  }
  return static_cast<std::int32_t>(number);
}

void read_models(const ObjectReader& root, Config& config, const ReadContext& context) {
  const json::object* models = root.object("models");
  if (models == nullptr) return;
  for (const auto& member : *models) {
    const std::string id(member.key());
    const std::string pointer = child_pointer(root.pointer("models"), id);
    if (id.empty()) {
      context.error(pointer, At::Key, "C406", "a model needs an id that is not empty");
      continue;
    }
    // A key without a value, as YAML writes it, is a model that needs no words.
    static const json::object kNothing;
    const json::object* object =
        member.value().is_null() ? &kNothing : context.object(member.value(), pointer, "model " + in_quotes(id));
    config.models.push_back(read_model(id, object != nullptr ? *object : kNothing, pointer, context));
  }
  check_names(config, context);
}

void read_routing(const ObjectReader& root, Config& config, const ReadContext& context) {
  const json::object* routing = root.object("routing");
  if (routing == nullptr) return;
  ObjectReader reader(*routing, root.pointer("routing"), "routing", context);
  reader.allow(config_keys::kRouting);
  config.routing.written = true;
  config.routing.pointer = reader.pointer();

  if (const json::object* object = reader.object("scheduler")) {
    ObjectReader scheduler(*object, reader.pointer("scheduler"), "the scheduler", context);
    scheduler.allow(config_keys::kScheduler);
    if (const auto which = scheduler.word("use", config_keys::kSchedulers)) {
      config.routing.scheduler = *which == 0 ? SwapOrder::Fifo : SwapOrder::Serial;
    }
    if (const json::object* inner = scheduler.object("settings")) {
      ObjectReader settings(*inner, scheduler.pointer("settings"), "the scheduler's settings", context);
      settings.allow(config_keys::kSettings);
      read_fifo(settings, config, context);
    }
  }
  if (const json::object* object = reader.object("swapper")) {
    ObjectReader swapper(*object, reader.pointer("swapper"), "the swapper", context);
    swapper.allow(config_keys::kSwapper);
    config.routing.swapper_pointer = swapper.pointer("pluginRef");
    config.routing.swapper = swapper.required_text("pluginRef").value_or("");
  }
}

}  // namespace shunt
