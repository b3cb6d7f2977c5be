// SPDX-License-Identifier: Apache-2.0
// The services that serve create(): declarations, parameters, metrics, references to other instances.
#include "runtime/bounded_text.hpp"
#include "runtime/call_context.hpp"
#include "runtime/generation_builder.hpp"

#include <shunt/framework/symbol_table.hpp>

#include <boost/json.hpp>

#include <algorithm>

namespace shunt {
namespace {

constexpr std::uint64_t kMaximumScratch = std::uint64_t{16} << 20;
constexpr std::uint64_t kMaximumRequestState = std::uint64_t{64} << 10;
constexpr std::int64_t kShortestFetchInterval = 50'000'000;

// What a plugin names is looked at before it is used: names, and texts that may be long.
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kLongestText = std::size_t{1} << 20;
constexpr std::uint32_t kMostBounds = 1024;

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::int32_t refuse_text(shunt_init* init, std::string_view what) {
  return init->fail(SHUNT_INVALID, "C513",
                    std::string(what) + " is NULL with a length, or is too long to be one: it is passed wrongly");
}

// Nothing may be thrown into a plugin, and what fails here fails the creation.
template <class Function>
std::int32_t guarded(shunt_init* init, Function&& function) noexcept {
  try {
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
  return guarded(init, [&] {
    const auto text = bounded_view(name, kLongestName);
    if (!text) return refuse_text(init, "the name of a column");
    if (type < SHUNT_COLUMN_NUMBER || type > SHUNT_COLUMN_SET_SIZE) {
      return init->fail(SHUNT_UNSUPPORTED, "C513",
                        "column " + quoted(*text) + " is asked for with a type that is unknown");
    }
    return add_column(init, {std::string(*text), type, 0, requirement == SHUNT_REQUIRED}, slot);
  });
}

std::int32_t membership(shunt_init* init, shunt_str set_column, std::uint32_t field, std::uint32_t requirement,
                        std::uint32_t* slot) noexcept {
  return guarded(init, [&] {
    const auto text = bounded_view(set_column, kLongestName);
    if (!text) return refuse_text(init, "the name of a set column");
    if (field < SHUNT_FIELD_MODEL || field > SHUNT_FIELD_TYPE) {
      return init->fail(SHUNT_UNSUPPORTED, "C513", "membership in " + quoted(*text) + " asks for an unknown field");
    }
    return add_column(init, {std::string(*text), SHUNT_COLUMN_MEMBERSHIP, field, requirement == SHUNT_REQUIRED}, slot);
  });
}

std::int32_t value(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t requirement,
                   std::uint32_t* slot) noexcept {
  return guarded(init, [&] {
    const auto text = bounded_view(name, kLongestName);
    if (!text) return refuse_text(init, "the name of a value");
    if (type < SHUNT_VALUE_NUMBER || type > SHUNT_VALUE_TEXT) {
      return init->fail(SHUNT_UNSUPPORTED, "C513",
                        "value " + quoted(*text) + " is asked for with a type that is unknown");
    }
    const ValueRead read{std::string(*text), type, requirement == SHUNT_REQUIRED};
    if (read.name.empty()) return init->fail(SHUNT_INVALID, "C513", "a value needs a name");
    for (const ValueRead& other : init->instance->values) {
      if (other.name == read.name && other.type != read.type)
        return init->fail(SHUNT_INVALID, "C513", "value " + quoted(*text) + " is asked for with two types");
    }
    *slot = slot_of(init->instance->values, read, [&](const ValueRead& other) { return other.name == read.name; });
    return SHUNT_OK;
  });
}

template <class Write>
bool is_written(const std::vector<Write>& outputs, std::string_view name) {
  return std::ranges::find(outputs, name, [](const Write& write) { return std::string_view(write.name); }) !=
         outputs.end();
}

std::int32_t output(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t scope,
                    std::uint32_t* slot) noexcept {
  return guarded(init, [&] {
    const auto text = bounded_view(name, kLongestName);
    if (!text) return refuse_text(init, "the name of an output");
    const bool request = scope == SHUNT_SCOPE_REQUEST;
    const std::uint32_t last = request ? SHUNT_COLUMN_FLAG : SHUNT_COLUMN_SET;
    if ((!request && scope != SHUNT_SCOPE_ENDPOINT) || type < SHUNT_COLUMN_NUMBER || type > last) {
      return init->fail(SHUNT_UNSUPPORTED, "C513",
                        "output " + quoted(*text) + " is declared with an unknown type or scope");
    }
    if (text->empty()) return init->fail(SHUNT_INVALID, "C513", "an output needs a name");
    auto& outputs = request ? init->instance->request_outputs : init->instance->endpoint_outputs;
    // In either scope: a reader could not say which of the two it means.
    if (is_written(init->instance->request_outputs, *text) || is_written(init->instance->endpoint_outputs, *text)) {
      return init->fail(SHUNT_INVALID, "C513", "output " + quoted(*text) + " is declared twice");
    }
    *slot = static_cast<std::uint32_t>(outputs.size());
    outputs.push_back({std::string(*text), type, scope});
    return SHUNT_OK;
  });
}

std::int32_t output_value(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t* slot) noexcept {
  return guarded(init, [&] {
    const auto text = bounded_view(name, kLongestName);
    if (!text) return refuse_text(init, "the name of a value");
    if (type < SHUNT_VALUE_NUMBER || type > SHUNT_VALUE_TEXT) {
      return init->fail(SHUNT_UNSUPPORTED, "C513",
                        "value " + quoted(*text) + " is declared with a type that is unknown");
    }
    if (text->empty()) return init->fail(SHUNT_INVALID, "C513", "a value needs a name");
    auto& outputs = init->instance->value_outputs;
    if (is_written(outputs, *text)) {
      return init->fail(SHUNT_INVALID, "C513", "value " + quoted(*text) + " is declared twice");
    }
    *slot = static_cast<std::uint32_t>(outputs.size());
    outputs.push_back({std::string(*text), type});
    return SHUNT_OK;
  });
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

std::int32_t peer(shunt_init* init, shunt_str plugin_ref, shunt_str interface_id, const void** table,
                  void** self) noexcept {
  return guarded(init, [&] {
    const auto name = bounded_view(plugin_ref, kLongestText);
    const auto id = bounded_view(interface_id, kLongestName);
    if (!name || !id) return refuse_text(init, "the name of a plugin or of an interface");
    return init->builder->find_peer(*init, *name, *id, table, self);
  });
}

std::int32_t profile(shunt_init* init, shunt_str name, std::uint32_t* index) noexcept {
  const auto text = bounded_view(name, kLongestText);
  const std::uint32_t found = text ? init->builder->profile_index(*text) : SHUNT_NONE;
  if (found == SHUNT_NONE) return SHUNT_NOT_FOUND;
  *index = found;
  return SHUNT_OK;
}

std::uint32_t profile_count(shunt_init* init) noexcept { return init->builder->profile_count(); }

shunt_str profile_name(shunt_init* init, std::uint32_t index) noexcept {
  const std::string* name = init->builder->profile_name(index);
  return name != nullptr ? shunt_str{name->data(), name->size()} : shunt_str{nullptr, 0};
}

// What the plugin's struct held before is no answer.
void clear(shunt_parameter& out) {
  out.type = SHUNT_PARAMETER_ABSENT;
  out.number = 0.0;
  out.text = {nullptr, 0};
  out.length = 0;
}

std::int32_t parameter(shunt_init* init, shunt_str pointer, shunt_parameter* out) noexcept {
  return guarded(init, [&] {
    clear(*out);
    const auto place = bounded_view(pointer, kLongestText);
    if (!place) return refuse_text(init, "the pointer to a parameter");
    boost::system::error_code error;
    const boost::json::value* found = init->parameters->find_pointer({place->data(), place->size()}, error);
    if (found == nullptr) return SHUNT_OK;
    switch (found->kind()) {
      case boost::json::kind::null: out->type = SHUNT_PARAMETER_NULL; break;
      case boost::json::kind::bool_:
        out->type = SHUNT_PARAMETER_FLAG;
        out->number = found->get_bool() ? 1 : 0;
        break;
      case boost::json::kind::int64:
      case boost::json::kind::uint64:
      case boost::json::kind::double_:
        out->type = SHUNT_PARAMETER_NUMBER;
        out->number = found->to_number<double>();
        break;
      case boost::json::kind::string:
        out->type = SHUNT_PARAMETER_TEXT;
        out->text = {found->get_string().data(), found->get_string().size()};
        break;
      case boost::json::kind::array:
        out->type = SHUNT_PARAMETER_LIST;
        out->length = found->get_array().size();
        break;
      case boost::json::kind::object:
        out->type = SHUNT_PARAMETER_OBJECT;
        out->length = found->get_object().size();
        break;
    }
    return SHUNT_OK;
  });
}

std::int32_t parameter_key(shunt_init* init, shunt_str pointer, std::uint64_t index, shunt_parameter* out) noexcept {
  return guarded(init, [&] {
    clear(*out);
    const auto place = bounded_view(pointer, kLongestText);
    if (!place) return refuse_text(init, "the pointer to a parameter");
    boost::system::error_code error;
    const boost::json::value* found = init->parameters->find_pointer({place->data(), place->size()}, error);
    if (found == nullptr || !found->is_object() || index >= found->get_object().size()) {
      return init->fail(SHUNT_NOT_FOUND, "C513", "there is no such key below " + quoted(*place));
    }
    const auto& entry = *(found->get_object().begin() + static_cast<std::ptrdiff_t>(index));
    out->type = SHUNT_PARAMETER_TEXT;
    out->text = {entry.key().data(), entry.key().size()};
    return SHUNT_OK;
  });
}

std::int32_t intern(shunt_init* init, shunt_str text, std::uint32_t* symbol) noexcept {
  return guarded(init, [&] {
    const auto bounded = bounded_view(text, kLongestText);
    if (!bounded) return refuse_text(init, "a text to be interned");
    *symbol = SymbolTable::process().intern(*bounded);
    return SHUNT_OK;
  });
}

std::int32_t add_metric(shunt_init* init, shunt_metric::Type type, shunt_str name, shunt_str help,
                        std::vector<double> bounds, shunt_metric** metric) {
  const auto text = bounded_view(name, kLongestName);
  const auto meaning = bounded_view(help, kLongestText);
  if (!text || !meaning) return refuse_text(init, "the name or the help text of a metric");
  const Result<shunt_metric*> added = init->instance->metrics.add(type, *text, *meaning, std::move(bounds));
  if (!added) return init->fail(SHUNT_INVALID, added.error().code, added.error().message);
  *metric = *added;
  return SHUNT_OK;
}

std::int32_t counter(shunt_init* init, shunt_str name, shunt_str help, shunt_metric** metric) noexcept {
  return guarded(init, [&] { return add_metric(init, shunt_metric::Type::Counter, name, help, {}, metric); });
}

std::int32_t gauge(shunt_init* init, shunt_str name, shunt_str help, shunt_metric** metric) noexcept {
  return guarded(init, [&] { return add_metric(init, shunt_metric::Type::Gauge, name, help, {}, metric); });
}

std::int32_t histogram(shunt_init* init, shunt_str name, shunt_str help, const double* bounds, std::uint32_t n_bounds,
                       shunt_metric** metric) noexcept {
  return guarded(init, [&] {
    if (n_bounds > kMostBounds || (bounds == nullptr && n_bounds > 0)) {
      return init->fail(SHUNT_INVALID, "C513", "a histogram has at most 1024 bounds, and they are not NULL");
    }
    std::vector<double> copy;
    if (n_bounds > 0) copy.assign(bounds, bounds + n_bounds);
    return add_metric(init, shunt_metric::Type::Histogram, name, help, std::move(copy), metric);
  });
}

std::int32_t fetch(shunt_init* init, shunt_str path, std::int64_t interval_ns) noexcept {
  return guarded(init, [&] {
    const auto text = bounded_view(path, kLongestName);
    if (!text) return refuse_text(init, "the path of a page");
    if (!text->starts_with('/')) return init->fail(SHUNT_INVALID, "C513", "a page's path starts with \"/\"");
    if (interval_ns < kShortestFetchInterval) {
      return init->fail(SHUNT_OUT_OF_RANGE, "C513", "a page is fetched at most every 50 ms");
    }
    init->instance->fetches.push_back({std::string(*text), interval_ns});
    return SHUNT_OK;
  });
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
  host.counter = counter;
  host.gauge = gauge;
  host.histogram = histogram;
  host.fetch = fetch;
}

}  // namespace shunt
