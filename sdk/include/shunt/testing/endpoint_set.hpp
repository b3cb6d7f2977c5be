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
#include <string>
#include <string_view>
#include <vector>

namespace shunt::testing {

// One endpoint. Columns of every scope are stated alike: what a producer would have written is a number like any other.
class Endpoint {
 public:
  // An endpoint without columns.
  explicit Endpoint(std::string name);

  // Sets the content of a column of this type, and returns the endpoint for the next one:
  Endpoint& number(const std::string& column, double value);
  Endpoint& flag(const std::string& column, bool value);
  Endpoint& text(const std::string& column, std::string value);
  Endpoint& set(const std::string& column, TextSet members);
  Endpoint& label(const std::string& key, std::string value);
  // Sets the content of a column of any type; std::monostate makes it absent.
  Endpoint& put(const std::string& column, Cell content);
  // When a column's value was measured. Columns without are current.
  Endpoint& as_of(const std::string& column, std::int64_t time_ns);

  // Name, unique in its set.
  const std::string& name() const { return name_; }
  // What plugins see of the name: FakeHost::key_of().
  std::uint64_t key() const;
  // The content of a column; monostate where the endpoint has none.
  const Cell& cell(const std::string& column) const;
  // What as_of() said; nothing: current.
  std::optional<std::int64_t> age(const std::string& column) const;

 private:
  std::string name_;
  std::map<std::string, Cell> cells_;
  std::map<std::string, std::int64_t> ages_;
};

// Endpoints in the order of the base view.
class EndpointSet {
 public:
  // An empty set, and copies of one. References to endpoints stay with the set that they came from:
  EndpointSet();
  EndpointSet(const EndpointSet&);
  EndpointSet(EndpointSet&&) noexcept;
  EndpointSet& operator=(const EndpointSet&);
  EndpointSet& operator=(EndpointSet&&) noexcept;
  ~EndpointSet();

  // The reference stays valid as long as the set.
  Endpoint& add(std::string name);
  // Adds `count` endpoints "pod-0", "pod-1" and so on.
  EndpointSet& add_many(std::size_t count);
  // Takes over what plugins wrote with put_*(), as the next snapshot does.
  void apply(const std::vector<WrittenCell>& written);

  // Number of endpoints.
  std::size_t size() const;
  // The endpoint of a base row; throws std::out_of_range beyond them:
  Endpoint& operator[](std::size_t row);
  const Endpoint& operator[](std::size_t row) const;
  // Key of the endpoint of a base row.
  std::uint64_t key(std::size_t row) const;
  // Row of an endpoint; throws std::out_of_range for an unknown name.
  std::uint32_t row(std::string_view name) const;

 private:
  std::deque<Endpoint> endpoints_;
};

}  // namespace shunt::testing
