// SPDX-License-Identifier: Apache-2.0
// The system's resolver against a name server of the test, over UDP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "running_host.hpp"
#include "scripted_server.hpp"

namespace {

using namespace shunt::host;
using shunt::host::testing::RunningHost;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int kNoError = 0;
constexpr int kServerFailed = 2;
constexpr int kNoSuchName = 3;
constexpr int kAddress = 1;
constexpr int kService = 33;

struct Answer {
  int code = kNoError;
  std::vector<std::string> records = {};  // data
};

class NameServer {
 public:
  // By name and type of the record.
  using Answers = std::function<Answer(const std::string& name, int type)>;
  explicit NameServer(Answers answers) : answers_(std::move(answers)) {
    descriptor_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    ending_ = true;
    thread_.join();
    ::close(descriptor_);
  }
  SystemResolver::Server where() const { return {INADDR_LOOPBACK, port_}; }

  static std::string word(unsigned number) {
    return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
  }
  static std::string service(unsigned port, const std::string& target) {
    std::string out = word(0) + word(0) + word(port);
    for (std::size_t begin = 0; begin < target.size();) {
      const std::size_t end = std::min(target.find('.', begin), target.size());
      out += static_cast<char>(end - begin);
      out += target.substr(begin, end - begin);
      begin = end + 1;
    }
    return out + '\0';
  }

 private:
  void serve() {
    pollfd one{descriptor_, POLLIN, 0};
    while (!ending_) {
      if (::poll(&one, 1, 20) <= 0) continue;
      char question[512];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t n =
          ::recvfrom(descriptor_, question, sizeof question, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (n < 17) continue;
      std::string name;
      std::size_t at = 12;
      while (at < static_cast<std::size_t>(n) && question[at] != 0) {
        const auto length = static_cast<std::size_t>(question[at]);
        if (!name.empty()) name += '.';
        name.append(question + at + 1, length);
        at += length + 1;
      }
      const int type = static_cast<unsigned char>(question[at + 2]);
      const Answer answer = answers_(name, type);
      std::string reply(question, 2);
      reply += word(0x8180u | static_cast<unsigned>(answer.code)) + word(1) +
               word(static_cast<unsigned>(answer.records.size())) + word(0) + word(0);
      reply.append(question + 12, at + 5 - 12);
      for (const std::string& data : answer.records) {
        reply += word(0xc00c) + word(static_cast<unsigned>(type)) + word(1) + word(0) + word(1) +
                 word(static_cast<unsigned>(data.size())) + data;
      }
      ::sendto(descriptor_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  Answers answers_;
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

Answer pool(const std::string& name, int type) {
  if (name == "broken.test") return {kServerFailed, {}};
  if (name == "empty.test") return {};
  if (name == "pool.test" && type == kAddress) return {kNoError, {"\x7f\x01\x02\x03", "\x7f\x01\x02\x04"}};
  if (name == "pool.test") return {};
  if (name == "_http._tcp.pool.test" && type == kService)
    return {kNoError, {NameServer::service(8000, "pool.test"), NameServer::service(8001, "gone.test")}};
  return {kNoSuchName, {}};
}

std::vector<std::string> texts(const AddressAnswer& answer) {
  std::vector<std::string> out;
  for (const auto& address : answer.addresses) out.push_back(address.to_string());
  return out;
}

TEST(SystemResolver, FindsAddresses) {
  NameServer server(pool);
  SystemResolver resolver(server.where());
  const AddressAnswer found = resolver.addresses("pool.test", AddressFamily::V4);
  EXPECT_EQ(found.result, Lookup::Answered) << found.problem;
  EXPECT_THAT(texts(found), UnorderedElementsAre("127.1.2.3", "127.1.2.4"));
  EXPECT_THAT(texts(resolver.addresses("pool.test", AddressFamily::Any)),
              UnorderedElementsAre("127.1.2.3", "127.1.2.4"));
  EXPECT_THAT(texts(resolver.addresses("127.0.0.9", AddressFamily::V4)), ElementsAre("127.0.0.9"));
}

TEST(SystemResolver, TellsFailuresApart) {
  NameServer server(pool);
  SystemResolver resolver(server.where());
  EXPECT_EQ(resolver.addresses("empty.test", AddressFamily::V4).result, Lookup::Answered);
  EXPECT_EQ(resolver.addresses("nobody.test", AddressFamily::V4).result, Lookup::NoSuchName);
  const AddressAnswer broken = resolver.addresses("broken.test", AddressFamily::V4);
  EXPECT_EQ(broken.result, Lookup::Failed);
  EXPECT_FALSE(broken.problem.empty());
  EXPECT_EQ(resolver.services("empty.test").result, Lookup::Answered);
  EXPECT_EQ(resolver.services("nobody.test").result, Lookup::NoSuchName);
  EXPECT_EQ(resolver.services("broken.test").result, Lookup::Failed);
  SystemResolver nobody(SystemResolver::Server{INADDR_LOOPBACK, 1});
  EXPECT_EQ(nobody.services("pool.test").result, Lookup::Failed);
  EXPECT_EQ(nobody.addresses("pool.test", AddressFamily::V4).result, Lookup::Failed);
}

TEST(SystemResolver, FindsServices) {
  NameServer server(pool);
  SystemResolver resolver(server.where());
  const ServiceAnswer found = resolver.services("_http._tcp.pool.test");
  ASSERT_EQ(found.result, Lookup::Answered) << found.problem;
  ASSERT_EQ(found.records.size(), 2u);
  EXPECT_EQ(found.records[0].target, "pool.test");
  EXPECT_EQ(found.records[0].port, 8000);
}

TEST(RunningHost, NamesBringEndpoints) {
  std::atomic<int> phase{0};
  NameServer server([&](const std::string& name, int type) {
    if (phase == 1) return Answer{kServerFailed, {}};
    if (phase == 2 && name == "pool.test" && type == kAddress) return Answer{kNoError, {"\x7f\x01\x02\x04"}};
    return pool(name, type);
  });
  RunningHost host(R"("plugins": [{"type": "max-score-picker"}],
      "dataLayer": {"healthCheck": {"enabled": false}},
      "discovery": {"dns": [{"name": "_http._tcp.pool.test", "type": "SRV", "intervalMs": 100}]})",
                   std::make_unique<SystemResolver>(server.where()));
  ASSERT_TRUE(host.until([&] { return host.names().size() == 2; }));
  EXPECT_THAT(host.names(), ElementsAre("_http._tcp.pool.test/127.1.2.3:8000", "_http._tcp.pool.test/127.1.2.4:8000"));
  std::string why;
  EXPECT_TRUE(host.layer().ready(why));
  phase = 1;
  ASSERT_TRUE(host.until([&] { return host.live().data_layer_counts().dns_failures >= 2; }));
  EXPECT_EQ(host.names().size(), 2u);
  EXPECT_FALSE(host.live().data_layer_counts().sources().at(0).good);
  phase = 2;
  ASSERT_TRUE(host.until([&] { return host.names().size() == 1; }));
  EXPECT_TRUE(host.live().data_layer_counts().sources().at(0).good);
}

}  // namespace
