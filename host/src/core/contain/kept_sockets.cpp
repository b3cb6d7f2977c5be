// SPDX-License-Identifier: Apache-2.0
#include "contain/kept_sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "live/service_manager.hpp"

namespace shunt::host {

namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START

struct Kept {
  bool active = false;
  std::map<std::string, int> sockets;
};

Kept& kept() {
  static Kept sockets;
  return sockets;
}

// Names go through a list that is separated by colons.
std::string plain(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c == ':' ? '_' : c;
  return out;
}

int number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  int number = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), number);
  return number;
}

}  // namespace

void receive_kept_sockets() {
  kept().active = true;
  const char* list = std::getenv("LISTEN_FDNAMES");
  std::string_view names = list == nullptr ? "" : list;
  const int count = number_in_environment("LISTEN_PID") == getpid() ? number_in_environment("LISTEN_FDS") : 0;
  for (int i = 0; i < count; ++i) {
    const std::size_t colon = names.find(':');
    kept().sockets[std::string(names.substr(0, colon))] = kFirst + i;
    fcntl(kFirst + i, F_SETFD, FD_CLOEXEC);
    names = colon == std::string_view::npos ? std::string_view() : names.substr(colon + 1);
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
}

int take_kept_socket(std::string_view name) {
  const auto found = kept().sockets.find(plain(name));
  if (found == kept().sockets.end()) return -1;
  const int descriptor = found->second;
  kept().sockets.erase(found);
  return descriptor;
}

void keep_socket(std::string_view name, int descriptor) {
  if (!kept().active) return;
  (void)ServiceManager::of_process().notify("FDSTORE=1\nFDNAME=" + plain(name), descriptor);
}

void drop_other_kept_sockets() {
  for (const auto& [name, descriptor] : kept().sockets) {
    close(descriptor);
    (void)ServiceManager::of_process().notify("FDSTOREREMOVE=1\nFDNAME=" + name);
  }
  kept().sockets.clear();
}

}  // namespace shunt::host
