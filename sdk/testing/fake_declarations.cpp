// SPDX-License-Identifier: Apache-2.0
#include "fake_declarations.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>

#include "text.hpp"

namespace shunt::testing {

using detail::copy;

bool FakeDeclarations::is_text(shunt_str text, std::uint64_t most) {
  return text.len == 0 || (text.data != nullptr && text.len <= most);
}

bool FakeDeclarations::is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

FakeHost& FakeDeclarations::host_of(const shunt_host* host) {
  return *const_cast<FakeHost::Table*>(reinterpret_cast<const FakeHost::Table*>(host))->owner;
}

FakeInstance& FakeDeclarations::instance_of(shunt_init* init) { return *reinterpret_cast<FakeInstance*>(init); }

FakeMetric& FakeDeclarations::metric_of(shunt_metric* metric) { return *reinterpret_cast<FakeMetric*>(metric); }

std::int32_t FakeDeclarations::refuse(FakeInstance& instance, std::int32_t code, const std::string& text) {
  if (instance.create_context != nullptr) {
    FakeCall& call = FakeCall::of(instance.create_context);
    call.error = text;
    call.error_code = code;
  }
  return code;
}

std::int32_t FakeDeclarations::refuse(FakeCall& call, std::int32_t code, const std::string& text) {
  call.error = text;
  call.error_code = code;
  return code;
}

bool FakeDeclarations::creating(FakeInstance& instance, const char* service) {
  if (instance.create_context != nullptr) return true;
  instance.host->misuse(instance, std::string(service) + "() is for create() only");
  return false;
}

bool FakeDeclarations::allowed(FakeCall& call, const char* service, std::initializer_list<Stage> stages) {
  if (std::find(stages.begin(), stages.end(), call.stage) != stages.end()) return true;
  const std::string sentence = std::string(service) + "() is not allowed in this function";
  call.instance->host->misuse(*call.instance, sentence);
  refuse(call, SHUNT_UNSUPPORTED, sentence);
  return false;
}

bool FakeDeclarations::is_text_column(std::string_view name) {
  return name.starts_with("label:") || name == "endpoint:name" || name == "endpoint:address";
}

const void* FakeDeclarations::extension(const shunt_host* host, shunt_str id) {
  const auto& known = host_of(host).extensions_;
  const auto found = known.find(copy(id));
  return found == known.end() ? nullptr : found->second;
}

std::int32_t FakeDeclarations::add_column(FakeInstance& instance, const DeclaredColumn& wanted, std::uint32_t* slot) {
  if (wanted.name.empty()) return refuse(instance, SHUNT_INVALID, "a column needs a name");
  if (is_text_column(wanted.name) && wanted.type != SHUNT_COLUMN_SYMBOL) {
    return refuse(instance, SHUNT_INVALID, "\"" + wanted.name + "\" is a text: it is read as a symbol");
  }
  if (wanted.requirement == SHUNT_REQUIRED && !instance.host->provides(wanted.name)) {
    return refuse(instance, SHUNT_NOT_FOUND, "nobody provides the column \"" + wanted.name + "\"");
  }
  auto& columns = instance.declared.columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name != wanted.name || columns[i].type != wanted.type || columns[i].field != wanted.field) continue;
    columns[i].requirement = std::max(columns[i].requirement, wanted.requirement);
    *slot = static_cast<std::uint32_t>(i);
    return SHUNT_OK;
  }
  *slot = static_cast<std::uint32_t>(columns.size());
  columns.push_back(wanted);
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::column(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t requirement,
                                      std::uint32_t* slot) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "column")) return SHUNT_UNSUPPORTED;
  if (type < SHUNT_COLUMN_NUMBER || type > SHUNT_COLUMN_SET_SIZE) {
    return refuse(instance, SHUNT_UNSUPPORTED, "unknown type of the column \"" + copy(name) + "\"");
  }
  return add_column(instance, {copy(name), type, 0, requirement}, slot);
}

