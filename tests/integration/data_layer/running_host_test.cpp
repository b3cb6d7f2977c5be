// SPDX-License-Identifier: Apache-2.0
#include "running_host.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "scripted_server.hpp"

namespace {

using namespace shunt::host;
using namespace shunt::host::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Client = ScriptedServer::Client;

constexpr const char* kPlugins = R"("plugins": [
    {"type": "prometheus-extractor"}, {"type": "queue-scorer"}, {"type": "max-score-picker"}])";

std::string config(const std::string& data_layer) {
  return std::string(kPlugins) + R"(, "dataLayer": {)" + data_layer + "}";
}

std::string metrics(int queue) { return page("vllm:num_requests_waiting " + std::to_string(queue) + "\n"); }

TEST(RunningHost, PagesBecomeColumnsWithTheirAge) {
  ScriptedServer server([](Client& client) {
    while (client.read_request()) client.send(metrics(7));
  });
  RunningHost host(config(""));
  const std::int64_t begun_ns = host.live().clock().now_ns();
  host.put({{"pod-0", server.address()}});
  ASSERT_TRUE(host.until([&] { return host.number("pod-0", "queue") == 7.0; }));
  const std::int64_t first_ns = host.as_of_ns("pod-0", "queue").value();
  EXPECT_GE(first_ns, begun_ns);
  EXPECT_LE(first_ns, host.live().clock().now_ns());
  ASSERT_TRUE(host.until([&] { return host.as_of_ns("pod-0", "queue").value() > first_ns; }));
  ASSERT_TRUE(host.until([&] { return host.picture()->statuses->at(0).fetches > 0; }));
  const EndpointStatus status = host.picture()->statuses->at(0);
  EXPECT_EQ(status.health, Health::Healthy);
  EXPECT_EQ(status.fetch_failures, 0u);
  EXPECT_GE(status.last_fetch_ns, begun_ns);
  EXPECT_EQ(host.live().data_layer_counts().endpoints, 1u);
}

// Each row has the age of its own page.
TEST(RunningHost, OldValuesAreAbsentAndComeBack) {
  std::atomic<bool> answers{true};
  ScriptedServer failing([&](Client& client) {
    while (client.read_request()) answers ? client.send(metrics(7)) : client.send(page("", "500 Oh"));
  });
  ScriptedServer steady([](Client& client) {
    while (client.read_request()) client.send(metrics(1));
  });
  RunningHost host(config(R"("staleAfterMs": 400, "backOffMaxMs": 100, "healthCheck": {"enabled": false})"));
  host.put({{"failing", failing.address()}, {"steady", steady.address()}});
  ASSERT_TRUE(host.until([&] { return host.number("failing", "queue") && host.number("steady", "queue"); }));
  answers = false;
  ASSERT_TRUE(host.until([&] { return !host.number("failing", "queue"); }));
  EXPECT_EQ(host.number("steady", "queue"), 1.0);
  ASSERT_TRUE(host.until([&] { return host.picture()->statuses->at(0).problem == "/metrics: HTTP status 500"; }));
  answers = true;
  ASSERT_TRUE(host.until([&] { return host.number("failing", "queue") == 7.0; }));
}

TEST(RunningHost, ValuesThatNeverGetOldStay) {
  std::atomic<int> pages{0};
  ScriptedServer server([&](Client& client) {
    while (pages++ < 1 && client.read_request()) client.send(metrics(7));
    client.hold();
  });
  RunningHost host(config(R"("staleAfterMs": 0, "timeoutMs": 50, "healthCheck": {"enabled": false})"));
  host.put({{"pod-0", server.address()}});
  ASSERT_TRUE(host.until([&] { return host.number("pod-0", "queue") == 7.0; }));
  ASSERT_TRUE(host.until([&] { return host.live().data_layer_counts().back_offs >= 3; }));
  EXPECT_EQ(host.number("pod-0", "queue"), 7.0);
}

TEST(RunningHost, UnhealthyEndpointsGetNoRequests) {
  std::atomic<bool> well{true};
  ScriptedServer other([&](Client& client) {
    while (client.read_request()) well ? client.send(metrics(0)) : client.send(page("", "503 Busy"));
  });
  ScriptedServer busy([](Client& client) {
    while (client.read_request()) client.send(metrics(50));
  });
  RunningHost host(config(R"("healthCheck": {"intervalMs": 50})"));
  host.put({{"busy", busy.address()}, {"other", other.address()}});
  const auto door = host.live().open_front_door("test");
  ASSERT_TRUE(host.until([&] { return decide_once(*door).first == "other"; }));
  well = false;
  ASSERT_TRUE(host.until([&] { return decide_once(*door).first == "busy"; }));
  ASSERT_TRUE(host.until([&] { return host.picture()->routable.has_value(); }));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(decide_once(*door).first, "busy");
  well = true;
  ASSERT_TRUE(host.until([&] { return decide_once(*door).first == "other"; }));
}

TEST(RunningHost, WithoutChecksEverybodyCounts) {
  RunningHost host(config(R"("healthCheck": {"enabled": false})"));
  host.put({{"pod-0", "127.0.0.1:1"}});  // nobody listens there
  const auto door = host.live().open_front_door("test");
  ASSERT_TRUE(host.until([&] { return host.live().data_layer_counts().back_offs >= 3; }));
  EXPECT_EQ(decide_once(*door).first, "pod-0");
  EXPECT_EQ(host.picture()->statuses->at(0).health, Health::Unknown);
}

