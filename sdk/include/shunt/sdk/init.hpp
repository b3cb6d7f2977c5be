// SPDX-License-Identifier: Apache-2.0
// init.hpp: what a plugin's constructor is given: its parameters, and the declarations of what it reads and writes.
#pragma once

#include <shunt/abi/host.h>
#include <shunt/abi/request.h>
#include <shunt/sdk/error.hpp>
#include <shunt/sdk/output.hpp>
#include <shunt/sdk/value.hpp>
#include <shunt/sdk/view.hpp>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::sdk {

class Init;

// A label of a metric.
struct MetricLabel {
  std::string_view name;   // [A-Za-z_][A-Za-z0-9_]*
  std::string_view value;  // any text
};
// The labels of one metric, each name once.
using MetricLabels = std::initializer_list<MetricLabel>;

// What may be said about a page besides its path and interval.
struct PageOptions {
  std::uint32_t port = 0;        // 0: the endpoint's own
  std::string_view accept = {};  // Accept header; absent: none
  bool failures = false;         // extract() hears of failed fetches too, with http_status() 0
};

// The interface of another configured instance; see enter_peer() in shunt/sdk/peer.hpp.
struct PeerHandle {
  const void* table = nullptr;      // functions of the interface
  void* self = nullptr;             // first argument of each
  std::uint32_t slot = SHUNT_NONE;  // for enter_peer()
};

// One node of the parameters: already checked against the schema, defaults filled in. Valid during construction.
class Parameter {
 public:
  // The node at a JSON pointer, "" being the root; one that leads nowhere does not exist.
  Parameter(const Init& init, std::string pointer);

  // Whether there is anything but null.
  bool exists() const noexcept { return raw_.type != SHUNT_PARAMETER_ABSENT && raw_.type != SHUNT_PARAMETER_NULL; }
  // The content, or the alternative where the parameter is absent; throws Error where it has another type.
  double number(double alternative) const {
    return expect(SHUNT_PARAMETER_NUMBER, "a number") ? raw_.number : alternative;
  }
  // See number().
  bool flag(bool alternative) const {
    return expect(SHUNT_PARAMETER_FLAG, "true or false") ? raw_.number != 0 : alternative;
  }
  // See number().
  std::string text(std::string_view alternative) const {
    return std::string(expect(SHUNT_PARAMETER_TEXT, "a string") ? to_view(raw_.text) : alternative);
  }
  // Members of a list or an object; 0 where the parameter is absent.
  std::size_t size() const noexcept { return raw_.length; }
  // Element of a list; beyond its end one that does not exist.
  Parameter operator[](std::size_t index) const { return {*init_, pointer_ + "/" + std::to_string(index)}; }
  // Member of an object; of a key that is not there one that does not exist.
  Parameter operator[](std::string_view key) const;
  // Keys of an object, in the order of the file.
  std::vector<std::string> keys() const;
  // JSON pointer, for messages.
  const std::string& pointer() const noexcept { return pointer_; }

 private:
  bool expect(std::uint32_t type, const char* what) const {
    if (!exists()) return false;
    if (raw_.type != type) throw Error("parameter " + pointer_ + " must be " + what);
    return true;
  }
  const Init* init_;
  std::string pointer_;
  shunt_parameter raw_{};
};

// Valid during construction.
class Init {
 public:
  explicit Init(const shunt_create_info& raw) noexcept : raw_(&raw) {}

  // Of the instance, as the config names it.
  std::string_view name() const noexcept { return to_view(raw_->name); }
  // All parameters: an object.
  Parameter parameters() const { return {*this, ""}; }
  // The parameter of that key.
  Parameter parameter(std::string_view key) const { return parameters()[key]; }

  // What stands in front of the names that this instance of `type` writes: nothing where it is named like its type, else
  // "<name>/". So several instances can be read side by side, and the usual one by its plain names.
  std::string own_prefix(std::string_view type) const { return prefix(name(), type); }
  // The same for reading: of the instance of `type` that the parameter names; nothing where it names none. Without a type every
  // name counts.
  std::string prefix_of(std::string_view parameter_key, std::string_view type = {}) const {
    return prefix(parameter(parameter_key).text(""), type);
  }

