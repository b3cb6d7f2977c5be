// SPDX-License-Identifier: Apache-2.0
// output.hpp: columns that a plugin writes: request-scoped ones in produce(), endpoint-scoped ones in extract() and events().
//
//   shunt::sdk::Output<double> matched;                  // = init.output<double>("prefix_matched_blocks")
//   matched(outputs).set_all_present()[row] = 3;         // in produce(); rows not written read 0
#pragma once

#include <shunt/abi/producer.h>
#include <shunt/sdk/cycle.hpp>
#include <shunt/sdk/view.hpp>

#include <span>

namespace shunt::sdk {

// The outputs of one produce() call.
class Outputs {
 public:
  // `stride` is the distance of two outputs in bytes, at least the size of one.
  Outputs(shunt_output* first, std::size_t size, std::size_t stride) noexcept
      : first_(reinterpret_cast<std::byte*>(first)), size_(size), stride_(stride) {}
  // Number of outputs.
  std::size_t size() const noexcept { return size_; }
  // The output of a slot below size().
  shunt_output& operator[](std::size_t slot) const noexcept {
    return *reinterpret_cast<shunt_output*>(first_ + slot * stride_);
  }

 private:
  std::byte* first_;
  std::size_t size_;
  std::size_t stride_;
};

// One output column being written; arrives zeroed and absent.
template <class T>
class OutputColumn {
 public:
  // Type of a row: double, or std::uint8_t for flags.
  using Stored = typename detail::ColumnTraits<T>::Stored;
  // Writes to `raw`, which the host owns.
  explicit OutputColumn(shunt_output& raw) noexcept : raw_(&raw) {}

  // Every row has a value; those not written read 0. Returns the rows.
  std::span<Stored> set_all_present() const noexcept {
    raw_->state = SHUNT_OUTPUT_ALL;
    return {static_cast<Stored*>(raw_->data), raw_->rows};
  }
  // Gives one row a value; the others stay as they are: absent, or after set_all_present() present.
  void set(std::size_t row, Stored value) const noexcept {
    if (raw_->state != SHUNT_OUTPUT_ALL) raw_->state = SHUNT_OUTPUT_PARTIAL;
    static_cast<Stored*>(raw_->data)[row] = value;
    raw_->valid[row] = 1;
  }

 private:
  shunt_output* raw_;
};

// A column that the constructor declared to write from produce(); call it with the outputs of that call.
template <class T>
class Output {
 public:
  Output() = default;
  explicit Output(std::uint32_t slot) noexcept : slot_(slot) {}
  // The column in this call.
  OutputColumn<T> operator()(const Outputs& outputs) const noexcept { return OutputColumn<T>(outputs[slot_]); }

 private:
  std::uint32_t slot_ = SHUNT_NONE;
};

// An endpoint column, visible in the next snapshot. T is double, Flag, Symbol (written as text) or Set (written as texts).
template <class T>
class EndpointOutput {
 public:
  EndpointOutput() = default;
  explicit EndpointOutput(std::uint32_t slot) noexcept : slot_(slot) {}

  // Writes one cell, of the endpoint with this key, from extract() or events(). An unknown key is SHUNT_NOT_FOUND, a number
  // that is not finite SHUNT_INVALID.
  Status put(const Context& context, std::uint64_t endpoint_key, double value) const noexcept
    requires std::same_as<T, double>
  {
    return context.host().put_number(context.raw_context(), slot_, endpoint_key, value);
  }
  // As above, for flags.
  Status put(const Context& context, std::uint64_t endpoint_key, bool value) const noexcept
    requires std::same_as<T, Flag>
  {
    return context.host().put_flag(context.raw_context(), slot_, endpoint_key, value ? 1u : 0u);
  }
  // As above, for symbols.
  Status put(const Context& context, std::uint64_t endpoint_key, std::string_view text) const noexcept
    requires std::same_as<T, Symbol>
  {
    return context.host().put_text(context.raw_context(), slot_, endpoint_key, to_abi(text));
  }
  // As above, for sets.
  Status put(const Context& context, std::uint64_t endpoint_key, std::span<const shunt_str> names) const noexcept
    requires std::same_as<T, Set>
  {
    return context.host().put_set(context.raw_context(), slot_, endpoint_key, names.data(), names.size());
  }
  // Makes one cell absent again.
  Status put_absent(const Context& context, std::uint64_t endpoint_key) const noexcept {
    return context.host().put_absent(context.raw_context(), slot_, endpoint_key);
  }

 private:
  std::uint32_t slot_ = SHUNT_NONE;
};

}  // namespace shunt::sdk
