// SPDX-License-Identifier: Apache-2.0
// Tables of libraries without a file, wrong in every way that memory can be wrong without being unreadable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <shunt/abi/manifest.h>
#include <shunt/abi/scorer.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <shunt/framework/library.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

namespace shunt {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::int32_t create(const shunt_create_info*, void**) { return SHUNT_OK; }
void destroy(void*) {}
const void* interface_table(void*, shunt_str) { return nullptr; }

const shunt_str kInterfaces[] = {SHUNT_LITERAL(SHUNT_SCORER_ID)};

// What the entry function of the moment returns. Reset before each test.
shunt_plugin plugin;
shunt_library library;
const shunt_library* entry_answer;
std::atomic<int> init_calls;
std::int32_t init_status;

const shunt_plugin* describe(std::uint32_t index) { return index == 0 ? &plugin : nullptr; }
const shunt_plugin* describe_without_end(std::uint32_t) { return &plugin; }
const shunt_library* entry() { return entry_answer; }
const shunt_library* fickle_entry() {
  static shunt_library other;
  static bool first = false;
  first = !first;
  return first ? &library : &other;
}
std::int32_t init(const shunt_host*, shunt_ctx*) {
  ++init_calls;
  return init_status;
}
std::int32_t throwing_init(const shunt_host*, shunt_ctx*) { throw std::runtime_error("not allowed"); }

class LibraryTable : public ::testing::Test {
 protected:
  void SetUp() override {
    plugin = {sizeof(shunt_plugin),
              0,
              SHUNT_LITERAL("built-in"),
              SHUNT_LITERAL("1.0.0"),
              SHUNT_LITERAL("Linked in"),
              SHUNT_LITERAL("{\"type\": \"object\"}"),
              kInterfaces,
              1,
              SHUNT_STABILITY_BETA,
              create,
              destroy,
              interface_table,
              nullptr,
              nullptr,
              nullptr,
              0,
              0,
              0,
              0};
    library = {sizeof(shunt_library),
               SHUNT_ABI_MAJOR,
               SHUNT_ABI_MINOR,
               SHUNT_ABI_MIN_MINOR,
               SHUNT_LITERAL("core"),
               SHUNT_LITERAL("0.1"),
               1,
               0,
               describe,
               init,
               nullptr};
    entry_answer = &library;
    init_calls = 0;
    init_status = SHUNT_OK;
  }

