// SPDX-License-Identifier: Apache-2.0
// Endpoints from DNS names: what they are called, and what happens when nobody answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "data/dns_source.hpp"

namespace {

using namespace shunt::host;
using boost::asio::ip::make_address;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Type = DnsDiscoverySettings::Type;

class FakeResolver final : public Resolver {
 public:
  AddressAnswer addresses(const std::string& name, AddressFamily family) override {
    const std::lock_guard lock(mutex);
    ++asked;
    const auto found = hosts.find(name);
    if (found == hosts.end()) return {Lookup::NoSuchName, {}, "no such name"};
    if (found->second == std::vector<std::string>{"!"}) return {Lookup::Failed, {}, "nobody answers"};
    AddressAnswer answer{Lookup::Answered, {}, {}};
    for (const std::string& text : found->second) {
      const auto address = make_address(text);
      if (family == AddressFamily::Any || address.is_v6() == (family == AddressFamily::V6))
        answer.addresses.push_back(address);
    }
    return answer;
  }
  ServiceAnswer services(const std::string&) override { return service; }

  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> hosts;
  ServiceAnswer service;
  int asked = 0;
};

DnsDiscoverySettings settings(Type type, std::uint16_t port = 8000) {
  DnsDiscoverySettings out;
  out.name = "pool.test";
  out.type = type;
  out.port = port;
  out.labels = {{"role", "decode"}};
  return out;
}

std::vector<std::string> names(const DnsEndpoints& found) {
  std::vector<std::string> out;
  for (const EndpointEntry& entry : found.endpoints)
    out.push_back(entry.definition.name + " " + entry.definition.address);
  return out;
}

TEST(DnsEndpoints, AreCalledAfterTheirAddress) {
  FakeResolver resolver;
  resolver.hosts["pool.test"] = {"10.0.0.2", "10.0.0.1", "10.0.0.2", "fd00::7"};
  const DnsEndpoints v4 = resolve_endpoints(resolver, settings(Type::A));
  EXPECT_TRUE(v4.good);
  EXPECT_THAT(names(v4), ElementsAre("pool.test/10.0.0.1:8000 10.0.0.1:8000", "pool.test/10.0.0.2:8000 10.0.0.2:8000"));
  EXPECT_EQ(v4.endpoints[0].definition.labels[0].second, "decode");
  EXPECT_THAT(names(resolve_endpoints(resolver, settings(Type::Aaaa))),
              ElementsAre("pool.test/[fd00::7]:8000 [fd00::7]:8000"));
}

TEST(DnsEndpoints, ServicesBringTheirPorts) {
  FakeResolver resolver;
  resolver.service = {Lookup::Answered, {{"b.test", 81}, {"a.test", 80}, {"gone.test", 82}, {"a.test", 90}}, {}};
  resolver.hosts["a.test"] = {"10.0.0.1", "fd00::1"};
  resolver.hosts["b.test"] = {"10.0.0.2"};
  EXPECT_THAT(names(resolve_endpoints(resolver, settings(Type::Srv, 0))),
              ElementsAre("pool.test/10.0.0.1:80 10.0.0.1:80", "pool.test/10.0.0.1:90 10.0.0.1:90",
                          "pool.test/10.0.0.2:81 10.0.0.2:81", "pool.test/[fd00::1]:80 [fd00::1]:80",
                          "pool.test/[fd00::1]:90 [fd00::1]:90"));
  resolver.hosts["b.test"] = {"!"};
  const DnsEndpoints failed = resolve_endpoints(resolver, settings(Type::Srv, 0));
  EXPECT_FALSE(failed.good);
  EXPECT_EQ(failed.problem, "\"b.test\": nobody answers");
}

TEST(DnsEndpoints, AnEmptyAnswerIsOneAndNoneIsNot) {
  FakeResolver resolver;
  resolver.hosts["pool.test"] = {};
  EXPECT_TRUE(resolve_endpoints(resolver, settings(Type::A)).good);
  EXPECT_THAT(resolve_endpoints(resolver, settings(Type::A)).endpoints, IsEmpty());
  resolver.hosts["pool.test"] = {"!"};
  EXPECT_FALSE(resolve_endpoints(resolver, settings(Type::A)).good);
  resolver.hosts.clear();
  EXPECT_EQ(resolve_endpoints(resolver, settings(Type::A)).problem, "\"pool.test\": no such name");
}

TEST(DnsEndpoints, SourcesHaveNamesOfTheirOwn) {
  EXPECT_EQ(source_name(settings(Type::A)), "pool.test:8000 (A)");
  EXPECT_EQ(source_name(settings(Type::Aaaa, 9)), "pool.test:9 (AAAA)");
  EXPECT_EQ(source_name(settings(Type::Srv, 0)), "pool.test (SRV)");
}

// As a name server would write it.
class Message {
 public:
  Message(std::uint16_t answers, const std::string& name) {
    for (const unsigned number : {0x1234u, 0x8180u, 1u, unsigned{answers}, 0u, 0u}) word(number);
    write_name(name);
    word(33);
    word(1);
  }
  void record(std::uint16_t type, const std::string& data) {
    word(0xc00c);  // the name in the question
    word(type);
    word(1);
    word(0);
    word(5);
    word(static_cast<unsigned>(data.size()));
    bytes.insert(bytes.end(), data.begin(), data.end());
  }
  static std::string service(unsigned port, const std::string& target) {
    Message out;
    for (const unsigned number : {10u, 20u, port}) out.word(number);
    out.write_name(target);
    return {out.bytes.begin(), out.bytes.end()};
  }
  std::vector<std::uint8_t> bytes;

