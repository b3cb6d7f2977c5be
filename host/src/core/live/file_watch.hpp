// SPDX-License-Identifier: Apache-2.0
// file_watch.hpp: tells when something happens in the folders of files. Folders, because a file that is replaced or swapped
// behind a symbolic link is another file each time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace shunt::host {

class FileWatch {
 public:
  explicit FileWatch(boost::asio::io_context& context);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Calls `changed` when the file may be another one: where the path leads, and in the folder of the path itself. Once more for
  // the same file after each change, because the path may lead elsewhere then. So many changes at once that the kernel lost some
  // are one of each file. False where the kernel offers no watch.
  bool watch(const std::filesystem::path& file, const std::function<void()>& changed);

 private:
  struct State;
  static void wait(const std::shared_ptr<State>& state);
  bool add(const std::filesystem::path& folder, const std::filesystem::path& file,
           const std::function<void()>& changed);

  struct Watcher {
    std::filesystem::path file;
    std::function<void()> changed;
  };
  struct State {
    explicit State(boost::asio::io_context& context) : descriptor(context) {}
    boost::asio::posix::stream_descriptor descriptor;
    std::unordered_map<int, std::vector<Watcher>> watchers;  // by watch of a folder
    alignas(8) std::array<char, 16384> events;
  };
  std::shared_ptr<State> state_;

 public:
  ~FileWatch();
};

}  // namespace shunt::host
