// SPDX-License-Identifier: Apache-2.0
// What the service manager is told, as it receives it.
#include "live/service_manager.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace shunt::host {
namespace {

// A manager's socket; the name begins with @ in the abstract namespace.
class Manager {
 public:
  explicit Manager(std::string name) : name_(std::move(name)), handle_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    if (name_.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(::bind(handle_, reinterpret_cast<const sockaddr*>(&address), size), 0) << std::strerror(errno);
  }
  ~Manager() {
    ::close(handle_);
    if (name_.front() != '@') std::filesystem::remove(name_);
  }
  std::string hears() const {
    char text[256];
    const ssize_t size = ::recv(handle_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  std::string name_;
  int handle_;
};

std::string unique(const std::string& prefix) { return prefix + "shunt-notify-" + std::to_string(::getpid()); }

TEST(ServiceManager, IsToldThroughItsSocket) {
  for (const std::string& name : {unique("@"), unique(std::filesystem::temp_directory_path().string() + "/")}) {
    const Manager listening(name);
    const ServiceManager manager(name, std::nullopt);
    EXPECT_TRUE(manager.notify("READY=1"));
    EXPECT_TRUE(manager.notify("STOPPING=1"));
    EXPECT_EQ(listening.hears(), "READY=1");
    EXPECT_EQ(listening.hears(), "STOPPING=1");
    EXPECT_EQ(listening.hears(), "nothing");
  }
}

TEST(ServiceManager, WithoutOneNothingIsSent) { EXPECT_TRUE(ServiceManager("", std::nullopt).notify("READY=1")); }

TEST(ServiceManager, SaysWhenItCannotBeTold) {
  EXPECT_FALSE(ServiceManager(unique("/nowhere/"), std::nullopt).notify("READY=1"));
  EXPECT_FALSE(ServiceManager(std::string(200, 'x'), std::nullopt).notify("READY=1"));
}

TEST(ServiceManager, ReadsItsEnvironment) {
  ::setenv("NOTIFY_SOCKET", "@x", 1);
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  ::unsetenv("WATCHDOG_PID");
  EXPECT_EQ(ServiceManager::of_process().watchdog(), std::chrono::seconds(3));
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(ServiceManager::of_process().watchdog(), std::chrono::seconds(3));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceManager::of_process().watchdog(), std::nullopt) << "it is meant for another process";
  ::unsetenv("WATCHDOG_PID");
  for (const char* wrong : {"", "0", "-3", "3s", "99999999999999999999"}) {
    ::setenv("WATCHDOG_USEC", wrong, 1);
    EXPECT_EQ(ServiceManager::of_process().watchdog(), std::nullopt) << wrong;
  }
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace shunt::host
