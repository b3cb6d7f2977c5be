// SPDX-License-Identifier: Apache-2.0
// Who there is, who may be used, and the pictures that deciding threads get of it.
#include "live.hpp"

#include <gmock/gmock.h>

namespace shunt::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> names(const PoolPicture& picture) {
  std::vector<std::string> out;
  for (std::uint32_t row = 0; row < picture.snapshot->size(); ++row) out.emplace_back(picture.snapshot->name(row));
  return out;
}

std::string address_of(const PoolPicture& picture, const std::string& name) {
  return std::string(picture.snapshot->address(picture.snapshot->find(endpoint_key(name))));
}

EndpointEntry with(EndpointEntry entry, const std::string& attribute, AttributeValue value) {
  entry.attributes.push_back({"", attribute, std::move(value), std::nullopt});
  return entry;
}

std::optional<double> number(const PoolPicture& picture, const std::string& name, std::string_view attribute) {
  const auto id = picture.snapshot->attributes()->find(attribute);
  const Snapshot::Column* column = id ? picture.snapshot->column(*id) : nullptr;
  const std::uint32_t row = picture.snapshot->find(endpoint_key(name));
  if (column == nullptr || column->absent || (column->valid != nullptr && column->valid[row] == 0)) return std::nullopt;
  return static_cast<const double*>(column->data)[row];
}

class Listener final : public EndpointListener {
 public:
  void endpoint_added(std::uint64_t, const EndpointDefinition& endpoint) override {
    heard.push_back("+" + endpoint.name + " " + endpoint.address);
  }
  void endpoint_removed(std::uint64_t key) override { heard.push_back(key == endpoint_key("a") ? "-a" : "-"); }
  void generation_changed(const std::shared_ptr<const Generation>& generation,
                          const std::shared_ptr<const Generation>& canary) override {
    heard.push_back(generation == nullptr ? "no generation" : canary == nullptr ? "generation" : "canary");
  }
  std::vector<std::string> heard;
};

TEST(Keeper, SourcesOwnWhatTheyNamedFirst) {
  Live live({.endpoints = 1});
  EXPECT_THAT(live.put("file", {endpoint("a"), endpoint("b")}), IsEmpty());
  EXPECT_THAT(names(*live.picture()), ElementsAre("pod-0", "a", "b"));
  EXPECT_THAT(live.put("dns", {endpoint("b", "10.2.0.2:80"), endpoint("c")}),
              ElementsAre("endpoint \"b\" of dns is left out: file has one of that name"));
  EXPECT_EQ(address_of(*live.picture(), "b"), "10.1.0.1:80");
  EXPECT_EQ((*live.picture()->statuses)[3].source, "dns");
  // What the first lets go of goes on as the other one's, without a gap.
  EXPECT_THAT(live.put("file", {endpoint("a")}), IsEmpty());
  EXPECT_THAT(names(*live.picture()), ElementsAre("pod-0", "a", "b", "c"));
  EXPECT_EQ(address_of(*live.picture(), "b"), "10.2.0.2:80");
  EXPECT_EQ((*live.picture()->statuses)[2].source, "dns");
  EXPECT_THAT(live.put("dns", {}), IsEmpty());
  EXPECT_THAT(names(*live.picture()), ElementsAre("pod-0", "a"));
  // Nobody waits for a name any more that its source has dropped itself.
  EXPECT_THAT(live.put("dns", {endpoint("a")}), testing::SizeIs(1));
  EXPECT_THAT(live.put("dns", {}), IsEmpty());
  EXPECT_THAT(live.put("file", {}), IsEmpty());
  EXPECT_THAT(names(*live.picture()), ElementsAre("pod-0"));
}