std::int32_t FakeDeclarations::membership(shunt_init* init, shunt_str set, std::uint32_t field,
                                          std::uint32_t requirement, std::uint32_t* slot) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "membership")) return SHUNT_UNSUPPORTED;
  if (field < SHUNT_FIELD_MODEL || field > SHUNT_FIELD_TYPE) {
    return refuse(instance, SHUNT_UNSUPPORTED, "unknown request field");
  }
  return add_column(instance, {copy(set), SHUNT_COLUMN_MEMBERSHIP, field, requirement}, slot);
}

std::int32_t FakeDeclarations::value(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t requirement,
                                     std::uint32_t* slot) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "value")) return SHUNT_UNSUPPORTED;
  if (type < SHUNT_VALUE_NUMBER || type > SHUNT_VALUE_SYMBOL) {
    return refuse(instance, SHUNT_UNSUPPORTED, "unknown type of the value \"" + copy(name) + "\"");
  }
  if (sdk::to_view(name).empty()) return refuse(instance, SHUNT_INVALID, "a value needs a name");
  if (requirement == SHUNT_REQUIRED && !instance.host->provides(copy(name))) {
    return refuse(instance, SHUNT_NOT_FOUND, "nobody provides the value \"" + copy(name) + "\"");
  }
  auto& values = instance.declared.values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].name != sdk::to_view(name)) continue;
    *slot = static_cast<std::uint32_t>(i);
    return values[i].type == type ? SHUNT_OK : refuse(instance, SHUNT_INVALID, "\"" + copy(name) + "\" has two types");
  }
  *slot = static_cast<std::uint32_t>(values.size());
  values.push_back({copy(name), type, requirement});
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::output(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t scope,
                                      std::uint32_t* slot) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "output")) return SHUNT_UNSUPPORTED;
  const bool request_scope = scope == SHUNT_SCOPE_REQUEST;
  const std::uint32_t last = request_scope ? SHUNT_COLUMN_FLAG : SHUNT_COLUMN_SET;
  if ((!request_scope && scope != SHUNT_SCOPE_ENDPOINT) || type < SHUNT_COLUMN_NUMBER || type > last) {
    return refuse(instance, SHUNT_UNSUPPORTED, "the output \"" + copy(name) + "\" has an unknown type or scope");
  }
  if (sdk::to_view(name).empty()) return refuse(instance, SHUNT_INVALID, "an output needs a name");
  for (const DeclaredOutput& known : instance.declared.outputs) {
    if (known.name == sdk::to_view(name))
      return refuse(instance, SHUNT_INVALID, "\"" + copy(name) + "\" is declared twice");
  }
  // The slots of produce() count request-scoped outputs only: its array holds nothing else.
  const auto same_scope = [&](const DeclaredOutput& known) { return known.scope == scope; };
  const auto& outputs = instance.declared.outputs;
  *slot = static_cast<std::uint32_t>(std::count_if(outputs.begin(), outputs.end(), same_scope));
  instance.declared.outputs.push_back({copy(name), type, scope});
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::output_value(shunt_init* init, shunt_str name, std::uint32_t type, std::uint32_t* slot) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "output_value")) return SHUNT_UNSUPPORTED;
  if (type < SHUNT_VALUE_NUMBER || type > SHUNT_VALUE_SYMBOL) {
    return refuse(instance, SHUNT_UNSUPPORTED, "unknown type of the value \"" + copy(name) + "\"");
  }
  if (sdk::to_view(name).empty()) return refuse(instance, SHUNT_INVALID, "a value needs a name");
  for (const DeclaredValue& known : instance.declared.output_values) {
    if (known.name == sdk::to_view(name))
      return refuse(instance, SHUNT_INVALID, "\"" + copy(name) + "\" is declared twice");
  }
  *slot = static_cast<std::uint32_t>(instance.declared.output_values.size());
  instance.declared.output_values.push_back({copy(name), type, 0});
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::scratch(shunt_init* init, std::uint64_t bytes) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "scratch")) return SHUNT_UNSUPPORTED;
  if (bytes > 16u << 20) return refuse(instance, SHUNT_OUT_OF_RANGE, "more than 16 MiB of scratch");
  instance.declared.scratch_bytes = bytes;
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::request_state(shunt_init* init, std::uint64_t bytes) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "request_state")) return SHUNT_UNSUPPORTED;
  if (bytes > 64u << 10) return refuse(instance, SHUNT_OUT_OF_RANGE, "more than 64 KiB of request state");
  instance.declared.request_state_bytes = bytes;
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::peer(shunt_init* init, shunt_str ref, shunt_str id, const void** table, void** self,
                                    std::uint32_t* slot) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "peer")) return SHUNT_UNSUPPORTED;
  const auto found = instance.host->peers_.find({copy(ref), copy(id)});
  if (found == instance.host->peers_.end()) {
    const bool known = std::any_of(instance.host->peers_.begin(), instance.host->peers_.end(),
                                   [&](const auto& entry) { return entry.first.first == sdk::to_view(ref); });
    if (known) return refuse(instance, SHUNT_UNSUPPORTED, "\"" + copy(ref) + "\" does not offer " + copy(id));
    return refuse(instance, SHUNT_NOT_FOUND, "no plugin \"" + copy(ref) + "\"");
  }
  instance.declared.peers.emplace_back(copy(ref), copy(id));
  *table = found->second.table;
  *self = found->second.self;
  *slot = static_cast<std::uint32_t>(instance.peers.size());
  instance.peers.push_back(found->second.instance);
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::profile(shunt_init* init, shunt_str name, std::uint32_t* index) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "profile")) return SHUNT_UNSUPPORTED;
  instance.declared.profiles_asked = true;
  const auto& profiles = instance.host->profiles_;
  const auto found = std::find(profiles.begin(), profiles.end(), sdk::to_view(name));
  if (found == profiles.end()) return SHUNT_NOT_FOUND;
  *index = static_cast<std::uint32_t>(found - profiles.begin());
  return SHUNT_OK;
}

