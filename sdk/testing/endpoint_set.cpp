// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/endpoint_set.hpp>

#include <stdexcept>
#include <utility>

namespace shunt::testing {

Endpoint::Endpoint(std::string name) : name_(std::move(name)) {}

Endpoint& Endpoint::number(const std::string& column, double value) { return put(column, value); }

Endpoint& Endpoint::flag(const std::string& column, bool value) { return put(column, value); }

Endpoint& Endpoint::text(const std::string& column, std::string value) { return put(column, std::move(value)); }

Endpoint& Endpoint::set(const std::string& column, TextSet members) { return put(column, std::move(members)); }

Endpoint& Endpoint::label(const std::string& key, std::string value) { return put("label:" + key, std::move(value)); }

Endpoint& Endpoint::put(const std::string& column, Cell content) {
  cells_[column] = std::move(content);
  return *this;
}

Endpoint& Endpoint::as_of(const std::string& column, std::int64_t time_ns) {
  ages_[column] = time_ns;
  return *this;
}

std::uint64_t Endpoint::key() const { return FakeHost::key_of(name_); }

const Cell& Endpoint::cell(const std::string& column) const {
  static const Cell kNothing;
  const auto found = cells_.find(column);
  return found == cells_.end() ? kNothing : found->second;
}

std::optional<std::int64_t> Endpoint::age(const std::string& column) const {
  const auto found = ages_.find(column);
  if (found == ages_.end()) return std::nullopt;
  return found->second;
}

Endpoint& EndpointSet::add(std::string name) {
  for (const Endpoint& known : endpoints_) {
    if (known.name() == name) throw std::invalid_argument("endpoint \"" + name + "\" exists already");
  }
  return endpoints_.emplace_back(std::move(name));
}

EndpointSet& EndpointSet::add_many(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) add("pod-" + std::to_string(i));
  return *this;
}

void EndpointSet::apply(const std::vector<WrittenCell>& written) {
  for (const WrittenCell& cell : written) {
    for (Endpoint& endpoint : endpoints_) {
      if (endpoint.key() == cell.endpoint) endpoint.put(cell.column, cell.content);
    }
  }
}

std::uint32_t EndpointSet::row(std::string_view name) const {
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    if (endpoints_[i].name() == name) return static_cast<std::uint32_t>(i);
  }
  throw std::out_of_range("no endpoint \"" + std::string(name) + "\"");
}

std::size_t EndpointSet::size() const { return endpoints_.size(); }

Endpoint& EndpointSet::operator[](std::size_t row) { return endpoints_.at(row); }

const Endpoint& EndpointSet::operator[](std::size_t row) const { return endpoints_.at(row); }

std::uint64_t EndpointSet::key(std::size_t row) const { return endpoints_.at(row).key(); }

// Here, so that no test generates the code of the containers.
EndpointSet::EndpointSet() = default;
EndpointSet::EndpointSet(const EndpointSet&) = default;
EndpointSet::EndpointSet(EndpointSet&&) noexcept = default;
EndpointSet& EndpointSet::operator=(const EndpointSet&) = default;
EndpointSet& EndpointSet::operator=(EndpointSet&&) noexcept = default;
EndpointSet::~EndpointSet() = default;

}  // namespace shunt::testing
