// SPDX-License-Identifier: Apache-2.0
// value.hpp: request-scoped values, one datum per request, read and written.
//
//   shunt::sdk::Value<double> total_blocks;   // = init.value<double>("prefix_total_blocks")
//   if (const auto total = total_blocks(cycle)) use(*total);
#pragma once

#include <shunt/sdk/cycle.hpp>

#include <optional>

namespace shunt::sdk {

// Content of a value that names an endpoint.
struct EndpointKey {
  std::uint64_t key;  // see View::key()
};

namespace [[gnu::visibility("hidden")]] detail {
template <class T>
struct ValueTraits;
template <>
struct ValueTraits<double> {
  static constexpr std::uint32_t kType = SHUNT_VALUE_NUMBER;
  static double get(const shunt_value& value) noexcept { return value.number; }
  static void set(shunt_value& value, double number) noexcept { value.number = number; }
};
template <>
struct ValueTraits<EndpointKey> {
  static constexpr std::uint32_t kType = SHUNT_VALUE_ENDPOINT;
  static EndpointKey get(const shunt_value& value) noexcept { return {value.key}; }
  static void set(shunt_value& value, EndpointKey endpoint) noexcept { value.key = endpoint.key; }
};
template <>
struct ValueTraits<Symbol> {
  static constexpr std::uint32_t kType = SHUNT_VALUE_SYMBOL;
  static Symbol get(const shunt_value& value) noexcept { return value.symbol; }
  static void set(shunt_value& value, Symbol symbol) noexcept { value.symbol = symbol; }
};
template <>
struct ValueTraits<std::string_view> {
  static constexpr std::uint32_t kType = SHUNT_VALUE_TEXT;
  static std::string_view get(const shunt_value& value) noexcept { return to_view(value.text); }
  static void set(shunt_value& value, std::string_view text) noexcept { value.text = to_abi(text); }
};
}  // namespace detail

// A value that the constructor declared to read.
template <class T>
class Value {
 public:
  Value() = default;
  explicit Value(std::uint32_t slot) noexcept : slot_(slot) {}
  // What was written in this request; nothing when nobody did. Texts are valid until the call returns.
  std::optional<T> operator()(const Cycle& cycle) const noexcept {
    const shunt_value& value = *cycle.raw().values[slot_];
    if (value.present == 0) return std::nullopt;
    return detail::ValueTraits<T>::get(value);
  }

 private:
  std::uint32_t slot_ = SHUNT_NONE;
};

// A value that the constructor declared to write, from produce() or pick_profiles().
template <class T>
class OutputValue {
 public:
  OutputValue() = default;
  explicit OutputValue(std::uint32_t slot) noexcept : slot_(slot) {}
  // Writes the value; texts are copied. The same value again: later wins.
  Status set(const Cycle& cycle, T content) const noexcept {
    shunt_value value{};
    value.size = sizeof(shunt_value);
    value.type = detail::ValueTraits<T>::kType;
    value.present = 1;
    detail::ValueTraits<T>::set(value, content);
    return cycle.host().set_value(cycle.raw_context(), slot_, &value);
  }

 private:
  std::uint32_t slot_ = SHUNT_NONE;
};

}  // namespace shunt::sdk
