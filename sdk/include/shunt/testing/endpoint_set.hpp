// SPDX-License-Identifier: Apache-2.0
// endpoint_set.hpp: the endpoints of a test and what is known about them.
//
//   EndpointSet endpoints;
//   endpoints.add("pod-0").number("queue", 3).flag("healthy", true).text("zone", "a").label("role", "decode");
//   endpoints.add("pod-1").number("queue", 5).set("active_models", {"llama", "qwen"});
#pragma once

#include <shunt/testing/fake_host.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::testing {

// One endpoint. Columns of every scope are stated alike: what a producer would have written is a number like any other.
class Endpoint {
 public:
  // An endpoint without columns.
  explicit Endpoint(std::string name) : name_(std::move(name)) {}

  // Sets the content of a column of this type, and returns the endpoint for the next one:
  Endpoint& number(const std::string& column, double value) { return put(column, value); }
  Endpoint& flag(const std::string& column, bool value) { return put(column, value); }
  Endpoint& text(const std::string& column, std::string value) { return put(column, std::move(value)); }
  Endpoint& set(const std::string& column, TextSet members) { return put(column, std::move(members)); }
  Endpoint& label(const std::string& key, std::string value) { return put("label:" + key, std::move(value)); }
  // Sets the content of a column of any type; std::monostate makes it absent.
  Endpoint& put(const std::string& column, Cell content) {
    cells_[column] = std::move(content);
    return *this;
  }
  // When a column's value was measured. Columns without are current.
  Endpoint& as_of(const std::string& column, std::int64_t time_ns) {
    ages_[column] = time_ns;
    return *this;
  }

  // Name, unique in its set.
  const std::string& name() const { return name_; }
  // What plugins see of the name: FakeHost::key_of().
  std::uint64_t key() const { return FakeHost::key_of(name_); }
  // The content of a column; monostate where the endpoint has none.
  const Cell& cell(const std::string& column) const {
    static const Cell kNothing;
    const auto found = cells_.find(column);
    return found == cells_.end() ? kNothing : found->second;
  }
  // What as_of() said; nothing: current.
  std::optional<std::int64_t> age(const std::string& column) const {
    const auto found = ages_.find(column);
    if (found == ages_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::string name_;
  std::map<std::string, Cell> cells_;
  std::map<std::string, std::int64_t> ages_;
};

// Endpoints in the order of the base view.
class EndpointSet {
 public:
  // The reference stays valid as long as the set.
  Endpoint& add(std::string name) {
    for (const Endpoint& known : endpoints_) {
      if (known.name() == name) throw std::invalid_argument("endpoint \"" + name + "\" exists already");
    }
    return endpoints_.emplace_back(std::move(name));
  }
  // Adds `count` endpoints "pod-0", "pod-1" and so on.
  EndpointSet& add_many(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add("pod-" + std::to_string(i));
    return *this;
  }
  // Takes over what plugins wrote with put_*(), as the next snapshot does.
  void apply(const std::vector<WrittenCell>& written) {
    for (const WrittenCell& cell : written) {
      for (Endpoint& endpoint : endpoints_) {
        if (endpoint.key() == cell.endpoint) endpoint.put(cell.column, cell.content);
      }
    }
  }

  // Number of endpoints.
  std::size_t size() const { return endpoints_.size(); }
  // The endpoint of a base row; throws std::out_of_range beyond them:
  Endpoint& operator[](std::size_t row) { return endpoints_.at(row); }
  const Endpoint& operator[](std::size_t row) const { return endpoints_.at(row); }
  // Key of the endpoint of a base row.
  std::uint64_t key(std::size_t row) const { return endpoints_.at(row).key(); }
  // Row of an endpoint; throws std::out_of_range for an unknown name.
  std::uint32_t row(std::string_view name) const {
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      if (endpoints_[i].name() == name) return static_cast<std::uint32_t>(i);
    }
    throw std::out_of_range("no endpoint \"" + std::string(name) + "\"");
  }

 private:
  std::deque<Endpoint> endpoints_;
};

}  // namespace shunt::testing
