// SPDX-License-Identifier: Apache-2.0
// What supervisor and worker know of each other, without either: who is to blame, what is kept, what is left out.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "contain/crash_handler.hpp"
#include "contain/crash_keeper.hpp"
#include "contain/crash_report.hpp"
#include "contain/leave_out.hpp"
#include "contain/notify_socket.hpp"
#include "contain/quarantine.hpp"
#include "contain/state_folder.hpp"
#include "contain/worker_job.hpp"
#include "live/service_manager.hpp"

namespace shunt::host {
namespace {

namespace fs = std::filesystem;

const std::string kHashA(64, 'a');
const std::string kHashB(64, 'b');

class ContainmentTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "shunt-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

QuarantinedLibrary entry(const std::string& sha256) {
  return {sha256, "/opt/fancy.so", "fancy", "fancy-scorer", "score", "SIGSEGV", "2026-11-21T14:29:08Z", "/x.json"};
}

TEST_F(ContainmentTest, QuarantineIsKeptAndLiftedByFirstDigits) {
  const Quarantine quarantine(folder_ / "made when needed");
  EXPECT_TRUE(quarantine.read().value().empty());
  ASSERT_TRUE(quarantine.add(entry(kHashA)));
  ASSERT_TRUE(quarantine.add(entry(kHashB)));
  ASSERT_TRUE(quarantine.add(entry(kHashA))) << "again";
  const auto read = Quarantine(folder_ / "made when needed").read().value();
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[1].sha256, kHashA);
  EXPECT_EQ(read[1].function, "score");
  EXPECT_NE(read[1].sentence().find("shunt quarantine lift aaaaaaaaaaaa"), std::string::npos);
  EXPECT_TRUE(quarantine.lift("cccccccc").value().empty());
  EXPECT_EQ(quarantine.lift("aaaaaaaa").value().size(), 1U);
  ASSERT_EQ(quarantine.read().value().size(), 1U);
  EXPECT_EQ(quarantine.lift("").value().size(), 1U) << "everything";
  EXPECT_TRUE(quarantine.read().value().empty());
}

TEST_F(ContainmentTest, HostsThatShareAStateFolderLoseNoEntry) {
  const auto folder = folder_ / "state";
  std::vector<std::thread> hosts;
  for (char host = 'a'; host < 'e'; ++host) {
    hosts.emplace_back([&folder, host] {
      for (char library = '0'; library < '8'; ++library) {
        EXPECT_TRUE(Quarantine(folder).add(entry(std::string(63, host) + library)));
      }
    });
  }
  for (std::thread& host : hosts) host.join();
  EXPECT_EQ(Quarantine(folder).read().value().size(), 32U);
  EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(ContainmentTest, ADamagedQuarantineIsAnErrorAndNoReasonToForgetTheNextCrash) {
  for (const char* text : {"{", "[]", "{\"libraries\":1}", "{\"libraries\":[{\"sha256\":\"short\"}]}"}) {
    std::ofstream(folder_ / "quarantine.json") << text;
    const auto read = Quarantine(folder_).read();
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "E362");
  }
  ASSERT_TRUE(Quarantine(folder_).add(entry(kHashA)));
  EXPECT_EQ(Quarantine(folder_).read().value().size(), 1U);
  EXPECT_TRUE(Quarantine({}).read().value().empty());
  EXPECT_FALSE(Quarantine({}).add(entry(kHashA)));
}

TEST_F(ContainmentTest, AFolderThatSomebodyKeepsLockedHoldsNobodyUp) {
  ASSERT_TRUE(Quarantine(folder_).add(entry(kHashA)).value());
  const int lock = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  EXPECT_FALSE(Quarantine(folder_).add(entry(kHashB)).value()) << "written, and said so";
  EXPECT_EQ(Quarantine(folder_).read().value().size(), 2U);
  const auto lifted = Quarantine(folder_).lift("");
  ASSERT_FALSE(lifted);
  EXPECT_EQ(lifted.error().code, "E362");
  close(lock);
  EXPECT_EQ(Quarantine(folder_).lift("").value().size(), 2U);
}

TEST_F(ContainmentTest, WhatCouldNotBeWrittenAndWhatIsSparedCount) {
  ASSERT_TRUE(Quarantine(folder_).add(entry(kHashA)));
  Quarantine quarantine(folder_, {entry(kHashA), entry(kHashB)});
  EXPECT_EQ(quarantine.read().value().size(), 2U);
  quarantine.spare({kHashA});
  ASSERT_EQ(quarantine.read().value().size(), 1U);
  EXPECT_EQ(quarantine.read().value()[0].sha256, kHashB);
  std::ofstream(folder_ / "quarantine.json") << "{";
  EXPECT_FALSE(quarantine.read());
  EXPECT_EQ(quarantine.read_or_known().size(), 2U);
}

TEST_F(ContainmentTest, TheStateFolderIsTheFirstThatIsNamed) {
  setenv("HOME", "/home/x", 1);
  unsetenv("XDG_STATE_HOME");
  unsetenv("STATE_DIRECTORY");
  EXPECT_EQ(state_folder(""), "/home/x/.local/state/shunt");
  setenv("XDG_STATE_HOME", "relative", 1);
  EXPECT_EQ(state_folder(""), "/home/x/.local/state/shunt");
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(state_folder(""), "/state/shunt");
  setenv("STATE_DIRECTORY", "/var/lib/shunt:/var/lib/other", 1);
  EXPECT_EQ(state_folder(""), "/var/lib/shunt");
  EXPECT_EQ(state_folder("/tmp/mine"), "/tmp/mine");
  unsetenv("XDG_STATE_HOME");
  unsetenv("STATE_DIRECTORY");
}

TEST_F(ContainmentTest, AJobArrivesAsItWasWritten) {
  WorkerJob job;
  job.page = 7;
  job.number = 3;
  job.run_folder = "/run/\"quoted\"";
  job.restore = true;
  job.generation = 9;
  job.announce = false;
  job.lost_ns = 123456789012345;
  job.restarts = {1, 2, 3, 4, 5, 6};
  job.quarantined = {entry(kHashA)};
  const auto read = WorkerJob::from_text(job.to_text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to_text(), job.to_text());
  EXPECT_EQ(read->run_folder, job.run_folder);
  EXPECT_EQ(read->restarts, job.restarts);
  ASSERT_EQ(read->quarantined.size(), 1U);
  EXPECT_EQ(read->quarantined[0].reason, "SIGSEGV");
  EXPECT_FALSE(WorkerJob::from_text("{}"));
  EXPECT_FALSE(WorkerJob::from_text("no JSON"));
}

// A page with two libraries, an instance of each, and two threads in them.
class ReportTest : public testing::Test {
 protected:
  ReportTest() : page_(std::make_unique<WorkerPage>()) {
    CallMarkPage& marks = page_->marks;
    marks.libraries = 3;
    set(marks.library[1].path, "/a.so");
    set(marks.library[1].sha256, kHashA);
    marks.library[1].text_begin = 0x1000;
    marks.library[1].text_end = 0x2000;
    set(marks.library[2].path, "/b.so");
    set(marks.library[2].sha256, kHashB);
    marks.library[2].text_begin = 0x3000;
    marks.library[2].text_end = 0x4000;
    for (std::uint32_t i = 1; i <= 2; ++i) {
      set(marks.instance[i].name, i == 1 ? "one" : "two");
      set(marks.instance[i].type, "t");
      marks.instance[i].library = i;
      marks.instance[i].generation = 5;
    }
  }
  template <std::size_t size>
  static void set(char (&to)[size], const std::string& text) {
    text.copy(to, size - 1);
  }
  void runs(std::size_t thread, std::uint32_t instance, PluginFunction function) {
    page_->marks.thread[thread].used = 1;
    page_->marks.thread[thread].thread = static_cast<std::int32_t>(100 + thread);
    page_->marks.thread[thread].generation = 7;
    begin_mark(page_->marks.thread[thread], instance, function);
  }
  void note(EndKind kind, std::size_t thread, std::uint64_t place = 0) {
    ASSERT_TRUE(begin_end_note(*page_, kind, &page_->marks.thread[thread]));
    page_->end.signal = SIGSEGV;
    page_->end.place = place;
    page_->end.address = 0x10;
    page_->end.stack = 0x7fff00000000;
    end_note_written(*page_);
  }
  std::unique_ptr<WorkerPage> page_;
};

TEST_F(ReportTest, TheThreadThatCrashedNamesTheGuiltyCall) {
  runs(0, 1, PluginFunction::Score);
  runs(1, 2, PluginFunction::Events);
  note(EndKind::Signal, 1);
  const CrashReport report = examine(*page_, SIGSEGV);
  EXPECT_EQ(report.cause, EndCause::Crash);
  ASSERT_TRUE(report.guilty);
  EXPECT_EQ(report.guilty->instance, "two");
  EXPECT_EQ(report.guilty->function, "events");
  EXPECT_EQ(report.guilty->generation, 7U);
  EXPECT_EQ(report.guilty->sha256, kHashB);
  EXPECT_EQ(report.others.size(), 2U);
  EXPECT_FALSE(report.stack_overflow);
  EXPECT_NE(report.sentence().find("SIGSEGV in events of plugin \"two\" (t) from /b.so, generation 7"),
            std::string::npos)
      << report.sentence();
}

TEST_F(ReportTest, CodeOfAnotherLibraryIsThatLibrarysFault) {
  runs(0, 1, PluginFunction::Score);
  note(EndKind::Signal, 0, 0x3010);
  const CrashReport report = examine(*page_, SIGSEGV);
  EXPECT_EQ(report.guilty->sha256, kHashB);
  EXPECT_EQ(report.guilty->function, "score of one");
}

TEST_F(ReportTest, AThreadWithoutAMarkIsFoundByItsCode) {
  note(EndKind::Signal, 3, 0x1ff0);
  EXPECT_EQ(examine(*page_, SIGSEGV).guilty->sha256, kHashA);
}

TEST_F(ReportTest, OnlyTheFirstNoteCounts) {
  runs(0, 1, PluginFunction::Score);
  note(EndKind::Hang, 0);
  EXPECT_FALSE(begin_end_note(*page_, EndKind::Signal, &page_->marks.thread[0]));
  EXPECT_EQ(examine(*page_, SIGABRT).cause, EndCause::Hang);
}

TEST_F(ReportTest, NobodyIsGuiltyOfAnEndFromOutside) {
  runs(0, 1, PluginFunction::Score);
  for (const int status : {SIGKILL, SIGTERM, SIGHUP}) {
    const CrashReport report = examine(*page_, status);
    EXPECT_EQ(report.cause, EndCause::Killed);
    EXPECT_FALSE(report.guilty);
    EXPECT_EQ(report.others.size(), 1U);
  }
}

TEST_F(ReportTest, AnEndWithoutAWordBlamesTheOnlyLibraryThatRan) {
  runs(0, 1, PluginFunction::Score);
  const CrashReport one = examine(*page_, 3 << 8);
  EXPECT_EQ(one.cause, EndCause::Exit);
  EXPECT_EQ(one.guilty->instance, "one");
  runs(1, 2, PluginFunction::Pick);
  EXPECT_FALSE(examine(*page_, 3 << 8).guilty) << "it may have been either";
}

TEST_F(ReportTest, APageThatAPluginHasOverwrittenIsReadWithCare) {
  std::memset(static_cast<void*>(&page_->marks), 0xff, sizeof page_->marks);
  const CrashReport report = examine(*page_, SIGKILL);
  EXPECT_EQ(report.cause, EndCause::Killed);
  EXPECT_EQ(report.others.size(), CallMarkPage::kThreads);
}

class KeeperTest : public ReportTest {
 protected:
  KeeperTest() {
    std::string name = (fs::temp_directory_path() / "shunt-test-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
    fs::create_directory(run_folder());
    runs(0, 1, PluginFunction::Score);
    note(EndKind::Signal, 0);
  }
  ~KeeperTest() override { fs::remove_all(folder_); }
  fs::path run_folder() const { return folder_ / "run"; }
  fs::path state() const { return folder_ / "state"; }
  bool keep(CrashKeeper& keeper) {
    CrashReport report = examine(*page_, SIGSEGV);
    return keeper.keep(report, *page_, run_folder() / "inputs-1");
  }
  static std::size_t count(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

  fs::path folder_;
  std::ostringstream out_;
  std::ostringstream err_;
  Console console_{out_, err_, false};
};

TEST_F(KeeperTest, ALibraryIsPutIntoQuarantineOnce) {
  CrashKeeper keeper(state(), run_folder(), console_);
  EXPECT_TRUE(keep(keeper));
  EXPECT_FALSE(keep(keeper)) << "it ran in spite of it";
  EXPECT_EQ(keeper.quarantined().size(), 1U);
  EXPECT_TRUE(keeper.unwritten().empty());
  ASSERT_EQ(Quarantine(state()).lift("").value().size(), 1U);
  EXPECT_TRUE(keeper.quarantined().empty()) << "what was lifted is";
}

TEST_F(KeeperTest, WhatAStateFolderDoesNotTakeIsRemembered) {
  CrashKeeper keeper(state(), run_folder(), console_);
  std::ofstream(state()) << "no folder";
  EXPECT_TRUE(keep(keeper));
  EXPECT_EQ(count(run_folder()), 1U) << "the report";
  EXPECT_NE(err_.str().find("until this host ends, and not beyond"), std::string::npos) << err_.str();
  ASSERT_EQ(keeper.unwritten().size(), 1U);
  EXPECT_EQ(keeper.unwritten()[0].report.find(run_folder().string()), 0U);
  EXPECT_EQ(keeper.quarantined().size(), 1U);
  fs::remove(state());
  EXPECT_TRUE(keeper.unwritten().empty());
  EXPECT_EQ(Quarantine(state()).read().value().size(), 1U);
}

TEST_F(KeeperTest, AQuarantineThatBreaksIsRemembered) {
  CrashKeeper keeper(state(), run_folder(), console_);
  EXPECT_TRUE(keep(keeper));
  std::ofstream(state() / "quarantine.json") << "{";
  EXPECT_EQ(keeper.quarantined().size(), 1U);
  EXPECT_EQ(keeper.unwritten().size(), 1U);
}

TEST_F(KeeperTest, BundlesWithoutAReportAreForgottenToo) {
  fs::create_directory(state());
  for (int i = 0; i < 100; ++i) {
    fs::create_directory(state() / ("crash-2026-11-21T142908Z-" + std::to_string(i)));
  }
  CrashKeeper keeper(state(), run_folder(), console_);
  EXPECT_TRUE(keep(keeper));
  EXPECT_EQ(count(state()), 32U + 1U) << "with the quarantine";
}

TEST(LeaveOutTest, TakesInstancesAndTheirReferences) {
  Config config;
  config.plugins.resize(3);
  config.plugins[0].type = config.plugins[0].name = "good";
  config.plugins[1].type = "bad";
  config.plugins[1].name = "bad-1";
  config.plugins[2].type = "bad";
  config.plugins[2].name = "bad-2";
  config.profiles.resize(1);
  config.profiles[0].plugins.resize(2);
  config.profiles[0].plugins[0].plugin = "bad-2";
  config.profiles[0].plugins[1].plugin = "good";
  config.routing.swapper = "bad-1";
  const auto left_out = leave_out(config, {"bad"}, "/bad.so", "because");
  ASSERT_EQ(left_out.size(), 2U);
  EXPECT_EQ(left_out[1].name, "bad-2");
  ASSERT_EQ(config.plugins.size(), 1U);
  ASSERT_EQ(config.profiles[0].plugins.size(), 1U);
  EXPECT_EQ(config.profiles[0].plugins[0].plugin, "good");
  EXPECT_EQ(config.routing.swapper, "");
}

TEST(NotifySocketTest, SocketsAreShelvedAndStatesPassedOn) {
  auto socket = NotifySocket::open();
  ASSERT_TRUE(socket);
  const ServiceManager sender(socket->name(), std::nullopt);
  SocketShelf shelf;
  const auto anybody = [](pid_t) { return true; };
  EXPECT_FALSE(socket->receive(shelf, anybody));
  ASSERT_TRUE(sender.notify("FDSTORE=1\nFDNAME=http", STDIN_FILENO));
  ASSERT_TRUE(sender.notify("READY=1"));
  auto notice = socket->receive(shelf, anybody);
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->sender, getpid());
  EXPECT_EQ(notice->state, "");
  EXPECT_EQ(shelf.all().count("http"), 1U);
  EXPECT_EQ(socket->receive(shelf, anybody)->state, "READY=1");
  ASSERT_TRUE(sender.notify("FDSTOREREMOVE=1\nFDNAME=http"));
  EXPECT_TRUE(socket->receive(shelf, anybody));
  EXPECT_TRUE(shelf.all().empty());
}

TEST(NotifySocketTest, StrangersAreNotHeard) {
  auto socket = NotifySocket::open();
  ASSERT_TRUE(socket);
  SocketShelf shelf;
  ASSERT_TRUE(ServiceManager(socket->name(), std::nullopt).notify("FDSTORE=1\nFDNAME=http", STDIN_FILENO));
  EXPECT_FALSE(socket->receive(shelf, [](pid_t) { return false; }));
  EXPECT_TRUE(shelf.all().empty());
}

}  // namespace
}  // namespace shunt::host