TEST(Keeper, EveryEntryThatIsNotTakenIsTold) {
  Live live({.endpoints = 0});
  const auto told = live.put("file", {endpoint("a"), endpoint("a", "10.9.9.9:1"), endpoint("b", ""),
                                      with(with(endpoint("c"), "in_flight", 3.0), "queue", std::string("long"))});
  EXPECT_THAT(told,
              ElementsAre("endpoint \"a\" of file is left out: it is there twice",
                          "endpoint \"b\" of file is left out: it has no address",
                          "endpoint \"c\": the attribute \"in_flight\" is left out: a running host counts that itself",
                          HasSubstr("endpoint \"c\": ")));
  EXPECT_THAT(names(*live.picture()), ElementsAre("a", "c"));
  EXPECT_EQ(address_of(*live.picture(), "a"), "10.1.0.1:80");
  EXPECT_EQ(live.in_flight("c"), 0);
}

TEST(Keeper, ListenersAndObserversHearOfChanges) {
  Live live({.endpoints = 0});
  Listener listener;
  live.on_keeper([&] { live.host.keeper().listen(listener); });
  live.put("file", {endpoint("a")});
  live.put("file", {endpoint("a")});
  live.put("file", {endpoint("a", "10.1.0.2:80")});
  live.put("file", {endpoint("a", "10.1.0.2:80", {{"zone", "z"}})});
  live.put("file", {});
  EXPECT_THAT(listener.heard,
              ElementsAre("generation", "+a 10.1.0.1:80", "-a", "+a 10.1.0.2:80", "-a", "+a 10.1.0.2:80", "-a"));
  std::vector<std::uint32_t> types;
  for (const Heard& event : live.witness.events()) {
    types.push_back(event.type);
    EXPECT_EQ(event.endpoint, "a");
  }
  EXPECT_THAT(types, ElementsAre(SHUNT_EVENT_ENDPOINT_ADDED, SHUNT_EVENT_ENDPOINT_CHANGED, SHUNT_EVENT_ENDPOINT_CHANGED,
                                 SHUNT_EVENT_ENDPOINT_REMOVED));
}

TEST(Keeper, OnlyAnotherAddressForgetsWhatWasMeasured) {
  Live live({.endpoints = 0});
  live.put("file", {with(endpoint("a"), "queue", 1.0), endpoint("b")});
  const auto measured = [&] {
    live.on_keeper([&] {
      auto& keeper = live.host.keeper();
      auto& table = const_cast<EndpointTable&>(keeper.table());
      table.set(endpoint_key("a"), *table.attributes()->find("kv_cache_usage"), 0.5, live.clock.now_ns()).value();
      keeper.set_health(endpoint_key("a"), Health::Unhealthy, "down");
    });
  };
  measured();
  live.put("file", {with(endpoint("a", "10.1.0.1:80", {{"zone", "z"}}), "queue", 2.0), endpoint("b")});
  EXPECT_EQ(number(*live.picture(), "a", "kv_cache_usage"), 0.5);
  EXPECT_EQ(number(*live.picture(), "a", "queue"), 2.0);
  EXPECT_THAT(names(*live.picture()), ElementsAre("a", "b")) << "it keeps its row";
  EXPECT_EQ((*live.picture()->statuses)[0].health, Health::Unhealthy);
  EXPECT_EQ(*live.picture()->routable, (std::vector<std::uint64_t>{endpoint_key("b")}));
  // An attribute that is no longer written is absent.
  live.put("file", {endpoint("a", "10.1.0.1:80", {{"zone", "z"}}), endpoint("b")});
  EXPECT_EQ(number(*live.picture(), "a", "queue"), std::nullopt);
  EXPECT_EQ(*live.picture()->routable, (std::vector<std::uint64_t>{endpoint_key("b")}));
  live.put("file", {endpoint("a", "10.1.0.7:80"), endpoint("b")});
  EXPECT_EQ(number(*live.picture(), "a", "kv_cache_usage"), std::nullopt);
  EXPECT_EQ((*live.picture()->statuses)[0].health, Health::Unknown);
  EXPECT_EQ((*live.picture()->statuses)[0].problem, "");
  EXPECT_EQ(live.picture()->routable, std::nullopt);
}