  static Error failure() {
    const auto loaded = Library::from_entry(entry, "core");
    EXPECT_FALSE(loaded);
    return loaded ? Error{} : loaded.error();
  }
};

TEST_F(LibraryTable, IsALibraryWithoutAFile) {
  const auto loaded = Library::from_entry(entry, "core");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ((*loaded)->path(), "core");
  EXPECT_EQ((*loaded)->file_name(), "core");
  EXPECT_TRUE((*loaded)->sha256().empty());
  EXPECT_TRUE((*loaded)->staged_path().empty());
  EXPECT_EQ((*loaded)->manifest().name, "core");
  ASSERT_EQ((*loaded)->plugins().size(), 1U);
  EXPECT_EQ((*loaded)->plugins()[0].parameters_schema, "{\"type\": \"object\"}");
  EXPECT_EQ((*loaded)->plugins()[0].library, "core");
  EXPECT_EQ((*loaded)->plugin(std::size_t{0}), &plugin);
  EXPECT_EQ((*loaded)->plugin("built-in"), &plugin);
  EXPECT_EQ((*loaded)->plugin("other"), nullptr);
  EXPECT_EQ((*loaded)->plugin(std::size_t{1}), nullptr);
}

TEST_F(LibraryTable, SaysWhatItReadsWritesAndProducesByDefault) {
  const shunt_str reads[] = {SHUNT_LITERAL("queue"), SHUNT_LITERAL("running")};
  const shunt_str writes[] = {SHUNT_LITERAL("made")};
  plugin.flags = SHUNT_PLUGIN_SINGLE_INSTANCE;
  plugin.reads = reads;
  plugin.n_reads = 2;
  plugin.writes = plugin.default_producer_of = writes;
  plugin.n_writes = plugin.n_default_producer_of = 1;
  const auto loaded = Library::from_entry(entry, "core");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const PluginDescription& facts = (*loaded)->plugins()[0];
  EXPECT_THAT(facts.reads, ::testing::ElementsAre("queue", "running"));
  EXPECT_THAT(facts.writes, ::testing::ElementsAre("made"));
  EXPECT_THAT(facts.default_producer_of, ::testing::ElementsAre("made"));
  EXPECT_TRUE(facts.single_instance);
  plugin.n_reads = 257;
  plugin.writes = nullptr;
  const Error error = failure();
  EXPECT_THAT(error.message, HasSubstr("describe(0) reads has 257 entries, not 0 to 256"));
  EXPECT_THAT(error.message, HasSubstr("describe(0) writes has 1 entries at NULL"));
}

TEST_F(LibraryTable, MayBeLongerThanThisHostKnows) {
  struct {
    shunt_library known;
    unsigned char later[64];
  } future{library, {}};
  future.known.size = sizeof(future);
  entry_answer = &future.known;
  EXPECT_TRUE(Library::from_entry(entry, "core"));
}

TEST_F(LibraryTable, IsNotReadBeyondItsSize) {
  // Memory that ends with the claimed size: reading on is an error that sanitizers see.
  for (const std::size_t size : {std::size_t{4}, offsetof(shunt_library, name), offsetof(shunt_library, deinit)}) {
    const std::unique_ptr<void, void (*)(void*)> memory(std::malloc(size), std::free);
    library.size = static_cast<std::uint32_t>(size);
    std::memcpy(memory.get(), &library, size);
    entry_answer = static_cast<const shunt_library*>(memory.get());
    const Error error = failure();
    EXPECT_EQ(error.code, "P164");
    EXPECT_THAT(error.message, HasSubstr("says that its library table has " + std::to_string(size) + " bytes"));
  }
}

TEST_F(LibraryTable, NeedsAnEntryWithOneTable) {
  EXPECT_EQ(Library::from_entry(nullptr, "core").error().code, "P163");
  EXPECT_THAT(Library::from_entry(fickle_entry, "core").error().message, HasSubstr("another table each time"));
  entry_answer = nullptr;
  EXPECT_THAT(failure().message, HasSubstr("returns NULL"));
}

TEST_F(LibraryTable, NegotiatesBeforeItReadsTheRest) {
  library.abi_major = 2;
  library.describe = nullptr;
  EXPECT_EQ(failure().code, "P150");
  library.abi_major = SHUNT_ABI_MAJOR;
  library.abi_minor = SHUNT_ABI_MINOR_CURRENT + 1;
  EXPECT_EQ(failure().code, "P152");
}

TEST_F(LibraryTable, ListsEveryProblemAtOnce) {
  plugin.type = SHUNT_LITERAL("Built In");
  plugin.version = {nullptr, 0};
  plugin.summary = {"\xff\xfe", 2};
  plugin.parameters_schema = SHUNT_LITERAL("[1]");
  plugin.stability = 9;
  plugin.create = nullptr;
  plugin.interface_table = nullptr;
  plugin.n_interfaces = 0;
  library.describe = describe_without_end;
  library.name = {"x", 1U << 30U};
  const Error error = failure();
  EXPECT_EQ(error.code, "P164");
  EXPECT_THAT(error.message, StartsWith("\"core\" has tables with 10 problems"));
  for (const char* problem :
       {"library name says that it has 1073741824 bytes", "describe(0) type \"Built In\" is not kebab-case",
        "describe(0) version is absent", "describe(0) summary is not valid UTF-8",
        "describe(0) parameters_schema is no JSON object", "describe(0) stability is 9", "describe(0) create is NULL",
        "describe(0) interface_table is NULL", "describe(0) interfaces has 0 entries",
        "describe(plugin_count) is not NULL"}) {
    EXPECT_THAT(error.message, HasSubstr(problem));
  }
}

TEST_F(LibraryTable, BoundsItsCounts) {
  library.plugin_count = 257;
  EXPECT_THAT(failure().message, HasSubstr("plugin_count is 257, not 1 to 256"));
  library.plugin_count = 2;
  EXPECT_THAT(failure().message, HasSubstr("describe(1) is NULL"));
  library.describe = describe_without_end;
  EXPECT_THAT(failure().message, HasSubstr("describe(1) type \"built-in\" is offered twice"));
  library.describe = nullptr;
  EXPECT_THAT(failure().message, HasSubstr("describe is NULL"));
  library.describe = describe;
  library.plugin_count = 1;
  plugin.size = offsetof(shunt_plugin, destroy);
  EXPECT_THAT(failure().message, HasSubstr("describe(0) says that it has "));
}

TEST_F(LibraryTable, StartsOnceFromManyThreads) {
  const auto loaded = Library::from_entry(entry, "core");
  ASSERT_TRUE(loaded);
  EXPECT_FALSE((*loaded)->initialized());
  std::vector<std::thread> threads;
  for (int index = 0; index < 8; ++index) {
    threads.emplace_back([&loaded] { EXPECT_TRUE((*loaded)->initialize(nullptr)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(init_calls, 1);
  EXPECT_TRUE((*loaded)->initialized());
}

TEST_F(LibraryTable, RemembersThatItRefusedToStart) {
  init_status = SHUNT_ERROR;
  const auto loaded = Library::from_entry(entry, "core");
  ASSERT_TRUE(loaded);
  for (int round = 0; round < 2; ++round) {
    const Result<void> started = (*loaded)->initialize(nullptr);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, "P166");
    EXPECT_THAT(started.error().message, HasSubstr("returned status -1"));
  }
  EXPECT_EQ(init_calls, 1);
  EXPECT_FALSE((*loaded)->initialized());
}

TEST_F(LibraryTable, StartsWithNothingButSuccess) {
  init_status = SHUNT_SKIP;
  const auto loaded = Library::from_entry(entry, "core");
  const Result<void> started = (*loaded)->initialize(nullptr, {nullptr, [] { return std::string("no licence"); }});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("returned status 1 (no licence)"));
}

TEST_F(LibraryTable, MayHaveNothingToStart) {
  library.init = nullptr;
  const auto loaded = Library::from_entry(entry, "core");
  EXPECT_TRUE((*loaded)->initialize(nullptr));
  EXPECT_TRUE((*loaded)->initialized());
}

TEST_F(LibraryTable, ThatThrowsWhileStartingIsNamed) {
  library.init = throwing_init;
  const auto loaded = Library::from_entry(entry, "core");
  EXPECT_THAT((*loaded)->initialize(nullptr).error().message, HasSubstr("threw an exception"));
}

}  // namespace
}  // namespace shunt