 private:
  Message() = default;
  void word(unsigned number) {
    bytes.push_back(static_cast<std::uint8_t>(number >> 8));
    bytes.push_back(static_cast<std::uint8_t>(number & 0xff));
  }
  void write_name(const std::string& name) {
    std::size_t begin = 0;
    while (begin < name.size()) {
      const std::size_t end = std::min(name.find('.', begin), name.size());
      bytes.push_back(static_cast<std::uint8_t>(end - begin));
      bytes.insert(bytes.end(), name.begin() + static_cast<std::ptrdiff_t>(begin),
                   name.begin() + static_cast<std::ptrdiff_t>(end));
      begin = end + 1;
    }
    bytes.push_back(0);
  }
};

TEST(ServiceRecords, AreReadFromAMessage) {
  Message message(4, "_http._tcp.pool.test");
  message.record(33, Message::service(8000, "pod-0.pool.test"));
  message.record(5, std::string("\1x\0", 3));  // an alias
  message.record(33, Message::service(8001, "pod-1.pool.test"));
  message.record(33, Message::service(8002, ""));  // "."
  const auto records = read_service_records(message.bytes);
  ASSERT_TRUE(records.has_value());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].target, "pod-0.pool.test");
  EXPECT_EQ((*records)[1].port, 8001);
}

TEST(ServiceRecords, HalfAMessageIsNone) {
  Message message(1, "_http._tcp.pool.test");
  message.record(33, Message::service(8000, "pod-0.pool.test"));
  for (std::size_t size = 0; size < message.bytes.size(); ++size) {
    EXPECT_FALSE(read_service_records({message.bytes.data(), size}).has_value()) << size;
  }
  message.bytes.back() = 0xc0;  // a name that never ends
  EXPECT_FALSE(read_service_records(message.bytes).has_value());
}

class DnsSourceTest : public ::testing::Test {
 protected:
  bool until(const std::function<bool()>& reached) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!reached() && std::chrono::steady_clock::now() < end) {
      if (context.stopped()) context.restart();
      context.run_one_for(std::chrono::milliseconds(50));
    }
    return reached();
  }
  void set_host(std::vector<std::string> addresses) {
    const std::lock_guard lock(resolver.mutex);
    resolver.hosts["pool.test"] = std::move(addresses);
  }

  SystemClock clock;
  boost::asio::io_context context{1};
  DataLayerCounts counts;
  std::vector<std::size_t> put;
  SourceSurroundings around{context, clock, counts, [this](std::string_view, const std::vector<EndpointEntry>& list) {
                              put.push_back(list.size());
                              return std::vector<std::string>();
                            }};
  FakeResolver resolver;
};

TEST_F(DnsSourceTest, AsksAgainAndKeepsItsLastAnswer) {
  HelperThread helper("test-dns");
  DnsDiscoverySettings what = settings(Type::A);
  what.interval_ms = 100;
  DnsSource source(around, helper, resolver, what);
  set_host({"!"});
  source.start();
  ASSERT_TRUE(until([&] { return source.status().failures == 1; }));
  EXPECT_THAT(put, IsEmpty());
  EXPECT_EQ(source.status().problem, "\"pool.test\": nobody answers");
  set_host({"10.0.0.1", "10.0.0.2"});
  ASSERT_TRUE(until([&] { return source.status().good_answers >= 3; }));
  EXPECT_THAT(put, ElementsAre(2));  // what is the same is not put again
  set_host({"!"});
  ASSERT_TRUE(until([&] { return source.status().failures == 2; }));
  EXPECT_FALSE(source.status().good);
  EXPECT_EQ(source.status().endpoints, 2u);
  EXPECT_THAT(put, ElementsAre(2));
  set_host({"10.0.0.2"});
  ASSERT_TRUE(until([&] { return put.size() == 2; }));
  EXPECT_TRUE(source.status().good);
  EXPECT_GE(counts.dns_questions, 6u);
  EXPECT_GE(counts.dns_failures, 2u);
  ASSERT_EQ(counts.sources().size(), 1u);
  EXPECT_EQ(counts.sources()[0].source, "pool.test:8000 (A)");
}

TEST_F(DnsSourceTest, MayGoWhileItWaitsForAnAnswer) {
  HelperThread helper("test-dns");
  {
    DnsSource source(around, helper, resolver, settings(Type::A));
    source.start();
  }
  ASSERT_TRUE(until([&, end = clock.now_ns() + 50'000'000] { return clock.now_ns() > end; }));
  EXPECT_THAT(put, IsEmpty());
}

TEST_F(DnsSourceTest, LooksUpHosts) {
  HelperThread helper("test-dns");
  ThreadedLookup lookup(context, helper, resolver, counts);
  set_host({"10.0.0.1"});
  std::vector<std::string> found;
  const auto hear = [&](const shunt::Result<boost::asio::ip::address>& result) {
    found.push_back(result ? result->to_string() : result.error().message);
  };
  lookup.look_up("pool.test", hear);
  lookup.look_up("other.test", hear);
  ASSERT_TRUE(until([&] { return found.size() == 2; }));
  EXPECT_THAT(found, ElementsAre("10.0.0.1", "\"other.test\": no such name"));
}

}  // namespace
