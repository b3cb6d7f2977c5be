// SPDX-License-Identifier: Apache-2.0
// Fetching from servers that behave, and from those that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "data/page_fetching.hpp"
#include "scripted_server.hpp"

namespace {

using namespace shunt::host;
using shunt::EndpointDefinition;
using shunt::FetchedPage;
using shunt::PageRequest;
using shunt::host::testing::page;
using shunt::host::testing::ScriptedServer;
using Client = ScriptedServer::Client;

constexpr std::int64_t kMs = 1'000'000;

struct SeenPage {
  std::uint64_t key;
  std::string path;
  std::uint32_t status;
  std::string body;
};
struct SeenHealth {
  std::uint64_t key;
  Health health;
  std::string problem;
};

class Seen final : public FetchResults {
 public:
  ExtractionReport page(std::uint64_t key, const FetchedPage& page) override {
    pages.push_back({key, std::string(page.path), page.http_status, std::string(page.body)});
    if (on_page) on_page();
    return {};
  }
  void note(std::uint64_t, bool good, std::string_view problem) override {
    if (good)
      ++good_notes;
    else
      problems.emplace_back(problem);
  }
  void health(std::uint64_t key, Health health, std::string_view problem) override {
    verdicts.push_back({key, health, std::string(problem)});
  }
  std::vector<SeenPage> pages;
  std::vector<std::string> problems;
  std::vector<SeenHealth> verdicts;
  int good_notes = 0;
  std::function<void()> on_page;
};

class Hosts final : public HostLookup {
 public:
  explicit Hosts(boost::asio::io_context& context) : context_(context) {}
  void look_up(const std::string& host,
               std::function<void(const shunt::Result<boost::asio::ip::address>&)> found) override {
    asked.push_back(host);
    context_.post([this, found] {
      if (known)
        found(boost::asio::ip::make_address("127.0.0.1"));
      else
        found(shunt::Error{shunt::ErrorKind::Config, "E101", "no such host"});
    });
  }
  std::vector<std::string> asked;
  bool known = true;

 private:
  boost::asio::io_context& context_;
};

class Fetching : public ::testing::Test {
 protected:
  Fetching() {
    settings.health.enabled = false;
    settings.timeout_ms = 2000;
    settings.back_off_max_ms = 60;
    pages = {{"/metrics", 50 * kMs, 0, "text/plain"}};
  }
  void start() {
    fetching = std::make_unique<PageFetching>(
        PageFetching::Options{context, clock, hosts, counts, std::move(access), settings}, seen);
    fetching->want(pages);
  }
  // For a long time, but no longer than it takes.
  ::testing::AssertionResult until(const std::function<bool()>& reached) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!reached()) {
      if (std::chrono::steady_clock::now() > end) return ::testing::AssertionFailure() << "it took too long";
      if (context.stopped()) context.restart();
      context.run_one_for(std::chrono::milliseconds(50));
    }
    return ::testing::AssertionSuccess();
  }
  std::uint64_t count(FetchResult result) const { return counts.fetches[static_cast<std::size_t>(result)]; }
  // Everything fails in this way.
  void expect_failures(ScriptedServer::Script script, FetchResult result, const char* words) {
    ScriptedServer server(std::move(script));
    start();
    fetching->endpoint_added(1, {"pod-0", server.address(), {}});
    ASSERT_TRUE(until([&] { return count(result) >= 3; })) << to_string(result);
    for (const SeenPage& one : seen.pages) {
      EXPECT_EQ(one.status, 0u);
      EXPECT_EQ(one.body, "");
    }
    EXPECT_EQ(seen.good_notes, 0);
    EXPECT_THAT(seen.problems.back(), ::testing::HasSubstr(words));
    EXPECT_EQ(count(FetchResult::Good), 0u);
    fetching.reset();
  }

  SystemClock clock;
  boost::asio::io_context context{1};
  Hosts hosts{context};
  DataLayerCounts counts;
  UpstreamAccess access;
  DataLayerSettings settings;
  std::vector<PageRequest> pages;
  Seen seen;
  std::unique_ptr<PageFetching> fetching;
};

void serve(Client& client, const std::string& answer) {
  while (client.read_request()) client.send(answer);
}

