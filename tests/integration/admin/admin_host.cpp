// SPDX-License-Identifier: Apache-2.0
// A running host with the admin listener and a door that has requests of its own, so that tests need no model servers:
//
//   shunt_admin_host CONFIG [REQUESTS_PER_SECOND [ENDPOINT_TIME_MS]]
//
// Prints the listener's address, and ends with standard input. Every twentieth request is one that nobody takes.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>

#include "admin/admin.hpp"
#include "live/live_host.hpp"
#include "live/log.hpp"
#include "workspace.hpp"

namespace {

using namespace shunt::host;
using std::chrono::milliseconds;

// Several requests under way at a time, each with everything that a door reports.
class Traffic {
 public:
  Traffic(LiveHost& host, double per_second, std::int64_t time_ms)
      : host_(host), pause_ns_(static_cast<std::int64_t>(1e9 / per_second)), time_ns_(time_ms * 1'000'000) {}

  void run(const std::atomic<bool>& ended) {
    const std::unique_ptr<FrontDoor> door = host_.open_front_door("test");
    std::int64_t next_ns = host_.clock().now_ns();
    while (!ended.load()) {
      const std::int64_t now_ns = host_.clock().now_ns();
      for (; next_ns <= now_ns; next_ns += pause_ns_) begin(*door);
      while (!under_way_.empty() && under_way_.front().end_ns <= now_ns) finish(*door);
      std::this_thread::sleep_for(milliseconds(1));
    }
    while (!under_way_.empty()) finish(*door);
  }

 private:
  struct Going {
    Passage* passage;
    std::int64_t end_ns;
  };

  void begin(FrontDoor& door) {
    Passage* passage = door.open();
    const std::uint64_t number = ++number_;
    passage->request.id = "r" + std::to_string(number);
    passage->request.model = number % 3 == 0 ? "llama-3-70b" : "llama-3-8b";
    passage->request.path = "/v1/chat/completions";
    passage->request.prompt = "A secret prompt, number " + std::to_string(number % 50);
    passage->request.has_prompt = true;
    if (number % 20 == 0) passage->request.headers.emplace_back("x-nobody", "1");
    if (number % 20 == 0) {
      const auto picture = host_.keeper().pictures().current();
      for (std::uint32_t row = 0; row < picture->snapshot->size(); ++row) {
        passage->request.excluded.push_back(picture->snapshot->keys()[row]);
      }
    }
    door.decide(*passage);
    if (!passage->dispatched()) {
      return door.complete(*passage, {Ending::Rejected, passage->rejection.http_status, passage->rejection.code, {}});
    }
    door.report_dispatched(*passage, 0);
    door.report_response_started(*passage, 200);
    under_way_.push_back({passage, host_.clock().now_ns() + time_ns_});
  }

  void finish(FrontDoor& door) {
    Passage& passage = *under_way_.front().passage;
    under_way_.pop_front();
    door.report_first_token(passage);
    door.complete(passage, {Ending::Completed, 200, "", {100, 40, 60}});
  }

  LiveHost& host_;
  std::int64_t pause_ns_;
  std::int64_t time_ns_;
  std::uint64_t number_ = 0;
  std::deque<Going> under_way_;
};

}  // namespace

int main(int count, char** words) {
  if (count < 2) return EXIT_FAILURE;
  std::ifstream file(words[1]);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Workspace workspace(PluginPath("", SHUNT_PLUGIN_DIRECTORY));
  workspace.open(words[1], std::move(text), std::filesystem::path(words[1]).parent_path());
  workspace.build();
  std::cerr << render_text(workspace.diagnostics(), false);
  if (workspace.generation() == nullptr) return EXIT_FAILURE;
  const HostSettings& settings = workspace.host_settings();
  const auto log = LogOutput::open(settings.log);
  const SystemClock clock;
  LiveHost host(workspace, settings, clock);
  const auto admin = make_admin(host, settings);
  host.start();
  if (const auto begun = admin->start(); !begun) {
    std::cerr << begun.error().message << '\n';
    return EXIT_FAILURE;
  }
  host.set_started();
  std::cout << admin->address() << std::endl;

  std::atomic<bool> ended{false};
  std::thread traffic;
  if (count > 2) {
    traffic = std::thread([&, rate = std::atof(words[2]), time = count > 3 ? std::atoi(words[3]) : 50] {
      Traffic(host, rate, time).run(ended);
    });
  }
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "drain") host.begin_draining();
  }
  ended = true;
  if (traffic.joinable()) traffic.join();
  admin->stop();
  host.stop();
  return EXIT_SUCCESS;
}
