// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/library.hpp>

#include <cstdint>
#include <string_view>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Outcome;
using shunt::sdk::ProfileList;
using shunt::sdk::Status;
using shunt::sdk::Symbol;
using shunt::sdk::View;

constexpr std::string_view kHeader = "x-data-parallel-host-port";
constexpr double kPrimaryPort = 8000;

class DataParallelProfileHandler {
 public:
  SHUNT_PLUGIN("data-parallel-profile-handler", "1.0.0",
               "Sends requests to the primary port of a server and names the rank that was chosen in a header")
  static constexpr std::string_view kParametersSchema = R"({
    "type": "object", "additionalProperties": false, "properties": {
      "primaryPort": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 8000,
        "description": "Port at which the side-car of a server with several ranks takes requests"}}})";

  explicit DataParallelProfileHandler(Init& init)
      : port_(static_cast<std::uint16_t>(init.parameter("primaryPort").number(kPrimaryPort))),
        address_(init.column<Symbol>("endpoint:address")) {
    if (init.profile_count() > 1) throw Error("it handles one scheduling profile, and there are several");
  }

  void pick_profiles(const Cycle& cycle, View, ProfileList& next) const {
    if (cycle.results().empty()) next.add(0);
  }

  Status process_results(const Cycle& cycle, View base, Outcome& outcome) const {
    if (cycle.results().empty()) return SHUNT_OK;
    outcome.choose(0);
    const auto addresses = address_(base);
    if (!cycle.results()[0].succeeded() || !addresses.has(cycle.results()[0].picks()[0])) {
      return shunt::sdk::remove_request_header(cycle, kHeader);
    }
    const std::string_view rank = cycle.symbol_text(addresses[cycle.results()[0].picks()[0]]);
    if (const Status status = shunt::sdk::set_request_header(cycle, kHeader, rank); status < 0) return status;
    return shunt::sdk::set_target_port(cycle, port_);
  }

 private:
  std::uint16_t port_;
  Column<Symbol> address_;
};

}  // namespace

SHUNT_LIBRARY(DataParallelProfileHandler)
