// SPDX-License-Identifier: Apache-2.0
// The services that serve create(): declarations, parameters, metrics, references to other instances.
#include "runtime/bounded_text.hpp"
#include "runtime/call_context.hpp"
#include "runtime/generation_builder.hpp"

#include <shunt/framework/symbol_table.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <cstring>

namespace shunt {
namespace {

constexpr std::uint64_t kMaximumScratch = std::uint64_t{16} << 20;
constexpr std::uint64_t kMaximumRequestState = std::uint64_t{64} << 10;
constexpr std::int64_t kShortestFetchInterval = 50'000'000;
constexpr std::uint32_t kMaximumLabels = 32;

// What a plugin names is looked at before it is used: names, and texts that may be long.
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kLongestText = std::size_t{1} << 20;
constexpr std::uint32_t kMostBounds = 1024;

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::int32_t refuse_text(shunt_init* init, std::string_view what) {
  return init->fail(SHUNT_INVALID, "C513",
                    std::string(what) + " is NULL with a length, or is too long to be one: it is passed wrongly");
}

// Nothing may be thrown into a plugin, and what fails here fails the creation. `places`: where the answer goes, or what is asked.
template <class Function, class... Place>
std::int32_t guarded(shunt_init* init, Function&& function, const Place*... places) noexcept {
  try {
    if (((places == nullptr) || ...)) return init->fail(SHUNT_INVALID, "C513", "a pointer is NULL that must not be");
    return function();
  } catch (const std::exception& error) {
    return init->fail(SHUNT_OUT_OF_MEMORY, "C513", error.what());
  }
}

// Position of an equal declaration, appended if there is none.
template <class T, class Same>
std::uint32_t slot_of(std::vector<T>& all, T wanted, Same&& same) {
  const auto found = std::find_if(all.begin(), all.end(), same);
  if (found != all.end()) {
    found->required = found->required || wanted.required;
    return static_cast<std::uint32_t>(found - all.begin());
  }
  all.push_back(std::move(wanted));
  return static_cast<std::uint32_t>(all.size() - 1);
}

// Names that always read an endpoint's own texts.
bool is_text_column(std::string_view name) {
  return name.starts_with(kLabelPrefix) || name == kEndpointName || name == kEndpointAddress;
}

std::int32_t add_column(shunt_init* init, ColumnRead read, std::uint32_t* slot) {
  if (read.name.empty()) return init->fail(SHUNT_INVALID, "C513", "a column needs a name");
  if (is_text_column(read.name) && read.type != SHUNT_COLUMN_SYMBOL) {
    return init->fail(SHUNT_INVALID, "C513", "column \"" + read.name + "\" is a text: it is read as a symbol");
  }
  const auto same = [&read](const ColumnRead& other) {
    return other.name == read.name && other.type == read.type && other.field == read.field;
  };
  *slot = slot_of(init->instance->columns, read, same);
  return SHUNT_OK;
}

std::int32_t column(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t requirement,
                    std::uint32_t* slot) noexcept {
  return guarded(
      init,
      [&] {
        const auto text = bounded_view(name, kLongestName);
        if (!text) return refuse_text(init, "the name of a column");
        if (type < SHUNT_COLUMN_NUMBER || type > SHUNT_COLUMN_SET_SIZE) {
          return init->fail(SHUNT_UNSUPPORTED, "C513",
                            "column " + in_quotes(*text) + " is asked for with a type that is unknown");
        }
        return add_column(init, {std::string(*text), type, 0, requirement == SHUNT_REQUIRED}, slot);
      },
      slot);
}

std::int32_t membership(shunt_init* init, shunt_str set_column, std::uint32_t field, std::uint32_t requirement,
                        std::uint32_t* slot) noexcept {
  return guarded(
      init,
      [&] {
        const auto text = bounded_view(set_column, kLongestName);
        if (!text) return refuse_text(init, "the name of a set column");
        if (field < SHUNT_FIELD_MODEL || field > SHUNT_FIELD_TYPE) {
          return init->fail(SHUNT_UNSUPPORTED, "C513",
                            "membership in " + in_quotes(*text) + " asks for an unknown field");
        }
        return add_column(init, {std::string(*text), SHUNT_COLUMN_MEMBERSHIP, field, requirement == SHUNT_REQUIRED},
                          slot);
      },
      slot);
}

std::int32_t value(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t requirement,
                   std::uint32_t* slot) noexcept {
  return guarded(
      init,
      [&] {
        const auto text = bounded_view(name, kLongestName);
        if (!text) return refuse_text(init, "the name of a value");
        if (type < SHUNT_VALUE_NUMBER || type > SHUNT_VALUE_SYMBOL) {
          return init->fail(SHUNT_UNSUPPORTED, "C513",
                            "value " + in_quotes(*text) + " is asked for with a type that is unknown");
        }
        const ValueRead read{std::string(*text), type, requirement == SHUNT_REQUIRED};
        if (read.name.empty()) return init->fail(SHUNT_INVALID, "C513", "a value needs a name");
        for (const ValueRead& other : init->instance->values) {
          if (other.name == read.name && other.type != read.type)
            return init->fail(SHUNT_INVALID, "C513", "value " + in_quotes(*text) + " is asked for with two types");
        }
        *slot = slot_of(init->instance->values, read, [&](const ValueRead& other) { return other.name == read.name; });
        return SHUNT_OK;
      },
      slot);
}

template <class Write>
bool is_written(const std::vector<Write>& outputs, std::string_view name) {
  return std::ranges::find(outputs, name, [](const Write& write) { return std::string_view(write.name); }) !=
         outputs.end();
}

std::int32_t output(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t scope,
                    std::uint32_t* slot) noexcept {
  return guarded(
      init,
      [&] {
        const auto text = bounded_view(name, kLongestName);
        if (!text) return refuse_text(init, "the name of an output");
        const bool request = scope == SHUNT_SCOPE_REQUEST;
        const std::uint32_t last = request ? SHUNT_COLUMN_FLAG : SHUNT_COLUMN_SET;
        if ((!request && scope != SHUNT_SCOPE_ENDPOINT) || type < SHUNT_COLUMN_NUMBER || type > last) {
          return init->fail(SHUNT_UNSUPPORTED, "C513",
                            "output " + in_quotes(*text) + " is declared with an unknown type or scope");
        }
        if (text->empty()) return init->fail(SHUNT_INVALID, "C513", "an output needs a name");
        auto& outputs = request ? init->instance->request_outputs : init->instance->endpoint_outputs;
        // In either scope: a reader could not say which of the two it means.
        if (is_written(init->instance->request_outputs, *text) || is_written(init->instance->endpoint_outputs, *text)) {
          return init->fail(SHUNT_INVALID, "C513", "output " + in_quotes(*text) + " is declared twice");
        }
        *slot = static_cast<std::uint32_t>(outputs.size());
        outputs.push_back({std::string(*text), type, scope});
        return SHUNT_OK;
      },
      slot);
}

std::int32_t output_value(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t* slot) noexcept {
  return guarded(
      init,
      [&] {
        const auto text = bounded_view(name, kLongestName);
        if (!text) return refuse_text(init, "the name of a value");
        if (type < SHUNT_VALUE_NUMBER || type > SHUNT_VALUE_SYMBOL) {
          return init->fail(SHUNT_UNSUPPORTED, "C513",
                            "value " + in_quotes(*text) + " is declared with a type that is unknown");
        }
        if (text->empty()) return init->fail(SHUNT_INVALID, "C513", "a value needs a name");
        auto& outputs = init->instance->value_outputs;
        if (is_written(outputs, *text)) {
          return init->fail(SHUNT_INVALID, "C513", "value " + in_quotes(*text) + " is declared twice");
        }
        *slot = static_cast<std::uint32_t>(outputs.size());
        outputs.push_back({std::string(*text), type});
        return SHUNT_OK;
      },
      slot);
}

std::int32_t scratch(shunt_init* init, std::uint64_t bytes) noexcept {
  if (bytes > kMaximumScratch) return init->fail(SHUNT_OUT_OF_RANGE, "C513", "scratch memory is limited to 16 MiB");
  init->instance->scratch_bytes = bytes;
  return SHUNT_OK;
}

std::int32_t request_state(shunt_init* init, std::uint64_t bytes) noexcept {
  if (bytes > kMaximumRequestState) return init->fail(SHUNT_OUT_OF_RANGE, "C513", "request state is limited to 64 KiB");
  init->instance->request_state_bytes = bytes;
  return SHUNT_OK;
}

std::int32_t peer(shunt_init* init, shunt_str plugin_ref, shunt_str interface_id, const void** table, void** self,
                  std::uint32_t* slot) noexcept {
  return guarded(
      init,
      [&] {
        const auto name = bounded_view(plugin_ref, kLongestText);
        const auto id = bounded_view(interface_id, kLongestName);
        if (!name || !id) return refuse_text(init, "the name of a plugin or of an interface");
        return init->builder->find_peer(*init, *name, *id, table, self, slot);
      },
      table, self, slot);
}

std::int32_t profile(shunt_init* init, shunt_str name, std::uint32_t* index) noexcept {
  init->instance->knows_profiles = true;
  const auto text = bounded_view(name, kLongestText);
  const std::uint32_t found = text ? init->builder->profile_index(*text) : SHUNT_NONE;
  if (found == SHUNT_NONE) return SHUNT_NOT_FOUND;
  if (index == nullptr) return init->fail(SHUNT_INVALID, "C513", "a pointer is NULL that must not be");
  *index = found;
  return SHUNT_OK;
}

std::uint32_t profile_count(shunt_init* init) noexcept {
  init->instance->knows_profiles = true;
  return init->builder->profile_count();
}

shunt_str profile_name(shunt_init* init, std::uint32_t index) noexcept {
  init->instance->knows_profiles = true;
  const std::string* name = init->builder->profile_name(index);
  return name != nullptr ? shunt_str{name->data(), name->size()} : shunt_str{nullptr, 0};
}

// The caller has set the size, so that it may be older or newer than this host: only what fits is written, and all of it.
std::int32_t hand_over(shunt_init* init, shunt_parameter found, shunt_parameter* out) {
  if (!SHUNT_HAS(out, shunt_parameter, type)) {
    return init->fail(SHUNT_INVALID, "C513", "shunt_parameter.size is not set");
  }
  found.size = out->size;
  std::memcpy(out, &found, std::min<std::size_t>(out->size, sizeof found));
  return SHUNT_OK;
}

shunt_parameter parameter_of(const boost::json::value& value) {
  shunt_parameter found{};
  switch (value.kind()) {
    case boost::json::kind::null: found.type = SHUNT_PARAMETER_NULL; break;
    case boost::json::kind::bool_:
      found.type = SHUNT_PARAMETER_FLAG;
      found.number = value.get_bool() ? 1 : 0;
      break;
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      found.type = SHUNT_PARAMETER_NUMBER;
      found.number = value.to_number<double>();
      break;
    case boost::json::kind::string:
      found.type = SHUNT_PARAMETER_TEXT;
      found.text = {value.get_string().data(), value.get_string().size()};
      break;
    case boost::json::kind::array:
      found.type = SHUNT_PARAMETER_LIST;
      found.length = value.get_array().size();
      break;
    case boost::json::kind::object:
      found.type = SHUNT_PARAMETER_OBJECT;
      found.length = value.get_object().size();
      break;
  }
  return found;
}

std::int32_t parameter(shunt_init* init, shunt_str pointer, shunt_parameter* out) noexcept {
  return guarded(
      init,
      [&] {
        const auto place = bounded_view(pointer, kLongestText);
        if (!place) return refuse_text(init, "the pointer to a parameter");
        boost::system::error_code error;
        const boost::json::value* found = init->parameters->find_pointer({place->data(), place->size()}, error);
        return hand_over(init, found != nullptr ? parameter_of(*found) : shunt_parameter{}, out);
      },
      out);
}

std::int32_t parameter_key(shunt_init* init, shunt_str pointer, std::uint64_t index, shunt_parameter* out) noexcept {
  return guarded(
      init,
      [&] {
        const auto place = bounded_view(pointer, kLongestText);
        if (!place) return refuse_text(init, "the pointer to a parameter");
        boost::system::error_code error;
        const boost::json::value* found = init->parameters->find_pointer({place->data(), place->size()}, error);
        shunt_parameter key{};
        const bool exists = found != nullptr && found->is_object() && index < found->get_object().size();
        if (exists) {
          const auto& entry = *(found->get_object().begin() + static_cast<std::ptrdiff_t>(index));
          key.type = SHUNT_PARAMETER_TEXT;
          key.text = {entry.key().data(), entry.key().size()};
        }
        if (const std::int32_t status = hand_over(init, key, out); status != SHUNT_OK || exists) return status;
        return init->fail(SHUNT_NOT_FOUND, "C513", "there is no such key below " + in_quotes(*place));
      },
      out);
}

std::int32_t intern(shunt_init* init, shunt_str text, std::uint32_t* symbol) noexcept {
  return guarded(
      init,
      [&] {
        const auto bounded = bounded_view(text, kLongestText);
        if (!bounded) return refuse_text(init, "a text to be interned");
        *symbol = SymbolTable::process().intern(*bounded);
        return SHUNT_OK;
      },
      symbol);
}

std::int32_t metric(shunt_init* init, const shunt_metric_spec* spec, shunt_metric** metric) noexcept {
  return guarded(
      init,
      [&] {
        const auto refuse = [init](std::string_view text) { return init->fail(SHUNT_INVALID, "C513", text); };
        if (!SHUNT_HAS(spec, shunt_metric_spec, n_bounds)) return refuse("shunt_metric_spec.size is not set");
        const auto name = bounded_view(spec->name, kLongestName);
        const auto help = bounded_view(spec->help, kLongestText);
        if (!name || !help) return refuse_text(init, "the name or the help text of a metric");
        const bool arrays =
            (spec->labels != nullptr || spec->n_labels == 0) && (spec->bounds != nullptr || spec->n_bounds == 0);
        if (!arrays || spec->n_labels > kMaximumLabels || spec->n_bounds > kMostBounds) {
          return refuse("metric " + in_quotes(*name) + " has no such array of labels or bounds");
        }
        shunt_metric::Type type = shunt_metric::Type::Counter;
        if (spec->kind == SHUNT_METRIC_GAUGE)
          type = shunt_metric::Type::Gauge;
        else if (spec->kind == SHUNT_METRIC_HISTOGRAM)
          type = shunt_metric::Type::Histogram;
        else if (spec->kind != SHUNT_METRIC_COUNTER)
          return refuse("metric " + in_quotes(*name) + " has an unknown kind");
        MetricStore::Labels labels;
        for (std::uint32_t i = 0; i < spec->n_labels; ++i) {
          const auto label = bounded_view(spec->labels[i].name, kLongestName);
          const auto content = bounded_view(spec->labels[i].value, kLongestName);
          if (!label || !content) return refuse_text(init, "a label of a metric");
          labels.emplace_back(*label, *content);
        }
        std::vector<double> bounds;
        if (spec->n_bounds > 0) bounds.assign(spec->bounds, spec->bounds + spec->n_bounds);
        const Result<shunt_metric*> added =
            init->instance->metrics.add(type, *name, *help, std::move(labels), std::move(bounds));
        if (!added) return init->fail(SHUNT_INVALID, added.error().code, added.error().message);
        *metric = *added;
        return SHUNT_OK;
      },
      spec, metric);
}

// The Accept header goes to the wire as it is.
bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::int32_t fetch(shunt_init* init, const shunt_fetch* page) noexcept {
  return guarded(
      init,
      [&] {
        if (!SHUNT_HAS(page, shunt_fetch, flags))
          return init->fail(SHUNT_INVALID, "C513", "shunt_fetch.size is not set");
        const auto path = bounded_view(page->path, kLongestName);
        const auto accept = bounded_view(page->accept, kLongestName);
        if (!path || !accept) return refuse_text(init, "the path or the Accept header of a page");
        if (!path->starts_with('/')) return init->fail(SHUNT_INVALID, "C513", "a page's path starts with \"/\"");
        if (!is_visible_ascii(*path) || !is_visible_ascii(*accept)) {
          return init->fail(SHUNT_INVALID, "C513", "a page's path and Accept header are visible ASCII");
        }
        if (page->interval_ns < kShortestFetchInterval) {
          return init->fail(SHUNT_OUT_OF_RANGE, "C513", "a page is fetched at most every 50 ms");
        }
        if (page->port > 65535) return init->fail(SHUNT_OUT_OF_RANGE, "C513", "a page's port is at most 65535");
        if ((page->flags & ~SHUNT_FETCH_FAILURES) != 0) {
          return init->fail(SHUNT_UNSUPPORTED, "C513", "a page is asked for with unknown flags");
        }
        init->instance->fetches.push_back({std::string(*path), page->interval_ns, page->port, std::string(*accept),
                                           (page->flags & SHUNT_FETCH_FAILURES) != 0});
        return SHUNT_OK;
      },
      page);
}

}  // namespace

void fill_init_services(shunt_host& host) noexcept {
  host.column = column;
  host.membership = membership;
  host.value = value;
  host.output = output;
  host.output_value = output_value;
  host.scratch = scratch;
  host.request_state = request_state;
  host.peer = peer;
  host.profile = profile;
  host.profile_count = profile_count;
  host.profile_name = profile_name;
  host.parameter = parameter;
  host.parameter_key = parameter_key;
  host.intern = intern;
  host.metric = metric;
  host.fetch = fetch;
}

}  // namespace shunt