std::uint32_t FakeDeclarations::profile_count(shunt_init* init) {
  instance_of(init).declared.profiles_asked = true;
  return static_cast<std::uint32_t>(instance_of(init).host->profiles_.size());
}

shunt_str FakeDeclarations::profile_name(shunt_init* init, std::uint32_t index) {
  FakeInstance& instance = instance_of(init);
  const auto& profiles = instance.host->profiles_;
  if (!creating(instance, "profile_name")) return {nullptr, 0};
  instance.declared.profiles_asked = true;
  if (index >= profiles.size()) return {nullptr, 0};
  return {profiles[index].data(), profiles[index].size()};
}

std::int32_t FakeDeclarations::parameter(shunt_init* init, shunt_str pointer, shunt_parameter* out) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "parameter")) return SHUNT_UNSUPPORTED;
  shunt_parameter found{};
  if (const detail::Json* node = instance.parameters->find(sdk::to_view(pointer)); node != nullptr) {
    found.type = node->type;
    found.number = node->number;
    if (node->type == SHUNT_PARAMETER_TEXT) found.text = {node->text.data(), node->text.size()};
    found.length = node->members.size();
  }
  return hand_over(instance, found, out);
}

std::int32_t FakeDeclarations::hand_over(FakeInstance& instance, shunt_parameter found, shunt_parameter* out) {
  if (!SHUNT_HAS(out, shunt_parameter, type)) {
    return refuse(instance, SHUNT_INVALID, "shunt_parameter.size is not set");
  }
  found.size = out->size;
  std::memcpy(out, &found, std::min<std::size_t>(out->size, sizeof found));
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::parameter_key(shunt_init* init, shunt_str pointer, std::uint64_t index,
                                             shunt_parameter* out) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "parameter_key")) return SHUNT_UNSUPPORTED;
  const detail::Json* node = instance.parameters->find(sdk::to_view(pointer));
  if (node == nullptr || node->type != SHUNT_PARAMETER_OBJECT || index >= node->members.size()) {
    hand_over(instance, {}, out);
    return refuse(instance, SHUNT_NOT_FOUND, "no such key below \"" + copy(pointer) + "\"");
  }
  shunt_parameter found{};
  found.type = SHUNT_PARAMETER_TEXT;
  found.text = {node->members[index].key.data(), node->members[index].key.size()};
  return hand_over(instance, found, out);
}