TEST(RunningHost, FailedAttemptsMakeUnhealthy) {
  ScriptedServer server([](Client& client) { client.read_request(); });  // accepts, and answers nothing
  RunningHost host(config(R"("healthCheck": {"intervalMs": 3600000, "unhealthyAfter": 3})"));
  host.put({{"pod-0", server.address()}});
  ASSERT_TRUE(host.until([&] {
    host.on_keeper([&] { host.live().keeper().note_failed_attempt(shunt::endpoint_key("pod-0")); });
    return host.live().data_layer_counts().became_unhealthy == 1;
  }));
  const auto door = host.live().open_front_door("test");
  ASSERT_TRUE(host.until([&] { return !decide_once(*door).second.empty(); }));
}

TEST(RunningHost, ObserversColumnsAppear) {
  RunningHost host(std::string(R"("libraries": [")") + SHUNT_FIXTURE_DIRECTORY + R"(/strain_latency_learner.so", ")" +
                   SHUNT_PLUGIN_DIRECTORY + R"(/max_score_picker.so", ")" + SHUNT_PLUGIN_DIRECTORY +
                   R"(/single_profile_handler.so"],
      "plugins": [{"type": "strain-latency-scorer"}, {"type": "max-score-picker"}],
      "dataLayer": {"healthCheck": {"enabled": false}})");
  host.put({{"pod-0", "127.0.0.1:1"}});
  const auto door = host.live().open_front_door("test");
  ASSERT_TRUE(host.until([&] {
    Passage* const passage = door->open();
    passage->request.path = "/v1/completions";
    door->decide(*passage);
    if (passage->dispatched()) {
      passage->may_be_decided_again = false;
      door->report_dispatched(*passage, 0);
      door->report_response_started(*passage, 200);
      door->report_first_token(*passage);
    }
    Completion completion;
    completion.http_status = 200;
    completion.usage.output_tokens = 10;
    door->complete(*passage, completion);
    return host.number("pod-0", "learned_tpot_ns").has_value();
  }));
}

// Endpoints come and go 100 times a second, and each of them is fetched and checked; requests are decided all the while.
TEST(RunningHost, ChurnNeverStopsTraffic) {
  ScriptedServer server([](Client& client) {
    while (client.read_request()) client.send(metrics(1));
  });
  RunningHost host(config(R"("healthCheck": {"intervalMs": 50})"));
  const auto list = [&](int round) {
    RunningHost::Names names;
    for (int i = 0; i < 4; ++i) names.emplace_back("steady-" + std::to_string(i), server.address());
    for (int i = 0; i < 10; ++i) names.emplace_back("pod-" + std::to_string(round * 5 + i), server.address());
    return names;
  };
  host.put(list(0));
  ASSERT_TRUE(host.until([&] { return host.names().size() == 14; }));
  std::atomic<bool> over{false};
  std::atomic<int> decided{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      const auto door = host.live().open_front_door("test");
      while (!over) {
        ++(decide_once(*door).first.empty() ? refused : decided);
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    });
  }
  constexpr int kRounds = 200;
  const auto begun = std::chrono::steady_clock::now();
  for (int round = 1; round <= kRounds; ++round) {
    host.put(list(round));
    std::this_thread::sleep_until(begun + round * std::chrono::milliseconds(10));
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 0);
  EXPECT_GT(decided, 100);
  ASSERT_TRUE(host.until([&] { return host.names().back() == "pod-" + std::to_string(kRounds * 5 + 9); }));
  EXPECT_EQ(host.names().size(), 14u);
  EXPECT_EQ(host.live().data_layer_counts().endpoints, 14u);
  EXPECT_EQ(host.live().requests_under_way(), 0);
  ASSERT_TRUE(host.until([&] { return host.number("steady-0", "queue") == 1.0; }));
}

TEST(RunningHost, FilesBringEndpointsAndReadiness) {
  std::string pattern = ::testing::TempDir() + "shunt-host-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const std::filesystem::path file = folder / "pool.yaml";
  const auto write = [&](const std::string& text) {
    std::ofstream(folder / "new") << text;
    std::filesystem::rename(folder / "new", file);
  };
  write("endpoints: [{name: a, address: 127.0.0.1, port: '1'}, {name: pod-0, address: 127.0.0.1, port: '2'}]");
  {
    RunningHost host(std::string(kPlugins) + R"(, "endpoints": [{"name": "pod-0", "address": "127.0.0.1:1"}],
        "discovery": {"files": [{"path": ")" +
                     file.string() + R"("}]}, "dataLayer": {"healthCheck": {"enabled": false}})");
    std::string why;
    ASSERT_TRUE(host.until([&] { return host.layer().ready(why); })) << why;
    ASSERT_TRUE(host.until([&] { return host.names().size() == 2; }));
    EXPECT_THAT(host.names(), ElementsAre("pod-0", "a"));  // the config's own stays
    EXPECT_EQ(host.picture()->snapshot->address(0), "127.0.0.1:1");
    write("endpoints: []");
    ASSERT_TRUE(host.until([&] { return host.names().size() == 1; }));
  }
  std::filesystem::remove_all(folder);
}

TEST(RunningHost, EndsWhileEverythingIsUnderWay) {
  ScriptedServer server([](Client& client) { client.hold(); });
  for (int i = 0; i < 10; ++i) {
    RunningHost host(config(R"("healthCheck": {"intervalMs": 50})"));
    RunningHost::Names names;
    for (int k = 0; k < 20; ++k) names.emplace_back("pod-" + std::to_string(k), server.address());
    host.put(names);
    ASSERT_TRUE(host.until([&] { return host.live().data_layer_counts().connections >= 5; }));
  }
}

}  // namespace