TEST_F(Fetching, KeepsOneConnection) {
  std::mutex mutex;
  std::string request;
  ScriptedServer server([&](Client& client) {
    while (client.read_request()) {
      {
        const std::lock_guard lock(mutex);
        request = client.request;
      }
      client.send(page("queue 3\n"));
    }
  });
  start();
  fetching->endpoint_added(7, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return seen.pages.size() >= 5; }));
  for (const SeenPage& one : seen.pages) {
    EXPECT_EQ(one.key, 7u);
    EXPECT_EQ(one.path, "/metrics");
    EXPECT_EQ(one.status, 200u);
    EXPECT_EQ(one.body, "queue 3\n");
  }
  EXPECT_EQ(server.connections, 1);
  EXPECT_EQ(counts.connections, 1u);
  EXPECT_EQ(counts.page_bytes, 8 * seen.pages.size());
  const std::lock_guard lock(mutex);
  EXPECT_EQ(request, "GET /metrics HTTP/1.1\r\nHost: " + server.address() +
                         "\r\nUser-Agent: shunt/0.1.0\r\nAccept: text/plain\r\n\r\n");
}

TEST_F(Fetching, ShowsTheKeyToTheEndpointAlone) {
  std::atomic<int> with_key{0};
  std::atomic<int> without_key{0};
  const auto script = [&](Client& client) {
    while (client.read_request()) {
      const bool has_key = client.request.find("Authorization: Bearer secret\r\n") != std::string::npos;
      ++(has_key ? with_key : without_key);
      client.send(page("x"));
    }
  };
  ScriptedServer server(script);
  ScriptedServer other(script);
  access.api_key = "secret";
  pages.push_back({"/other", 50 * kMs, other.port(), ""});
  start();
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return server.requests >= 2 && other.requests >= 2; }));
  EXPECT_EQ(with_key, server.requests);
  EXPECT_EQ(without_key, other.requests);
}

TEST_F(Fetching, OpensAgainWhatTheServerClosed) {
  ScriptedServer server([](Client& client) {
    for (int i = 0; i < 2 && client.read_request(); ++i) client.send(page("x"));
  });
  start();
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return seen.pages.size() >= 7; }));
  EXPECT_GE(server.connections, 3);
  EXPECT_EQ(count(FetchResult::Good), seen.pages.size());
}

TEST_F(Fetching, AnswersInAnyForm) {
  std::atomic<int> turn{0};
  const std::string large(300'000, 'l');
  ScriptedServer server([&](Client& client) {
    while (client.read_request()) {
      switch (turn++ % 4) {
        case 0: client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"); break;
        case 1: client.send(page(large)); break;
        case 2:
          for (const char c : page("slow")) client.send(std::string(1, c));
          break;
        default: client.send("HTTP/1.0 200 OK\r\n\r\nto the end"); return;
      }
    }
  });
  start();
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return seen.pages.size() >= 8; }));
  for (std::size_t i = 0; i < 8; ++i) {
    const std::string expected[] = {"abc", large, "slow", "to the end"};
    EXPECT_EQ(seen.pages[i].body, expected[i % 4]) << i;
  }
}

TEST_F(Fetching, AnotherStatusGoesToTheExtractors) {
  ScriptedServer server([](Client& client) { serve(client, page("starting", "503 Busy")); });
  start();
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return count(FetchResult::Status) >= 3; }));
  EXPECT_EQ(seen.pages[0].status, 503u);
  EXPECT_EQ(seen.pages[0].body, "starting");
  EXPECT_THAT(seen.problems[0], "/metrics: HTTP status 503");
  EXPECT_GE(counts.back_offs, 3u);
  EXPECT_EQ(server.connections, 1);
}

TEST_F(Fetching, NoServer) {
  std::string address;
  {
    ScriptedServer server([](Client&) {});
    address = server.address();
  }
  start();
  fetching->endpoint_added(1, {"pod-0", address, {}});
  ASSERT_TRUE(until([&] { return count(FetchResult::Refused) >= 3; }));
  EXPECT_EQ(seen.pages[0].status, 0u);
  EXPECT_THAT(seen.problems[0], ::testing::HasSubstr("Connection refused"));
}

TEST_F(Fetching, NotHttp) {
  expect_failures([](Client& client) { serve(client, "SSH-2.0-OpenSSH_9.2\r\n\r\n"); }, FetchResult::Malformed,
                  "not HTTP");
}

