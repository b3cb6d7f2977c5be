// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <malloc.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::IsEmpty;

constexpr std::int64_t kMillisecond = 1'000'000;

class InstanceStatisticsObserver : public ::testing::Test {
 protected:
  InstanceStatisticsObserver() { endpoints_.add_many(2); }

  static Event dispatched(const char* pod) { return std::move(Event(SHUNT_EVENT_DISPATCHED).endpoint(pod)); }
  static Event completed(const char* pod, double milliseconds) {
    return std::move(
        Event(SHUNT_EVENT_COMPLETED).endpoint(pod).duration_ns(static_cast<std::int64_t>(milliseconds * kMillisecond)));
  }
  void tell(const std::vector<Event>& events) {
    EXPECT_THAT(plugin_.events(endpoints_, events), Succeeded());
    endpoints_.apply(host_.take_cells());
  }
  // The cell of an endpoint; -1 where it is absent.
  double cell(const char* column, std::size_t row) const {
    const double* number = std::get_if<double>(&endpoints_[row].cell(column));
    return number == nullptr ? -1 : *number;
  }

  FakeHost host_;
  PluginUnderTest plugin_{shunt_library_entry_v1, "instance-statistics-observer", "{}", host_};
  EndpointSet endpoints_;
};

TEST_F(InstanceStatisticsObserver, TakesTheFirstLatencyAsItIsAndSmoothsTheRest) {
  EXPECT_EQ(cell("avg_latency_ms", 0), -1);
  tell({completed("pod-0", 100)});
  EXPECT_DOUBLE_EQ(cell("avg_latency_ms", 0), 100);
  tell({completed("pod-0", 200), completed("pod-0", 0)});
  EXPECT_DOUBLE_EQ(cell("avg_latency_ms", 0), 0.9 * 110);
  EXPECT_EQ(cell("avg_latency_ms", 1), -1);
}

TEST_F(InstanceStatisticsObserver, TakesItsParameter) {
  PluginUnderTest newest(shunt_library_entry_v1, "instance-statistics-observer", R"({"smoothing": 1})", host_);
  newest.events(endpoints_, {completed("pod-0", 100), completed("pod-0", 40)});
  endpoints_.apply(host_.take_cells());
  EXPECT_DOUBLE_EQ(cell("avg_latency_ms", 0), 40);
}

TEST_F(InstanceStatisticsObserver, OnlyAnswersAreMeasured) {
  tell({completed("pod-0", 100)});
  for (const std::uint32_t cause :
       {SHUNT_CAUSE_CLIENT_GONE, SHUNT_CAUSE_EVICTED, SHUNT_CAUSE_ERROR, SHUNT_CAUSE_REJECTED, 99u}) {
    tell({std::move(completed("pod-0", 5000).cause(cause))});
  }
  tell({std::move(Event(SHUNT_EVENT_COMPLETED).endpoint("pod-0"))});
  for (const std::uint32_t status : {101u, 199u, 300u, 400u, 429u, 500u, 503u}) {
    tell({std::move(completed("pod-0", 1).http_status(status))});
  }
  EXPECT_DOUBLE_EQ(cell("avg_latency_ms", 0), 100);
  tell({std::move(completed("pod-0", 100).http_status(206))});
  EXPECT_DOUBLE_EQ(cell("avg_latency_ms", 0), 100);
}

TEST_F(InstanceStatisticsObserver, CountsWhatWasSent) {
  tell({dispatched("pod-0"), dispatched("pod-1"), dispatched("pod-0")});
  EXPECT_EQ(cell("requests_served", 0), 2);
  EXPECT_EQ(cell("requests_served", 1), 1);
  tell({dispatched("pod-0")});
  EXPECT_EQ(cell("requests_served", 0), 3);
}

TEST_F(InstanceStatisticsObserver, ForgetsEndpointsThatAreGone) {
  tell({dispatched("pod-0"), completed("pod-0", 100)});
  tell({std::move(Event(SHUNT_EVENT_ENDPOINT_REMOVED).endpoint("pod-0"))});
  tell({dispatched("pod-0"), completed("pod-0", 30)});
  EXPECT_EQ(cell("requests_served", 0), 1);
  EXPECT_DOUBLE_EQ(cell("avg_latency_ms", 0), 30);
}

TEST_F(InstanceStatisticsObserver, HoldsItsMemoryOverManyEvents) {
  const auto used = [] { return ::mallinfo2().uordblks; };
  std::vector<Event> batch;
  for (int i = 0; i < 50; ++i) {
    batch.push_back(dispatched(i % 2 == 0 ? "pod-0" : "pod-1"));
    batch.push_back(completed(i % 2 == 0 ? "pod-0" : "pod-1", i));
    batch.push_back(dispatched("long-gone"));
  }
  for (int i = 0; i < 10; ++i) tell(batch);
  const auto before = used();
  for (int i = 0; i < 1000; ++i) tell(batch);
  EXPECT_NEAR(static_cast<double>(used()), static_cast<double>(before), 4096);
}

}  // namespace
