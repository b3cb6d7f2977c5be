// SPDX-License-Identifier: Apache-2.0
#include "live/log.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "live/clock.hpp"
#include "live/log_format.hpp"
#include "live/log_limit.hpp"

namespace shunt::host {

namespace {

constexpr std::size_t kQueuedLines = 8192;
constexpr std::uint32_t kLimitedPerMinute = 10;
constexpr std::array<std::string_view, 6> kLevels = {"trace", "debug", "info", "warning", "error", "off"};

// The same for the log settings, spdlog and the C ABI, but for spdlog's one level more.
spdlog::level::level_enum to_spdlog(LogLevel level) {
  return level == LogLevel::Off ? spdlog::level::off : static_cast<spdlog::level::level_enum>(level);
}

struct Process {
  std::atomic<bool> requests{false};
  std::atomic<bool> json{false};
  std::atomic<std::shared_ptr<spdlog::logger>*> request_logger{nullptr};
  std::atomic<spdlog::details::thread_pool*> pool{nullptr};
  LogLimit limit{kLimitedPerMinute};
};

// The log belongs to the process, as spdlog's own does.
Process& process() {
  static Process kProcess;
  return kProcess;
}

}  // namespace

struct LogOutput::State {
  std::shared_ptr<spdlog::logger> before;
  std::shared_ptr<spdlog::logger> general;
  std::shared_ptr<spdlog::logger> requests;
  // Its thread ends before the loggers go that it writes with.
  std::shared_ptr<spdlog::details::thread_pool> pool;
};

Result<std::unique_ptr<LogOutput>> LogOutput::open(const LogSettings& settings) {
  auto state = std::make_unique<State>();
  std::shared_ptr<spdlog::sinks::sink> sink;
  try {
    if (settings.file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file.string());
  } catch (const spdlog::spdlog_ex& error) {
    return Error{ErrorKind::Operation, "E101", "the log cannot be written: " + std::string(error.what())};
  }
  sink->set_formatter(make_log_formatter(settings.json));
  state->pool = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  // Whoever logs never waits: where the queue is full, its oldest line is lost.
  const auto make = [&](std::string_view name) {
    auto logger = std::make_shared<spdlog::async_logger>(std::string(name), sink, state->pool,
                                                         spdlog::async_overflow_policy::overrun_oldest);
    logger->flush_on(spdlog::level::warn);
    return logger;
  };
  state->before = spdlog::default_logger();
  state->general = make("shunt");
  state->general->set_level(to_spdlog(settings.level));
  state->requests = make(kRequestLogger);
  spdlog::set_default_logger(state->general);
  // The request logger too, so that a file shows its last lines.
  spdlog::register_logger(state->requests);
  spdlog::flush_every(std::chrono::seconds(1));
  Process& here = process();
  here.json.store(settings.json);
  here.pool.store(state->pool.get());
  here.request_logger.store(&state->requests);
  here.requests.store(settings.requests && settings.level != LogLevel::Off);
  return std::unique_ptr<LogOutput>(new LogOutput(std::move(state)));
}

LogOutput::LogOutput(std::unique_ptr<State> state) : state_(std::move(state)) {}

LogOutput::~LogOutput() {
  Process& here = process();
  here.requests.store(false);
  here.request_logger.store(nullptr);
  here.pool.store(nullptr);
  spdlog::drop(std::string(kRequestLogger));
  spdlog::set_default_logger(state_->before);
}

LogLevel log_level() noexcept {
  const int level = static_cast<int>(spdlog::get_level());
  return level >= static_cast<int>(spdlog::level::off) ? LogLevel::Off : static_cast<LogLevel>(std::min(level, 4));
}

void set_log_level(LogLevel level) noexcept {
  if (spdlog::logger* logger = spdlog::default_logger_raw()) logger->set_level(to_spdlog(level));
}

std::string_view to_string(LogLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

bool request_log_enabled() noexcept { return process().requests.load(std::memory_order_relaxed); }

void set_request_log(bool enabled) noexcept {
  process().requests.store(enabled && process().request_logger.load() != nullptr, std::memory_order_relaxed);
}

void log_request(const RequestLine& line) noexcept {
  try {
    const std::shared_ptr<spdlog::logger>* logger = process().request_logger.load(std::memory_order_acquire);
    if (logger == nullptr) return;
    (*logger)->log(spdlog::level::info,
                   process().json.load(std::memory_order_relaxed) ? request_line_json(line) : request_line_text(line));
  } catch (...) {
    // A line that cannot be written is lost; the request goes on.
  }
}

void log_limited(LogLevel level, std::string_view about, std::string_view text) noexcept {
  try {
    const auto severity = to_spdlog(level);
    if (!spdlog::should_log(severity)) return;
    const auto pass = process().limit.pass(about, SystemClock().now_ns());
    if (!pass) return;
    if (pass->suppressed == 0)
      spdlog::log(severity, "{}: {}", about, text);
    else
      spdlog::log(severity, "{}: {} ({} more were not logged)", about, text, pass->suppressed);
  } catch (...) {
    // As above.
  }
}

std::uint64_t dropped_log_lines() noexcept {
  spdlog::details::thread_pool* pool = process().pool.load();
  return pool == nullptr ? 0 : pool->overrun_counter();
}

}  // namespace shunt::host