  // A column without which the plugin makes no sense.
  template <class T>
  Column<T> column(std::string_view column_name) {
    return declare_column<T>(column_name, SHUNT_REQUIRED);
  }
  // A column that may be absent.
  template <class T>
  Column<T> optional_column(std::string_view column_name) {
    return declare_column<T>(column_name, SHUNT_OPTIONAL);
  }
  // An endpoint label as symbols; labels are always optional.
  Column<Symbol> label(std::string_view key) { return optional_column<Symbol>("label:" + std::string(key)); }
  // A column that is 1 where the endpoint's set holds the request's `field` (SHUNT_FIELD_*).
  Membership membership(std::string_view set_column, std::uint32_t field = SHUNT_FIELD_TARGET_MODEL,
                        std::uint32_t requirement = SHUNT_OPTIONAL) {
    std::uint32_t slot = SHUNT_NONE;
    check(host().membership(raw_->init, to_abi(set_column), field, requirement, &slot));
    return Membership(slot);
  }
  // A request-scoped value to read. `requirement` is SHUNT_REQUIRED or SHUNT_OPTIONAL.
  template <class T>
  Value<T> value(std::string_view value_name, std::uint32_t requirement = SHUNT_REQUIRED) {
    std::uint32_t slot = SHUNT_NONE;
    check(host().value(raw_->init, to_abi(value_name), detail::ValueTraits<T>::kType, requirement, &slot));
    return Value<T>(slot);
  }
  // A request-scoped column to write from produce().
  template <class T>
  Output<T> output(std::string_view column_name) {
    return Output<T>(declare_output<T>(column_name, SHUNT_SCOPE_REQUEST));
  }
  // An endpoint-scoped column to write from extract() and events().
  template <class T>
  EndpointOutput<T> endpoint_output(std::string_view column_name) {
    return EndpointOutput<T>(declare_output<T>(column_name, SHUNT_SCOPE_ENDPOINT));
  }
  // A request-scoped value to write from produce() or pick_profiles().
  template <class T>
  OutputValue<T> output_value(std::string_view value_name) {
    std::uint32_t slot = SHUNT_NONE;
    check(host().output_value(raw_->init, to_abi(value_name), detail::ValueTraits<T>::kType, &slot));
    return OutputValue<T>(slot);
  }
  // Working memory per worker, 64-byte aligned, at most 16 MiB; see Cycle::scratch().
  void scratch(std::size_t bytes) { check(host().scratch(raw_->init, bytes)); }
  // Memory per request, 16-byte aligned, at most 64 KiB; see Cycle::request_state().
  void request_state(std::size_t bytes) { check(host().request_state(raw_->init, bytes)); }

  // The interface of another configured instance. Its hot functions may be called from hot calls, with what enter_peer() gives.
  PeerHandle peer(std::string_view plugin_ref, std::string_view interface_id) {
    PeerHandle found;
    check(host().peer(raw_->init, to_abi(plugin_ref), to_abi(interface_id), &found.table, &found.self, &found.slot));
    return found;
  }
  // Index of a scheduling profile, SHUNT_NONE when there is none of that name.
  std::uint32_t profile(std::string_view profile_name) {
    std::uint32_t index = SHUNT_NONE;
    const Status status = host().profile(raw_->init, to_abi(profile_name), &index);
    if (status != SHUNT_OK && status != SHUNT_NOT_FOUND) throw Error("", status);
    return status == SHUNT_OK ? index : SHUNT_NONE;
  }
  // Number of scheduling profiles: indices are below it.
  std::uint32_t profile_count() { return host().profile_count(raw_->init); }
  // Name of a profile index below profile_count(); valid during construction.
  std::string_view profile_name(std::uint32_t index) { return to_view(host().profile_name(raw_->init, index)); }
  // The symbol of a text of the configuration, which is interned if it is new.
  Symbol intern(std::string_view text) {
    Symbol symbol = 0;
    check(host().intern(raw_->init, to_abi(text), &symbol));
    return symbol;
  }
  // Asks for a page of every endpoint (extractors), at most every 50 ms.
  void fetch(std::string_view path, std::int64_t interval_ns, const PageOptions& options = {}) {
    shunt_fetch page{};
    page.size = sizeof page;
    page.port = options.port;
    page.path = to_abi(path);
    if (options.accept.data() != nullptr) page.accept = to_abi(options.accept);
    page.interval_ns = interval_ns;
    page.flags = options.failures ? SHUNT_FETCH_FAILURES : 0u;
    check(host().fetch(raw_->init, &page));
  }
  // Registers a metric: names without prefix, "hits_total"; one name may come several times with different labels. The bounds of
  // a histogram are the upper ones of its buckets, ascending.
  shunt_metric* counter(std::string_view metric, std::string_view help, MetricLabels labels = {}) {
    return add_metric(SHUNT_METRIC_COUNTER, metric, help, labels, {});
  }
  // As counter(), for what goes up and down.
  shunt_metric* gauge(std::string_view metric, std::string_view help, MetricLabels labels = {}) {
    return add_metric(SHUNT_METRIC_GAUGE, metric, help, labels, {});
  }
  // As counter(), for a distribution.
  shunt_metric* histogram(std::string_view metric, std::string_view help, std::span<const double> bounds,
                          MetricLabels labels = {}) {
    return add_metric(SHUNT_METRIC_HISTOGRAM, metric, help, labels, bounds);
  }

