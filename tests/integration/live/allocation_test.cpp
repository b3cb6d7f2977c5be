// SPDX-License-Identifier: Apache-2.0
// A request that is decided, reported and completed allocates nothing in steady state: counted at malloc itself.
#include "live.hpp"

#include <malloc.h>

namespace {

std::atomic<bool> g_counting{false};
std::atomic<std::uint64_t> g_allocations{0};
thread_local bool t_counted = false;  // the keeper may allocate

void count() {
  if (t_counted && g_counting.load(std::memory_order_relaxed)) g_allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// The program's definitions come before those of the C library, for loaded plugins as well.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

__attribute__((visibility("default"))) void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
__attribute__((visibility("default"))) void* calloc(std::size_t n, std::size_t size) {
  count();
  return __libc_calloc(n, size);
}
__attribute__((visibility("default"))) void* realloc(void* old, std::size_t size) {
  count();
  return __libc_realloc(old, size);
}
__attribute__((visibility("default"))) void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
}

namespace shunt::host {
namespace {

template <class Function>
std::uint64_t allocations_of(Function&& function) {
  g_allocations = 0;
  t_counted = g_counting = true;
  function();
  t_counted = g_counting = false;
  return g_allocations;
}

LiveOptions quiet(std::size_t endpoints) {
  LiveOptions options;
  options.endpoints = endpoints;
  options.witness = false;
  options.name_prefix = "a-name-that-no-small-string-can-hold-";
  options.settings = [](HostSettings& settings) { settings.admin.decisions.keep = 0; };
  return options;
}

const std::string kLongId = "an id as long as those that clients use: 0123456789";

// The ways of a request that a busy host sees all the time.
void good(Live& live, FrontDoor& door) {
  Passage& passage = live.begin(door, kLongId);
  door.decide(passage);
  door.report_dispatched(passage, 0);
  door.report_response_started(passage, 200);
  door.report_first_token(passage);
  door.complete(passage, {Ending::Completed, 200, "", {100, 20, 30}});
}

void rejected(Live& live, FrontDoor& door) {
  Passage& passage = live.begin(door);
  door.decide(passage);
  door.complete(passage, {Ending::Rejected, passage.rejection.http_status, passage.rejection.code});
}

void several_at_once(Live& live, FrontDoor& door) {
  std::array<Passage*, 32> open;
  for (Passage*& passage : open) {
    passage = &live.begin(door);
    door.decide(*passage);
    door.report_dispatched(*passage, 0);
  }
  for (Passage* passage : open) door.complete(*passage, {Ending::Cancelled, 0});
}

TEST(LiveAllocations, AreCounted) {
  EXPECT_GT(allocations_of([] { delete new std::string(100, 'x'); }), 0u);
}

TEST(LiveAllocations, NoneFromOpenToComplete) {
  for (const std::size_t endpoints : {1u, 8u, 300u}) {
    Live live(quiet(endpoints));
    auto door = live.host.open_front_door("test");
    for (int i = 0; i < 50; ++i) good(live, *door);
    EXPECT_EQ(allocations_of([&] {
                for (int i = 0; i < 100; ++i) good(live, *door);
              }),
              0u)
        << endpoints;
    for (int i = 0; i < 3; ++i) several_at_once(live, *door);
    EXPECT_EQ(allocations_of([&] { several_at_once(live, *door); }), 0u) << endpoints;
  }
}

// The same config once more: every instance is carried over.
TEST(LiveAllocations, NoneWhileACanaryIsOut) {
  Live live(quiet(8));
  auto door = live.host.open_front_door("test");
  Workspace candidate(live.workspace.plugin_path(), live.workspace);
  candidate.open("test.jsonc", std::string(live.workspace.config()->document->text()), ".");
  candidate.build({.previous = live.workspace.generation()});
  ASSERT_NE(candidate.generation(), nullptr) << render_text(candidate.diagnostics(), false);
  const auto decides = live.host.scheduler().add(candidate.generation());
  const auto tally = std::make_shared<CanaryTally>();
  live.host.canaries().publish(std::make_shared<const CanaryOut>(CanaryOut{decides, CanaryShare(0.5, 1), tally}));
  for (int i = 0; i < 100; ++i) good(live, *door);
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 200; ++i) good(live, *door);
            }),
            0u);
  EXPECT_GT(tally->total(CanarySide::Canary).decisions, 50u);
  EXPECT_GT(tally->total(CanarySide::Running).decisions, 50u);
}

TEST(LiveAllocations, NoneWhenNobodyCanTakeIt) {
  Live live(quiet(0));
  auto door = live.host.open_front_door("test");
  for (int i = 0; i < 50; ++i) rejected(live, *door);
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 100; ++i) rejected(live, *door);
            }),
            0u);
}

// With an observer too, but for the wake-ups of the keeper: one in several milliseconds.
TEST(LiveAllocations, FewWithObservers) {
  LiveOptions options = quiet(4);
  options.witness = true;
  Live live(options);
  auto door = live.host.open_front_door("test");
  // The keeper gives passages back while these go on.
  for (int i = 0; i < 3000; ++i) good(live, *door);
  ASSERT_TRUE(eventually([&] { return live.witness.completed() == 3000; }));
  live.on_keeper([] {});
  // Where the keeper is late, the desk makes new passages: that ends once there are enough of them.
  EXPECT_TRUE(eventually([&] {
    return allocations_of([&] {
             for (int i = 0; i < 100; ++i) good(live, *door);
           }) <= 10u;
  }));
}

// 4,000 streams at once have 24 KiB each for everything, sockets and buffers included.
TEST(LiveAllocations, AnOpenPassageIsSmall) {
  Live live(quiet(8));
  auto door = live.host.open_front_door("test");
  const std::size_t before = mallinfo2().uordblks;
  constexpr std::size_t kStreams = 4000;
  for (std::size_t i = 0; i < kStreams; ++i) {
    Passage& passage = live.begin(*door, kLongId);
    door->decide(passage);
    door->report_dispatched(passage, 0);
    door->report_response_started(passage, 200);
  }
  const std::size_t each = (mallinfo2().uordblks - before) / kStreams;
  RecordProperty("bytes_of_a_passage", static_cast<int>(each));
  RecordProperty("sizeof_passage", static_cast<int>(sizeof(Passage)));
  std::printf("a passage: %zu bytes, %zu of them in the object; its prompt has 400\n", each, sizeof(Passage));
  EXPECT_LE(each, 4096u);
}

}  // namespace
}  // namespace shunt::host
