// SPDX-License-Identifier: Apache-2.0
#include "data/file_source.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include <utility>

#include "file_io.hpp"

namespace shunt::host {
namespace {

constexpr std::size_t kLogged = 20;

void log_all(const Diagnostics& diagnostics) {
  std::size_t logged = 0;
  for (const Diagnostic& one : diagnostics) {
    if (logged++ == kLogged) break;
    spdlog::log(one.severity == Severity::Error ? spdlog::level::err : spdlog::level::warn, "{}:{}:{}: {}[{}]: {}",
                one.file, one.position.line, one.position.column, to_string(one.severity), one.code, one.message);
  }
  const std::size_t all = diagnostics.errors() + diagnostics.warnings();
  if (all > kLogged) spdlog::error("and {} problems more", all - kLogged);
}

// "pool.yaml:3:1: unexpected end", for the status.
std::string first_problem(const Diagnostics& diagnostics) {
  for (const Diagnostic& one : diagnostics) {
    if (one.severity != Severity::Error) continue;
    if (one.position.line == 0) return one.message;
    return "line " + std::to_string(one.position.line) + ", column " + std::to_string(one.position.column) + ": " +
           one.message;
  }
  return "it cannot be understood";
}

Result<std::string> read_bounded(const std::filesystem::path& path) {
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return Error{ErrorKind::Config, "E101", "it is not a file"};  // reading a pipe might never end
  const auto size = std::filesystem::file_size(path, problem);
  if (!problem && size > kMaximumDiscoveryBytes) {
    return Error{ErrorKind::Config, "E101",
                 "it has " + std::to_string(size) + " bytes, more than " + std::to_string(kMaximumDiscoveryBytes)};
  }
  return read_file(path);
}

}  // namespace

struct FileSource::Reading {
  Result<std::string> text;
};

FileSource::FileSource(SourceSurroundings& around, HelperThread& helper, FileWatch& watch,
                       const FileDiscoverySettings& settings, Pace pace)
    : DiscoverySource(around, settings.path.string()),
      helper_(helper),
      watch_(watch),
      settings_(settings),
      pace_(pace),
      timer_(around.context) {}

FileSource::~FileSource() = default;

void FileSource::start() { look(); }

void FileSource::look() {
  again_ = busy_;
  if (busy_) return;
  busy_ = true;
  // Ahead of reading, so that no change falls in between.
  if (settings_.watch) {
    watch_.watch(settings_.path, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) wait(std::chrono::milliseconds(0));
    });
  }
  helper_.post([this, path = settings_.path, &context = around_.context, alive = std::weak_ptr(alive_)] {
    boost::asio::post(context, [this, alive, reading = Reading{read_bounded(path)}]() mutable {
      if (!alive.expired()) got(std::move(reading));
    });
  });
}

void FileSource::got(Reading reading) {
  busy_ = false;
  if (!reading.text) {
    candidate_.reset();
    unreadable_ = true;
    fail(reading.text.error().message);
  } else if (seen_ == *reading.text) {
    candidate_.reset();
    if (std::exchange(unreadable_, false)) seen_problem_.empty() ? confirm() : fail(seen_problem_);
  } else if (!seen_) {  // nothing to lose
    return parse(std::move(*reading.text));
  } else if (candidate_ != *reading.text) {
    candidate_ = std::move(*reading.text);
    candidate_since_ = std::chrono::steady_clock::now();
  } else if (std::chrono::steady_clock::now() - candidate_since_ >= pace_.settle) {
    candidate_.reset();
    return parse(std::move(*reading.text));
  }
  if (again_)
    look();
  else if (settings_.watch || candidate_)
    wait(candidate_ ? pace_.settle : pace_.poll);
}

void FileSource::parse(std::string text) {
  busy_ = true;
  unreadable_ = false;
  seen_ = text;
  helper_.post(
      [this, text = std::move(text), path = settings_.path, &context = around_.context, alive = std::weak_ptr(alive_)] {
        Diagnostics diagnostics;
        auto found = read_discovery_file(path.string(), text, path.parent_path(), diagnostics);
        boost::asio::post(context, [this, alive, found = std::move(found), diagnostics = std::move(diagnostics)] {
          if (alive.expired()) return;
          busy_ = false;
          log_all(diagnostics);
          seen_problem_ = found ? std::string() : first_problem(diagnostics);
          if (found)
            accept(found->endpoints, found->skipped);
          else
            fail(seen_problem_);
          if (again_)
            look();
          else if (settings_.watch)
            wait(pace_.poll);
        });
      });
}

void FileSource::wait(std::chrono::milliseconds pause) {
  timer_.expires_after(pause);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& problem) {
    if (problem == boost::asio::error::operation_aborted || alive.expired()) return;
    look();
  });
}

}  // namespace shunt::host