TEST_F(Fetching, Endless) {
  settings.page_bytes = 20'000;
  expect_failures(
      [](Client& client) {
        if (!client.read_request()) return;
        client.send("HTTP/1.1 200 OK\r\n\r\n");
        while (!client.ending() && client.send(std::string(1000, 'x'))) {
        }
      },
      FetchResult::TooLarge, "too large");
}

TEST_F(Fetching, EndlessHeader) {
  expect_failures(
      [](Client& client) {
        if (!client.read_request()) return;
        client.send("HTTP/1.1 200 OK\r\nX: ");
        while (!client.ending() && client.send(std::string(1000, 'x'))) {
        }
      },
      FetchResult::TooLarge, "too large");
}

TEST_F(Fetching, Slow) {
  settings.timeout_ms = 60;
  expect_failures(
      [](Client& client) {
        if (client.read_request()) client.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome");
        client.hold();
      },
      FetchResult::TimedOut, "in time");
}

TEST_F(Fetching, Silent) {
  settings.timeout_ms = 60;
  expect_failures([](Client& client) { client.hold(); }, FetchResult::TimedOut, "in time");
}

TEST_F(Fetching, Truncated) {
  expect_failures(
      [](Client& client) {
        if (client.read_request()) client.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome");
      },
      FetchResult::Broken, "in the middle");
}

TEST_F(Fetching, Reset) {
  expect_failures(
      [](Client& client) {
        if (client.read_request()) client.reset();
      },
      FetchResult::Broken, "reset");
}

TEST_F(Fetching, Flapping) {
  std::atomic<bool> well{true};
  ScriptedServer server([&](Client& client) {
    while (client.read_request()) {
      if (!well) return client.reset();
      client.send(page("x"));
    }
  });
  start();
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});
  for (int round = 0; round < 3; ++round) {
    const auto good = count(FetchResult::Good);
    ASSERT_TRUE(until([&] { return count(FetchResult::Good) > good + 1; }));
    well = false;
    const auto broken = count(FetchResult::Broken);
    ASSERT_TRUE(until([&] { return count(FetchResult::Broken) > broken; }));
    well = true;
  }
}

TEST_F(Fetching, HostNamesAreLookedUpAgainAfterAFailure) {
  auto server = std::make_unique<ScriptedServer>([](Client& client) { serve(client, page("x")); });
  const std::uint16_t port = server->port();
  start();
  fetching->endpoint_added(1, {"pod-0", "pod-0.test:" + std::to_string(port), {}});
  ASSERT_TRUE(until([&] { return seen.pages.size() >= 4; }));
  EXPECT_EQ(hosts.asked, std::vector<std::string>{"pod-0.test"});
  server.reset();
  ASSERT_TRUE(until([&] { return hosts.asked.size() >= 2; }));
  hosts.known = false;
  ASSERT_TRUE(until([&] { return count(FetchResult::Unresolved) >= 1; }));
  EXPECT_THAT(seen.problems.back(), ::testing::HasSubstr("no such host"));
}

TEST_F(Fetching, AnotherGenerationWantsOtherPages) {
  ScriptedServer server([](Client& client) {
    while (client.read_request()) client.send(page(client.request.substr(4, 2)));
  });
  start();
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return seen.pages.size() >= 2; }));
  fetching->want({{"/v1/models", 50 * kMs, 0, ""}, {"/health", 60 * kMs, 0, ""}});
  seen.pages.clear();
  ASSERT_TRUE(until([&] { return seen.pages.size() >= 6; }));
  for (const SeenPage& one : seen.pages) EXPECT_NE(one.path, "/metrics");
  fetching->want({});
  seen.pages.clear();
  const int requests = server.requests;
  ASSERT_TRUE(until([&, end = clock.now_ns() + 200 * kMs] { return clock.now_ns() > end; }));
  EXPECT_TRUE(seen.pages.empty());
  EXPECT_LE(server.requests, requests + 1);
}

TEST_F(Fetching, WhatIsUnderWayIsDroppedWithItsEndpoint) {
  std::atomic<bool> asked{false};
  std::atomic<bool> answer{false};
  ScriptedServer server([&](Client& client) {
    while (client.read_request()) {
      asked = true;
      while (!answer && !client.ending()) std::this_thread::yield();
      client.send(page("late"));
    }
  });
  start();
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return asked.load(); }));
  fetching->endpoint_removed(1);
  answer = true;
  ASSERT_TRUE(until([&, end = clock.now_ns() + 100 * kMs] { return clock.now_ns() > end; }));
  EXPECT_TRUE(seen.pages.empty());
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});  // the name is back
  ASSERT_TRUE(until([&] { return !seen.pages.empty(); }));
}

