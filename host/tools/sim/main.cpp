// SPDX-License-Identifier: Apache-2.0
// shunt-sim: simulated model servers.
#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "build_info.hpp"
#include "command_line.hpp"
#include "fleet.hpp"
#include "sim_output.hpp"

namespace {

using namespace shunt::sim;

enum ExitStatus { kOk = 0, kFailed = 1, kUsage = 2, kInvalidInput = 3, kInternal = 70 };

int report(const Problems& usage, const Problems& input) {
  for (const Problems* const list : {&usage, &input}) {
    for (const std::string& problem : *list) std::cerr << "shunt-sim: " << problem << "\n";
  }
  if (!usage.empty()) std::cerr << "shunt-sim: see shunt-sim --help\n";
  return usage.empty() ? kInvalidInput : kUsage;
}

// Thousands of streams need a file descriptor each.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const SimSettings& settings) {
  // Blocked before there are threads, so that the signal waits for sigwait below.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  raise_file_limit();
  Fleet fleet(settings);
  fleet.listen();
  fleet.start();
  if (!settings.endpoints_out.empty()) write_file(settings.endpoints_out, endpoints_file(fleet));
  if (!settings.discovery_out.empty()) write_file(settings.discovery_out, discovery_file(fleet));
  if (!settings.ready_file.empty()) {
    write_file(settings.ready_file, ready_line(fleet));
  } else {
    std::cout << ready_line(fleet) << std::flush;
  }
  int signal = 0;
  sigwait(&ends, &signal);
  fleet.stop();
  return kOk;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const CommandLine line = read_command_line(count, words);
    if (!line.usage.empty() || !line.input.empty()) return report(line.usage, line.input);
    if (line.help) {
      std::cout << help_text();
    } else if (line.version) {
      std::cout << "shunt-sim " SHUNT_BUILD_VERSION "\n";
    } else {
      return serve(line.settings);
    }
    return kOk;
  } catch (const std::runtime_error& error) {
    std::cerr << "shunt-sim: " << error.what() << "\n";
    return kFailed;
  } catch (const std::exception& error) {
    std::cerr << "shunt-sim: internal error: " << error.what() << "\n";
    return kInternal;
  }
}
