// SPDX-License-Identifier: Apache-2.0
// running_host.hpp: a running host with its data layer, and a look at what it knows.
//
//   RunningHost host(R"("plugins": [{"type": "queue-scorer"}])");
//   host.put({{"pod-0", server.address()}});
//   ASSERT_TRUE(host.until([&] { return host.number("pod-0", "queue") == 3.0; }));
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "data/data_layer.hpp"

namespace shunt::host::testing {

class RunningHost {
 public:
  using Names = std::vector<std::pair<std::string, std::string>>;  // with addresses

  // `members`: of the config's object, besides what every config has.
  explicit RunningHost(const std::string& members, std::unique_ptr<Resolver> resolver = nullptr)
      : workspace_(PluginPath(SHUNT_PLUGIN_DIRECTORY, {})) {
    workspace_.open("test.jsonc", R"({"apiVersion": "shunt/v1", "kind": "Config", )" + members + "}", "/");
    workspace_.build();
    if (workspace_.generation() == nullptr) throw std::runtime_error(render_text(workspace_.diagnostics(), false));
    host_ = std::make_unique<LiveHost>(workspace_, workspace_.host_settings(), clock_);
    if (resolver == nullptr) resolver = std::make_unique<SystemResolver>();
    layer_ = make_data_layer(*host_, workspace_.host_settings(), std::move(resolver), FileSource::Pace{});
    host_->start();
    if (const auto started = layer_->start(); !started) throw std::runtime_error(started.error().message);
  }
  ~RunningHost() {
    layer_->stop();
    host_->stop();
  }
  RunningHost(const RunningHost&) = delete;
  RunningHost& operator=(const RunningHost&) = delete;

  LiveHost& live() { return *host_; }
  Part& layer() { return *layer_; }

  // As a source called "test" would; waits until it is done.
  void put(const Names& names) {
    std::vector<EndpointEntry> entries;
    for (const auto& [name, address] : names) {
      entries.emplace_back();
      entries.back().definition = {name, address, {}};
    }
    on_keeper([&] { host_->keeper().put_endpoints("test", entries); });
  }
  void on_keeper(const std::function<void()>& work) {
    std::promise<void> done;
    host_->keeper().post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::shared_ptr<const PoolPicture> picture() const { return host_->keeper().pictures().current(); }
  std::vector<std::string> names() const {
    const auto now = picture();
    std::vector<std::string> out;
    for (std::uint32_t row = 0; row < now->snapshot->size(); ++row) out.emplace_back(now->snapshot->name(row));
    return out;
  }
  std::optional<double> number(std::string_view endpoint, std::string_view attribute) const {
    return cell(endpoint, attribute, [](const Snapshot::Column& column, std::uint32_t row) {
      return static_cast<const double*>(column.data)[row];
    });
  }
  std::optional<std::int64_t> as_of_ns(std::string_view endpoint, std::string_view attribute) const {
    return cell(endpoint, attribute, [](const Snapshot::Column& column, std::uint32_t row) {
      return column.as_of_ns == nullptr ? 0 : column.as_of_ns[row];
    });
  }
  // Waits as long as it takes, up to a point.
  ::testing::AssertionResult until(const std::function<bool()>& reached) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!reached()) {
      if (std::chrono::steady_clock::now() > end) return ::testing::AssertionFailure() << "it took too long";
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return ::testing::AssertionSuccess();
  }

 private:
  template <class Read>
  auto cell(std::string_view endpoint, std::string_view attribute, Read read) const
      -> std::optional<decltype(read(std::declval<const Snapshot::Column&>(), 0u))> {
    const auto now = picture();
    const auto id = workspace_.attributes()->find(attribute);
    const std::uint32_t row = now->snapshot->find(endpoint_key(endpoint));
    const Snapshot::Column* column = id ? now->snapshot->column(*id) : nullptr;
    if (row == SHUNT_NONE || column == nullptr || column->absent) return std::nullopt;
    if (column->valid != nullptr && column->valid[row] == 0) return std::nullopt;
    return read(*column, row);
  }

  SystemClock clock_;
  Workspace workspace_;
  std::unique_ptr<LiveHost> host_;
  std::unique_ptr<Part> layer_;
};

// A decision for a request that names no model: the endpoint, or "" and the code.
inline std::pair<std::string, std::string> decide_once(FrontDoor& door) {
  Passage* const passage = door.open();
  passage->request.path = "/v1/completions";
  passage->request.type = "generate";
  door.decide(*passage);
  std::pair<std::string, std::string> out;
  if (passage->dispatched()) {
    out.first = passage->targets.front().name;
    door.report_dispatched(*passage, 0);
    door.complete(*passage, {Ending::Completed, 200});
  } else {
    out.second = passage->rejection.code;
    door.complete(*passage, {Ending::Rejected, passage->rejection.http_status, out.second});
  }
  return out;
}

}  // namespace shunt::host::testing