TEST(Keeper, WhatCountsRequestsSurvivesAChange) {
  Live live({.endpoints = 0});
  live.put("file", {endpoint("a")});
  auto door = live.host.open_front_door("test");
  Passage& passage = live.begin(*door);
  door->decide(passage);
  door->report_dispatched(passage, 0);
  live.put("file", {with(endpoint("a", "10.1.0.9:80"), "in_flight", 7.0)});
  EXPECT_EQ(live.in_flight("a"), 1);
  live.put("file", {endpoint("a")});
  EXPECT_EQ(live.in_flight("a"), 1);
  live.put("file", {});
  live.put("file", {endpoint("a")});
  EXPECT_EQ(live.in_flight("a"), 1) << "it went and came back";
  door->complete(passage, {Ending::Completed, 200});
  live.expect_nothing_in_flight();
}

TEST(Keeper, UnusableEndpointsGetNoRequests) {
  Live live({.endpoints = 0});
  live.put("file", {with(endpoint("unavailable"), "available", false), with(endpoint("leaving"), "draining", true),
                    with(endpoint("sick"), "healthy", false), with(endpoint("busy"), "queue", 9.0),
                    with(endpoint("checked"), "queue", 0.0)});
  auto door = live.host.open_front_door("test");
  const auto pick = [&] {
    Passage& passage = live.begin(*door);
    door->decide(passage);
    std::string out = passage.dispatched() ? passage.targets.front().name : passage.rejection.code;
    EXPECT_EQ(passage.dispatched() ? 0u : 503u, passage.rejection.http_status);
    door->complete(passage, {Ending::Completed, 200});
    return out;
  };
  EXPECT_EQ(pick(), "checked");
  live.on_keeper([&] {
    live.host.keeper().set_health(endpoint_key("checked"), Health::Unhealthy, "connection refused");
    live.host.keeper().publish_now();
  });
  EXPECT_EQ(pick(), "busy");
  EXPECT_EQ((*live.picture()->statuses)[4].problem, "connection refused");
  live.host.set_started();
  std::string why;
  EXPECT_TRUE(live.host.ready(why)) << why;
  live.on_keeper([&] {
    live.host.keeper().set_health(endpoint_key("busy"), Health::Unhealthy, "timeout");
    live.host.keeper().publish_now();
  });
  EXPECT_EQ(pick(), "rejected-no-endpoints");
  EXPECT_FALSE(live.host.ready(why));
  EXPECT_EQ(why, "no endpoint may be used: each is unhealthy, unavailable or draining");
  live.on_keeper([&] {
    live.host.keeper().set_health(endpoint_key("checked"), Health::Healthy, "");
    live.host.keeper().publish_now();
  });
  EXPECT_EQ(pick(), "checked");
}

TEST(Keeper, ReadinessSaysWhatIsMissing) {
  class Unready final : public Part {
   public:
    std::string_view name() const override { return "http"; }
    Result<void> start() override { return {}; }
    bool ready(std::string& why) const override {
      if (!good) why = "the certificate has run out";
      return good;
    }
    void stop() override {}
    bool good = false;
  };
  Live live({.endpoints = 0});
  Unready part;
  live.host.add_part(part);
  std::string why;
  EXPECT_FALSE(live.host.ready(why));
  EXPECT_EQ(why, "starting");
  live.host.set_started();
  EXPECT_FALSE(live.host.ready(why));
  EXPECT_EQ(why, "there is no endpoint");
  live.put("file", {endpoint("a")});
  EXPECT_FALSE(live.host.ready(why));
  EXPECT_EQ(why, "the certificate has run out");
  part.good = true;
  EXPECT_TRUE(live.host.ready(why));
  live.host.begin_draining();
  EXPECT_FALSE(live.host.ready(why));
  EXPECT_EQ(why, "draining: this host is about to end");
  EXPECT_TRUE(live.host.open_front_door("test")->draining());
}

