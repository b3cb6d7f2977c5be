// SPDX-License-Identifier: Apache-2.0
// Discovery files of both kinds: what is found is sound, what is not found has been complained about. And the DNS messages that
// SRV records come in.
#include <shunt/framework/endpoint_table.hpp>

#include <memory>
#include <set>

#include "address.hpp"
#include "data/discovery_file.hpp"
#include "data/resolver.hpp"
#include "properties.hpp"

namespace {

using shunt::fuzz::require;

constexpr const char* kFile = "discovery";
// There is no such folder: names of metrics pages lead nowhere.
constexpr const char* kFolder = "no-such-folder";

void read_file(const std::string& text) {
  // A fuzzer must not read whatever file it happens to name.
  if (text.find("metricsFile") != std::string::npos) return;
  shunt::Diagnostics diagnostics;
  const auto found = shunt::host::read_discovery_file(kFile, text, kFolder, diagnostics);
  shunt::fuzz::require_sound(diagnostics, text, kFile);
  require(found.has_value() || diagnostics.has_errors(), "a file is refused without a word");
  if (!found) return;
  require(found->skipped == 0 || diagnostics.has_errors(), "an entry is left out without a word");
  shunt::EndpointTable table(std::make_shared<shunt::AttributeTable>());
  for (const shunt::host::EndpointEntry& entry : found->endpoints) {
    const shunt::EndpointDefinition& endpoint = entry.definition;
    require(shunt::host::problem_of_address(endpoint.address).empty(), "an address is wrong:", endpoint.address);
    require(table.add(endpoint).has_value(), "an endpoint cannot be added:", endpoint.name);
  }
}

void read_message(const std::uint8_t* data, std::size_t size) {
  const auto records = shunt::host::read_service_records({data, size});
  if (!records) return;
  for (const shunt::host::ServiceRecord& record : *records) {
    require(record.port != 0, "a service without a port");
    require(!record.target.empty(), "a service without a host");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_file(std::string(shunt::fuzz::text_of(data, size)));
  read_message(data, size);
  return 0;
}
