// SPDX-License-Identifier: Apache-2.0
// resolver.hpp: questions to the DNS. Each blocks, so they are asked on a thread of their own.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace shunt::host {

enum class Lookup : std::uint8_t {
  Answered,    // the list is what the DNS knows, even where it is empty
  NoSuchName,  // the name does not exist
  Failed       // nobody knows: no server answered, or it had trouble itself
};

struct AddressAnswer {
  Lookup result = Lookup::Failed;
  std::vector<boost::asio::ip::address> addresses = {};
  std::string problem = {};
};

// What an SRV record says.
struct ServiceRecord {
  std::string target;
  std::uint16_t port = 0;
};

struct ServiceAnswer {
  Lookup result = Lookup::Failed;
  std::vector<ServiceRecord> records = {};
  std::string problem = {};
};

enum class AddressFamily : std::uint8_t { V4, V6, Any };

class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual AddressAnswer addresses(const std::string& name, AddressFamily family) = 0;
  virtual ServiceAnswer services(const std::string& name) = 0;
};

// Asks as every program of this machine does: with its hosts file for addresses, and its name servers.
class SystemResolver final : public Resolver {
 public:
  // A name server at this IPv4 address and port in place of the machine's own.
  struct Server {
    std::uint32_t address = 0;
    std::uint16_t port = 0;
  };
  explicit SystemResolver(std::optional<Server> server = std::nullopt) : server_(server) {}

  AddressAnswer addresses(const std::string& name, AddressFamily family) override;
  ServiceAnswer services(const std::string& name) override;

 private:
  std::optional<Server> server_;
};

// The records of a DNS message; nothing where it is not one.
std::optional<std::vector<ServiceRecord>> read_service_records(std::span<const std::uint8_t> message);

}  // namespace shunt::host