std::int32_t FakeDeclarations::intern(shunt_init* init, shunt_str text, std::uint32_t* symbol) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "intern")) return SHUNT_UNSUPPORTED;
  *symbol = instance.host->intern(sdk::to_view(text));
  return SHUNT_OK;
}

bool FakeDeclarations::is_metric_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), fits);
}

std::int32_t FakeDeclarations::metric(shunt_init* init, const shunt_metric_spec* spec, shunt_metric** metric) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "metric")) return SHUNT_UNSUPPORTED;
  const auto wrong = [&](const std::string& what) {
    return refuse(instance, SHUNT_INVALID, "metric \"" + copy(spec->name) + "\" " + what);
  };
  if (!SHUNT_HAS(spec, shunt_metric_spec, n_bounds)) return wrong("has no size");
  if (spec->kind < SHUNT_METRIC_COUNTER || spec->kind > SHUNT_METRIC_HISTOGRAM) return wrong("has an unknown kind");
  if (!is_metric_name(sdk::to_view(spec->name))) return wrong("is not named with letters, digits and underscores");
  FakeMetric added{instance.host,
                   static_cast<FakeMetric::Kind>(spec->kind),
                   instance.name,
                   copy(spec->name),
                   copy(spec->help),
                   {},
                   {},
                   0,
                   {}};
  for (std::uint32_t i = 0; i < spec->n_labels; ++i) {
    const shunt_pair& label = spec->labels[i];
    if (!is_metric_name(sdk::to_view(label.name))) return wrong("has a label with a wrong name");
    if (!added.labels.emplace(copy(label.name), copy(label.value)).second) return wrong("has a label twice");
  }
  for (std::uint32_t i = 0; i < spec->n_bounds; ++i) {
    const double bound = spec->bounds[i];
    if (spec->kind != SHUNT_METRIC_HISTOGRAM) return wrong("has bounds and is no histogram");
    if (!std::isfinite(bound) || (i > 0 && bound <= spec->bounds[i - 1])) return wrong("has bounds that do not ascend");
    added.bounds.push_back(bound);
  }
  for (const DeclaredMetric& known : instance.declared.metrics) {
    if (known.name != added.name) continue;
    if (known.kind != spec->kind) return wrong("is registered with another kind");
    if (known.labels == added.labels) return wrong("is registered already");
  }
  instance.declared.metrics.push_back({spec->kind, added.name, added.labels});
  *metric = reinterpret_cast<shunt_metric*>(&instance.host->metrics_.emplace_back(std::move(added)));
  return SHUNT_OK;
}

std::int32_t FakeDeclarations::fetch(shunt_init* init, const shunt_fetch* page) {
  FakeInstance& instance = instance_of(init);
  if (!creating(instance, "fetch")) return SHUNT_UNSUPPORTED;
  if (!SHUNT_HAS(page, shunt_fetch, flags)) return refuse(instance, SHUNT_INVALID, "shunt_fetch.size is not set");
  if (!is_text(page->path, 1024) || !is_text(page->accept, 1024)) {
    return refuse(instance, SHUNT_INVALID, "the path or the Accept header of a page is no text");
  }
  if (!sdk::to_view(page->path).starts_with("/"))
    return refuse(instance, SHUNT_INVALID, "a page's path starts with \"/\"");
  if (!is_visible_ascii(sdk::to_view(page->path)) || !is_visible_ascii(sdk::to_view(page->accept))) {
    return refuse(instance, SHUNT_INVALID, "the path and the Accept header of a page are visible ASCII");
  }
  if (page->interval_ns < 50'000'000) {
    return refuse(instance, SHUNT_OUT_OF_RANGE, "the interval of a page is at least 50 ms");
  }
  if (page->port > 65535) return refuse(instance, SHUNT_OUT_OF_RANGE, "a page's port is at most 65535");
  if ((page->flags & ~SHUNT_FETCH_FAILURES) != 0) return refuse(instance, SHUNT_UNSUPPORTED, "unknown flags of a page");
  instance.declared.pages.push_back(
      {copy(page->path), page->interval_ns, page->port, copy(page->accept), (page->flags & SHUNT_FETCH_FAILURES) != 0});
  return SHUNT_OK;
}

}  // namespace shunt::testing
