// SPDX-License-Identifier: Apache-2.0
#include "traces.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::string_view kAzureHeader = "TIMESTAMP,ContextTokens,GeneratedTokens";
constexpr std::int64_t kSecond = 1'000'000'000;

// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto result = std::from_chars(text.data(), text.data() + digits, value);
  if (result.ec != std::errc{} || result.ptr != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Digits behind the point: those beyond nanoseconds are dropped.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t unit = kSecond;
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    unit /= 10;
    value += unit * (text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

struct AzureLine {
  std::int64_t time_ns = 0;
  std::uint64_t context = 0;
  std::uint64_t generated = 0;
};

// Empty where it is good, else what is wrong and from which byte on.
struct Fault {
  std::string message;
  std::size_t offset = 0;
  std::size_t length = 0;
};

std::optional<Fault> parse_azure(std::string_view line, AzureLine& out) {
  std::array<std::string_view, 3> fields;
  std::size_t at = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool last = i + 1 == fields.size();
    const std::size_t comma = line.find(',', at);
    if (last != (comma == std::string_view::npos)) {
      return Fault{"a line of the trace has three fields: time, context tokens, generated tokens", 0, line.size()};
    }
    fields[i] = line.substr(at, last ? std::string_view::npos : comma - at);
    at = comma + 1;
  }
  const auto fault = [&](std::string message, std::string_view field) {
    return Fault{std::move(message) + ", found " + in_quotes(field),
                 static_cast<std::size_t>(field.data() - line.data()), field.size()};
  };
  const auto time = parse_timestamp(fields[0]);
  if (!time) return fault("the time must be like 2023-11-16 18:15:46.68", fields[0]);
  const auto context = parse_count(fields[1]);
  if (!context) return fault("the context tokens must be a whole number", fields[1]);
  const auto generated = parse_count(fields[2]);
  if (!generated) return fault("the generated tokens must be a whole number", fields[2]);
  out = {*time, *context, *generated};
  return std::nullopt;
}

Diagnostic trace_error(const std::string& file, std::uint32_t number, std::string_view line, Fault fault) {
  Diagnostic d;
  d.code = "E212";
  d.file = file;
  d.position = {number, static_cast<std::uint32_t>(fault.offset + 1)};
  d.length = static_cast<std::uint32_t>(fault.length);
  d.message = std::move(fault.message);
  d.source_line = line.substr(0, 160);
  return d;
}

}  // namespace

bool is_mooncake(const json::object& object) {
  return !object.contains("id") && object.contains("timestamp") && object.contains("input_length");
}

bool read_mooncake(const InputFile& file, const json::object& object, const std::string& pointer, Request& request) {
  const std::size_t before = file.diagnostics.errors();
  const FieldReader line(file, object, pointer, "the trace line");
  request.id = "trace-" + std::to_string(request.number + 1);
  request.arrival_ns = line.duration_ns("timestamp").value_or(0);
  request.prompt_tokens = line.count("input_length");
  request.max_tokens = line.count("output_length");
  if (const json::array* ids = line.list("hash_ids")) {
    for (std::size_t i = 0; i < ids->size(); ++i) {
      const auto id = as_count((*ids)[i]);
      if (id) {
        request.block_hashes.push_back(*id);
      } else {
        file.error(child_pointer(line.pointer("hash_ids"), i), At::Value, "E103",
                   "a hash id must be a whole number, 0 or more, found " + describe((*ids)[i]));
      }
    }
  }
  return file.diagnostics.errors() == before;
}

bool is_azure(std::string_view text) {
  if (!text.starts_with(kAzureHeader)) return false;
  text.remove_prefix(kAzureHeader.size());
  return text.empty() || text.front() == '\n' || text.front() == '\r';
}

std::vector<Request> read_azure(const std::string& file, std::string_view text, Diagnostics& diagnostics) {
  std::vector<Request> requests;
  std::optional<std::int64_t> start;
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 1 || line.empty()) continue;
    AzureLine parsed;
    auto fault = parse_azure(line, parsed);
    if (!fault && start && parsed.time_ns < *start)
      fault = Fault{"the time is before that of the first line", 0, line.find(',')};
    if (fault) {
      diagnostics.add(trace_error(file, number, line, std::move(*fault)));
      continue;
    }
    if (!start) start = parsed.time_ns;
    Request& request = requests.emplace_back();
    request.number = requests.size() - 1;
    request.id = "trace-" + std::to_string(requests.size());
    request.arrival_ns = parsed.time_ns - *start;
    request.prompt_tokens = parsed.context;
    request.max_tokens = parsed.generated;
  }
  return requests;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  const auto year_number = take_number(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_number(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_number(text, 2);
  if (!day_number || !(take(text, ' ') || take(text, 'T'))) return std::nullopt;
  const auto hours_number = take_number(text, 2);
  if (!hours_number || !take(text, ':')) return std::nullopt;
  const auto minutes_number = take_number(text, 2);
  if (!minutes_number || !take(text, ':')) return std::nullopt;
  const auto seconds_number = take_number(text, 2);
  if (!seconds_number || *hours_number > 23 || *minutes_number > 59 || *seconds_number > 60) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;

  std::int64_t offset_seconds = 0;
  if (!text.empty() && !take(text, 'Z')) {
    const bool east = text.front() == '+';
    if (!east && text.front() != '-') return std::nullopt;
    text.remove_prefix(1);
    const auto hours_east = take_number(text, 2);
    if (!hours_east || !take(text, ':')) return std::nullopt;
    const auto minutes_east = take_number(text, 2);
    if (!minutes_east) return std::nullopt;
    offset_seconds = (*hours_east * 60 + *minutes_east) * (east ? 60 : -60);
  }
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  // Nanoseconds since 1970 fit into 64 bits from 1678 to 2262.
  if (!text.empty() || !date.ok() || *year_number < 1700 || *year_number > 2200) return std::nullopt;
  const std::int64_t days_since = sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds_of_day = (*hours_number * 60 + *minutes_number) * 60 + *seconds_number;
  return (days_since * 86400 + seconds_of_day - offset_seconds) * kSecond + *fraction;
}

}  // namespace shunt::host