  // The host's table, which lives as long as the process.
  const shunt_host& host() const noexcept { return *raw_->host; }
  const shunt_create_info& raw() const noexcept { return *raw_; }

 private:
  template <class T>
  Column<T> declare_column(std::string_view column_name, std::uint32_t requirement) {
    std::uint32_t slot = SHUNT_NONE;
    check(host().column(raw_->init, to_abi(column_name), detail::ColumnTraits<T>::kType, requirement, &slot));
    return Column<T>(slot);
  }
  template <class T>
  std::uint32_t declare_output(std::string_view column_name, std::uint32_t scope) {
    std::uint32_t slot = SHUNT_NONE;
    check(host().output(raw_->init, to_abi(column_name), detail::ColumnTraits<T>::kType, scope, &slot));
    return slot;
  }
  shunt_metric* add_metric(std::uint32_t kind, std::string_view metric, std::string_view help, MetricLabels labels,
                           std::span<const double> bounds) {
    std::vector<shunt_pair> pairs;
    for (const MetricLabel& label : labels) pairs.push_back({to_abi(label.name), to_abi(label.value)});
    shunt_metric_spec spec{};
    spec.size = sizeof spec;
    spec.kind = kind;
    spec.name = to_abi(metric);
    spec.help = to_abi(help);
    spec.labels = pairs.data();
    spec.bounds = bounds.data();
    spec.n_labels = static_cast<std::uint32_t>(pairs.size());
    spec.n_bounds = static_cast<std::uint32_t>(bounds.size());
    shunt_metric* registered = nullptr;
    check(host().metric(raw_->init, &spec, &registered));
    return registered;
  }
  static std::string prefix(std::string_view instance, std::string_view type) {
    return instance.empty() || instance == type ? std::string() : std::string(instance) + "/";
  }
  // The host has set a text of its own, better than any from here: an Error with an empty text keeps it.
  static void check(Status status) {
    if (status != SHUNT_OK) throw Error("", status);
  }
  const shunt_create_info* raw_;
};

inline Parameter::Parameter(const Init& init, std::string pointer) : init_(&init), pointer_(std::move(pointer)) {
  raw_.size = sizeof raw_;
  if (const Status status = init.host().parameter(init.raw().init, to_abi(pointer_), &raw_); status != SHUNT_OK) {
    throw Error("", status);
  }
}

inline Parameter Parameter::operator[](std::string_view key) const {
  std::string path = pointer_ + "/";
  for (const char c : key) {
    if (c == '~')
      path += "~0";
    else if (c == '/')
      path += "~1";
    else
      path += c;
  }
  return {*init_, std::move(path)};
}

inline std::vector<std::string> Parameter::keys() const {
  std::vector<std::string> found;
  if (raw_.type != SHUNT_PARAMETER_OBJECT) return found;
  for (std::uint64_t i = 0; i < raw_.length; ++i) {
    shunt_parameter key{};
    key.size = sizeof key;
    if (init_->host().parameter_key(init_->raw().init, to_abi(pointer_), i, &key) == SHUNT_OK) {
      found.emplace_back(to_view(key.text));
    }
  }
  return found;
}

}  // namespace shunt::sdk