TEST(Keeper, OldMeasurementsAreAbsent) {
  Live live({.endpoints = 0, .settings = [](HostSettings& settings) { settings.data_layer.stale_after_ms = 1000; }});
  live.put("file", {with(endpoint("a"), "queue", 1.0)});
  live.on_keeper([&] {
    auto& table = const_cast<EndpointTable&>(live.host.keeper().table());
    table.set(endpoint_key("a"), *table.attributes()->find("kv_cache_usage"), 0.5, live.clock.now_ns()).value();
    live.host.keeper().publish_now();
  });
  EXPECT_EQ(number(*live.picture(), "a", "kv_cache_usage"), 0.5);
  live.clock.advance_ms(1000);
  live.on_keeper([&] { live.host.keeper().publish_now(); });
  EXPECT_EQ(number(*live.picture(), "a", "kv_cache_usage"), 0.5);
  live.clock.advance_ms(1);
  // Nothing has changed but the time: the next picture comes by itself.
  EXPECT_TRUE(eventually([&] { return !number(*live.picture(), "a", "kv_cache_usage"); }));
  EXPECT_EQ(number(*live.picture(), "a", "queue"), 1.0) << "what was written down does not age";
}

TEST(Keeper, WhatObserversPublishIsInTheNextPicture) {
  Live live({.endpoints = 2});
  auto door = live.host.open_front_door("test");
  live.serve(*door);
  EXPECT_TRUE(eventually([&] { return number(*live.picture(), "pod-0", "witnessed_completions") == 1.0; }));
  EXPECT_EQ(number(*live.picture(), "pod-1", "witnessed_completions"), std::nullopt);
}

TEST(Keeper, PicturesRespectTheirInterval) {
  Live live({.endpoints = 1, .settings = [](HostSettings& s) { s.data_layer.publish_interval_ms = 3'600'000; }});
  const auto version = live.picture()->snapshot->version();
  live.on_keeper([&] { live.host.keeper().put_endpoints("file", {endpoint("a")}); });
  live.on_keeper([] {});
  EXPECT_EQ(live.picture()->snapshot->version(), version) << "an hour has not passed";
  live.clock.advance_ms(3'600'000);
  live.on_keeper([&] { live.host.keeper().put_endpoints("file", {endpoint("a")}); });
  live.put("other", {});
  EXPECT_GT(live.picture()->snapshot->version(), version);
}

TEST(Keeper, AReaderThatRestsHoldsNoPicture) {
  Live live({.endpoints = 1});
  auto door = live.host.open_front_door("test");
  live.serve(*door);
  std::weak_ptr<const PoolPicture> old = live.picture();
  live.put("file", {endpoint("a")});
  EXPECT_FALSE(old.expired());
  door->rest();
  // The explanation of the request may still be on its way to the ring, with its picture.
  EXPECT_TRUE(eventually([&] { return old.expired(); }));
  live.serve(*door);
}

TEST(Keeper, AReaderThatRestsHoldsNoGeneration) {
  // Nobody else keeps one: no observer hears of requests, no decision is remembered.
  const LiveOptions options{
      .endpoints = 1, .witness = false, .settings = [](HostSettings& s) { s.admin.decisions.keep = 0; }};
  Live live(options);
  Scheduler& scheduler = live.host.scheduler();
  auto elsewhere = std::make_unique<Live>(options);
  std::weak_ptr<const Generation> old = elsewhere->workspace.generation();
  scheduler.publish(elsewhere->workspace.generation());
  elsewhere.reset();
  auto door = live.host.open_front_door("test");
  live.serve(*door);
  scheduler.publish(live.workspace.generation());
  EXPECT_EQ(scheduler.retired(), 1u);
  door->rest();
  scheduler.collect();
  EXPECT_EQ(scheduler.retired(), 0u);
  EXPECT_TRUE(old.expired());
  live.serve(*door);
}

}  // namespace
}  // namespace shunt::host
