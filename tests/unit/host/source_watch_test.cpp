// SPDX-License-Identifier: Apache-2.0
#include "dev/source_watch.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

namespace shunt::host {
namespace {

namespace fs = std::filesystem;

using ::testing::Contains;
using ::testing::ElementsAre;

class Watched : public ::testing::Test {
 protected:
  Watched() {
    std::string name = (fs::temp_directory_path() / "shunt-watch-XXXXXX").string();
    above_ = mkdtemp(name.data());
    fs::create_directory(folder());
    save("plugin.c");
  }
  ~Watched() override { fs::remove_all(above_); }

  fs::path folder() const { return above_ / "plugin"; }
  void save(const std::string& name) const { std::ofstream(folder() / name) << "text"; }
  void begin() { watch_.emplace(std::move(SourceWatch::of(folder(), folder() / "build").value())); }
  std::vector<std::string> wait() { return watch_->wait().value(); }

  fs::path above_;
  std::optional<SourceWatch> watch_;
};

TEST_F(Watched, TellsWhatWasSaved) {
  begin();
  save("plugin.c");
  save("passing.o");
  EXPECT_THAT(wait(), ElementsAre("plugin.c"));
}

TEST_F(Watched, AFolderThatWasMadeAnewIsWatchedAgain) {
  begin();
  fs::remove_all(folder());
  fs::create_directory(folder());
  EXPECT_THAT(wait(), Contains("."));
  save("new.c");
  EXPECT_THAT(wait(), ElementsAre("new.c"));
}

TEST_F(Watched, AFolderThatSomebodyStillWorksInIsWatchedAgain) {
  begin();
  // Then the kernel does not say that it is gone: not before nobody has it any more.
  const int held = open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fs::remove_all(folder());
  fs::create_directories(folder() / "sample");
  EXPECT_THAT(wait(), Contains("."));
  save("sample/pool.jsonc");
  EXPECT_THAT(wait(), ElementsAre("sample/pool.jsonc"));
  close(held);
}

TEST_F(Watched, AFolderUnderAnotherNameIsAnotherOne) {
  begin();
  fs::rename(folder(), above_ / "old");
  fs::create_directory(folder());
  EXPECT_THAT(wait(), ElementsAre("."));
  std::ofstream(above_ / "old/plugin.c") << "text";
  save("new.c");
  EXPECT_THAT(wait(), ElementsAre("new.c"));
}

}  // namespace
}  // namespace shunt::host
