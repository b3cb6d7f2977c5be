// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <csignal>
#include <iostream>
#include <string_view>

#include "admin/admin.hpp"
#include "bench/bench_process.hpp"
#include "commands.hpp"
#include "live/reload/rehearsal_process.hpp"
#include "validate/case_process.hpp"
#ifdef SHUNT_WITH_SERVE
#include "serve/data/data_layer.hpp"
#include "serve/front/http_door.hpp"
#endif

int main(int count, char** words) {
  using namespace shunt::host;
  if (count == 2 && words[1] == std::string_view(shunt::validate::kCaseProcessWord)) {
    return shunt::validate::case_process_main();
  }
  if (count == 2 && words[1] == std::string_view(shunt::bench::kBenchProcessWord)) {
    return shunt::bench::bench_process_main();
  }
  if (count == 2 && words[1] == std::string_view(kRehearsalProcessWord)) return rehearsal_process_main();
  // A reader that goes away shows as a failed write, which the console knows how to take.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  Console console(std::cout, std::cerr, isatty(STDERR_FILENO) == 1);
  Surroundings surroundings{console, std::cin, PluginPath::of_process()};
  surroundings.may_supervise = true;
  surroundings.parts.push_back([](LiveHost& host, const HostSettings& settings) { return make_admin(host, settings); });
#ifdef SHUNT_WITH_SERVE
  surroundings.parts.push_back(
      [](LiveHost& host, const HostSettings& settings) { return make_data_layer(host, settings); });
  surroundings.parts.push_back(
      [](LiveHost& host, const HostSettings& settings) { return make_http_door(host, settings); });
#endif
  return static_cast<int>(run_program(count, words, surroundings));
}
