// SPDX-License-Identifier: Apache-2.0
#include "data/resolver.hpp"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace shunt::host {
namespace {

// What a program that ends waits for at most: this many seconds, twice, for each name server.
constexpr int kSecondsPerTry = 1;
constexpr int kTries = 2;

void set_up(res_state state, const std::optional<SystemResolver::Server>& server) {
  state->retrans = kSecondsPerTry;
  state->retry = kTries;
  if (!server) return;
  state->nscount = 1;
  state->nsaddr_list[0] = {};
  state->nsaddr_list[0].sin_family = AF_INET;
  state->nsaddr_list[0].sin_addr.s_addr = htonl(server->address);
  state->nsaddr_list[0].sin_port = htons(server->port);
}

boost::asio::ip::address address_of(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, info.ai_addr, sizeof v4);
    return boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, info.ai_addr, sizeof v6);
  boost::asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
  return boost::asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

// A state of its own, read from the machine's settings anew: they may have changed.
class QueryState {
 public:
  explicit QueryState(const std::optional<SystemResolver::Server>& server) : ready_(res_ninit(&state_) == 0) {
    if (ready_) set_up(&state_, server);
  }
  ~QueryState() {
    if (ready_) res_nclose(&state_);
  }
  QueryState(const QueryState&) = delete;
  QueryState& operator=(const QueryState&) = delete;
  bool ready() const { return ready_; }
  res_state get() { return &state_; }

 private:
  struct __res_state state_ {};
  bool ready_;
};

}  // namespace

AddressAnswer SystemResolver::addresses(const std::string& name, AddressFamily family) {
  // getaddrinfo() goes by the state of the calling thread.
  if (res_init() == 0) set_up(&_res, server_);
  addrinfo wanted{};
  wanted.ai_family = family == AddressFamily::V4 ? AF_INET : family == AddressFamily::V6 ? AF_INET6 : AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int problem = ::getaddrinfo(name.c_str(), nullptr, &wanted, &raw);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(raw, ::freeaddrinfo);
  AddressAnswer answer;
  switch (problem) {
    case 0: answer.result = Lookup::Answered; break;
    case EAI_NODATA: answer.result = Lookup::Answered; return answer;
    case EAI_NONAME: answer.result = Lookup::NoSuchName; break;
    default: break;
  }
  if (problem != 0) {
    answer.problem = ::gai_strerror(problem);
    return answer;
  }
  for (const addrinfo* info = raw; info != nullptr; info = info->ai_next) answer.addresses.push_back(address_of(*info));
  return answer;
}

ServiceAnswer SystemResolver::services(const std::string& name) {
  ServiceAnswer answer;
  QueryState state(server_);
  if (!state.ready()) {
    answer.problem = "the resolver cannot be set up";
    return answer;
  }
  // As long as a message can be; a longer answer than fits into a datagram comes over TCP by itself.
  std::vector<std::uint8_t> message(NS_MAXMSG);
  const int size =
      res_nquery(state.get(), name.c_str(), ns_c_in, ns_t_srv, message.data(), static_cast<int>(message.size()));
  if (size < 0) {
    const int why = state.get()->res_h_errno;
    answer.result = why == NO_DATA ? Lookup::Answered : why == HOST_NOT_FOUND ? Lookup::NoSuchName : Lookup::Failed;
    if (answer.result != Lookup::Answered) answer.problem = ::hstrerror(why);
    return answer;
  }
  auto records = read_service_records({message.data(), static_cast<std::size_t>(size)});
  if (!records) {
    answer.problem = "the answer of the name server cannot be read";
    return answer;
  }
  answer.result = Lookup::Answered;
  answer.records = std::move(*records);
  return answer;
}

std::optional<std::vector<ServiceRecord>> read_service_records(std::span<const std::uint8_t> message) {
  ns_msg parsed;
  if (ns_initparse(message.data(), static_cast<int>(message.size()), &parsed) != 0) return std::nullopt;
  std::vector<ServiceRecord> out;
  for (int i = 0; i < ns_msg_count(parsed, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&parsed, ns_s_an, i, &record) != 0) return std::nullopt;
    if (ns_rr_type(record) != ns_t_srv) continue;  // an alias on the way
    constexpr std::size_t kFixed = 6;              // priority, weight, port
    if (ns_rr_rdlen(record) <= kFixed) return std::nullopt;
    const std::uint8_t* const data = ns_rr_rdata(record);
    std::array<char, NS_MAXDNAME> target{};
    if (ns_name_uncompress(message.data(), message.data() + message.size(), data + kFixed, target.data(),
                           target.size()) < 0) {
      return std::nullopt;
    }
    const auto port = static_cast<std::uint16_t>((unsigned{data[4]} << 8) | data[5]);
    const std::string_view name = target.data();
    // "." means that the service is not offered.
    if (!name.empty() && name != "." && port != 0) out.push_back({std::string(name), port});
  }
  return out;
}

}  // namespace shunt::host