TEST_F(Fetching, AnEndpointMayGoWhileItsPageIsRead) {
  ScriptedServer server([](Client& client) { serve(client, page("x")); });
  start();
  seen.on_page = [&] { context.post([&] { fetching->endpoint_removed(1); }); };
  fetching->endpoint_added(1, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return counts.endpoints == 0; }));
  EXPECT_EQ(seen.pages.size(), 1u);
}

TEST_F(Fetching, PagesWithStrangePathsAreNotFetched) {
  std::vector<std::string> problems;
  const auto left = fetchable({{"/metrics", 1, 0, "text/plain; q=1"},
                               {"/a b", 1, 0, ""},
                               {"/a\r\nX: y", 1, 0, ""},
                               {"metrics", 1, 0, ""},
                               {"/m", 1, 70'000, ""},
                               {"/m", 1, 0, "a\r\nb"}},
                              50 * kMs, problems);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].interval_ns, 50 * kMs);
  EXPECT_EQ(problems.size(), 5u);
}

class HealthChecks : public Fetching {
 protected:
  HealthChecks() {
    settings.health.enabled = true;
    settings.health.interval_ms = 50;
    settings.health.path = "/well";
    pages.clear();
  }
};

TEST_F(HealthChecks, FollowTheEndpoint) {
  std::atomic<bool> well{true};
  ScriptedServer server([&](Client& client) {
    while (client.read_request()) client.send(page("", well ? "204 No Content" : "500 Oh"));
  });
  start();
  fetching->endpoint_added(3, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return seen.verdicts.size() == 1; }));
  EXPECT_EQ(seen.verdicts[0].health, Health::Healthy);
  well = false;
  ASSERT_TRUE(until([&] { return seen.verdicts.size() == 2; }));
  EXPECT_EQ(seen.verdicts[1].health, Health::Unhealthy);
  EXPECT_EQ(seen.verdicts[1].problem, "HTTP status 500");
  EXPECT_GE(counts.health_checks[static_cast<std::size_t>(FetchResult::Status)], 3u);
  well = true;
  ASSERT_TRUE(until([&] { return seen.verdicts.size() == 3; }));
  EXPECT_EQ(seen.verdicts[2].health, Health::Healthy);
  EXPECT_EQ(seen.verdicts[2].key, 3u);
  EXPECT_EQ(counts.became_healthy, 2u);
  EXPECT_EQ(counts.became_unhealthy, 1u);
  EXPECT_TRUE(seen.pages.empty());
}

TEST_F(HealthChecks, FailedAttemptsCountAndAreLookedInto) {
  ScriptedServer server([](Client& client) {
    while (client.read_request()) client.send(page(""));
  });
  settings.health.interval_ms = 3'600'000;
  settings.health.unhealthy_after = 2;
  start();
  fetching->endpoint_added(3, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return seen.verdicts.size() == 1; }));
  fetching->attempt_failed(3);
  fetching->attempt_failed(3);
  ASSERT_EQ(seen.verdicts.size(), 2u);
  EXPECT_EQ(seen.verdicts[1].health, Health::Unhealthy);
  ASSERT_TRUE(until([&] { return seen.verdicts.size() == 3; }));  // an hour ahead of its turn
  EXPECT_EQ(seen.verdicts[2].health, Health::Healthy);
  fetching->attempt_failed(99);  // is gone already
}

TEST_F(HealthChecks, AHungPageDoesNotMakeItUnhealthy) {
  ScriptedServer server([](Client& client) {
    while (client.read_request()) {
      if (client.request.starts_with("GET /metrics")) return client.hold();
      client.send(page(""));
    }
  });
  settings.timeout_ms = 100;
  pages = {{"/metrics", 50 * kMs, 0, ""}};
  start();
  fetching->endpoint_added(3, {"pod-0", server.address(), {}});
  ASSERT_TRUE(until([&] { return count(FetchResult::TimedOut) >= 3 && counts.health_checks[0] >= 3; }));
  ASSERT_EQ(seen.verdicts.size(), 1u);
  EXPECT_EQ(seen.verdicts[0].health, Health::Healthy);
}

}  // namespace
