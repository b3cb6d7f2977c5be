// SPDX-License-Identifier: Apache-2.0
#include "admin/process_metrics.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace shunt::host {

namespace {

// The fields of /proc/self/stat behind the name, which may hold spaces; the first one is the state, field 3 of proc(5).
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<double> fields;
  std::size_t at = text.rfind(')');
  while (at != std::string::npos && at < text.size()) {
    at = text.find_first_not_of(" )", at);
    if (at == std::string::npos) break;
    const std::size_t end = std::min(text.find(' ', at), text.size());
    double value = 0.0;
    std::from_chars(text.data() + at, text.data() + end, value);
    fields.push_back(value);
    at = end;
  }
  return fields;
}

double boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  double value = 0.0;
  while (file >> word) {
    if (word == "btime" && file >> value) return value;
  }
  return 0.0;
}

constexpr std::size_t kThreads = 17;  // positions behind the name: field 20 of proc(5) and so on
constexpr std::size_t kStart = 19;
constexpr std::size_t kVirtual = 20;
constexpr std::size_t kResident = 21;

}  // namespace

void add_process_metrics(MetricFamilies& families) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    families.add("process_cpu_seconds_total", {}, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  if (const std::vector<double> fields = stat_fields(); fields.size() > kResident) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    families.add("process_threads", {}, fields[kThreads]);
    families.add("process_start_time_seconds", {}, boot_time() + fields[kStart] / ticks);
    families.add("process_virtual_memory_bytes", {}, fields[kVirtual]);
    families.add("process_resident_memory_bytes", {}, fields[kResident] * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) families.add("process_max_fds", {}, static_cast<double>(limit.rlim_cur));
  std::error_code wrong;
  const std::filesystem::directory_iterator open_files("/proc/self/fd", wrong);
  if (!wrong) {
    // One of them is the folder that is being read.
    const auto count = std::distance(begin(open_files), end(open_files)) - 1;
    families.add("process_open_fds", {}, static_cast<double>(count));
  }
}

}  // namespace shunt::host
