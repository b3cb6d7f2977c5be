// SPDX-License-Identifier: Apache-2.0
#include "data/dns_endpoints.hpp"

#include <map>
#include <utility>

namespace shunt::host {
namespace {

using Type = DnsDiscoverySettings::Type;

std::string_view to_string(Type type) { return type == Type::A ? "A" : type == Type::Aaaa ? "AAAA" : "SRV"; }

std::string written(const boost::asio::ip::address& address, std::uint16_t port) {
  const std::string host = address.to_string();
  return (address.is_v6() ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

std::string failure(const std::string& name, const std::string& problem) { return "\"" + name + "\": " + problem; }

class Gathering {
 public:
  explicit Gathering(const DnsDiscoverySettings& settings) : settings_(settings) {}

  void add(const boost::asio::ip::address& address, std::uint16_t port) {
    const std::string text = written(address, port);
    EndpointEntry& entry = entries_[settings_.name + "/" + text];
    entry.definition.address = text;
    entry.definition.labels = settings_.labels;
  }

  DnsEndpoints take() {
    DnsEndpoints out{.good = true};
    for (auto& [name, entry] : entries_) {
      entry.definition.name = name;
      out.endpoints.push_back(std::move(entry));
    }
    return out;
  }

 private:
  const DnsDiscoverySettings& settings_;
  std::map<std::string, EndpointEntry> entries_;
};

DnsEndpoints resolve_services(Resolver& resolver, const DnsDiscoverySettings& settings) {
  const ServiceAnswer services = resolver.services(settings.name);
  if (services.result != Lookup::Answered) return {.problem = failure(settings.name, services.problem)};
  Gathering gathering(settings);
  for (const ServiceRecord& record : services.records) {
    const AddressAnswer answer = resolver.addresses(record.target, AddressFamily::Any);
    if (answer.result == Lookup::NoSuchName) continue;  // a pod that went while its record is still about
    if (answer.result == Lookup::Failed) return {.problem = failure(record.target, answer.problem)};
    for (const auto& address : answer.addresses) gathering.add(address, record.port);
  }
  return gathering.take();
}

}  // namespace

std::string source_name(const DnsDiscoverySettings& settings) {
  std::string out = settings.name;
  if (settings.type != Type::Srv) out += ":" + std::to_string(settings.port);
  return out.append(" (").append(to_string(settings.type)).append(")");
}

DnsEndpoints resolve_endpoints(Resolver& resolver, const DnsDiscoverySettings& settings) {
  if (settings.type == Type::Srv) return resolve_services(resolver, settings);
  const auto family = settings.type == Type::A ? AddressFamily::V4 : AddressFamily::V6;
  const AddressAnswer answer = resolver.addresses(settings.name, family);
  if (answer.result != Lookup::Answered) return {.problem = failure(settings.name, answer.problem)};
  Gathering gathering(settings);
  for (const auto& address : answer.addresses) gathering.add(address, settings.port);
  return gathering.take();
}

}  // namespace shunt::host
