// SPDX-License-Identifier: Apache-2.0
#include "endpoint_pool.hpp"

#include <algorithm>
#include <limits>
#include <shunt/framework/extraction.hpp>
#include <string>
#include <utility>
#include <variant>

#include "field_reader.hpp"

namespace shunt::host {

namespace {

// A captured page is the one page that extractors want, whatever it is called there, and whatever port and Accept header each
// of them would have fetched it with.
std::vector<PageRequest> metrics_pages(const Generation& generation) {
  std::vector<PageRequest> wanted = pages_wanted(generation);
  if (wanted.empty()) return wanted;
  const bool usual = std::ranges::find(wanted, "/metrics", &PageRequest::path) != wanted.end();
  const std::string path = usual ? "/metrics" : wanted.front().path;
  std::erase_if(wanted, [&](const PageRequest& page) { return page.path != path; });
  return wanted;
}

}  // namespace

EndpointPool::EndpointPool(std::shared_ptr<AttributeTable> attributes)
    : table_(std::move(attributes)), running_(table_.attributes()->find("running").value()) {}

void EndpointPool::fill(const EndpointsFile& file, const Generation& generation, Diagnostics& diagnostics) {
  const InputFile input{file.document, diagnostics, 1};
  for (const EndpointEntry& entry : file.endpoints) {
    if (const auto added = table_.add(entry.definition); !added) {
      input.error(entry.pointer, At::Value, added.error().code, added.error().message);
    }
  }
  extract(file, generation, diagnostics);
  remember_ages();
  write(file, diagnostics);
  changed_ = true;
  snapshot_ = nullptr;
}

void EndpointPool::extract(const EndpointsFile& file, const Generation& generation, Diagnostics& diagnostics) {
  const InputFile input{file.document, diagnostics, 1};
  const std::vector<PageRequest> wanted = metrics_pages(generation);
  for (const EndpointEntry& entry : file.endpoints) {
    if (!entry.has_metrics) continue;
    std::vector<ExtractionFailure> failures;
    std::size_t readers = 0;
    for (const PageRequest& request : wanted) {
      const FetchedPage page{.endpoint = entry.definition.name,
                             .path = request.path,
                             .content_type = "text/plain; version=0.0.4",
                             .body = entry.metrics,
                             .http_status = 200,
                             .fetched_ns = -entry.metrics_age_ns,
                             .port = request.port,
                             .accept = request.accept};
      readers += extract_page(generation, table_, page, failures);
    }
    for (const ExtractionFailure& failure : failures) {
      input.error(entry.pointer + "/metricsFile", At::Value, "E203",
                  "the metrics page of " + in_quotes(entry.definition.name) + ": " + failure.message, {},
                  {"reported by plugin " + in_quotes(failure.extractor)});
    }
    if (readers == 0) {
      input.error(entry.pointer + "/metricsFile", At::Value, "E203",
                  "no plugin of the config reads the metrics page of " + in_quotes(entry.definition.name), {},
                  {"a plugin of the type prometheus-extractor does"});
      return;  // the same holds for all others
    }
  }
}

void EndpointPool::remember_ages() {
  const auto snapshot = table_.publish();
  for (AttributeId id = 0; id < snapshot->attributes()->size(); ++id) {
    const Snapshot::Column* column = snapshot->column(id);
    if (column == nullptr || column->as_of_ns == nullptr) continue;
    for (std::uint32_t row = 0; row < snapshot->size(); ++row) {
      const std::int64_t as_of = column->as_of_ns[row];
      const bool present = column->valid == nullptr || column->valid[row] != 0;
      if (present && as_of != std::numeric_limits<std::int64_t>::max())
        aged_.push_back({snapshot->keys()[row], id, as_of});
    }
  }
}

void EndpointPool::write(const EndpointsFile& file, Diagnostics& diagnostics) {
  const InputFile input{file.document, diagnostics, 1};
  for (const EndpointEntry& entry : file.endpoints) {
    const std::uint64_t key = endpoint_key(entry.definition.name);
    for (const WrittenAttribute& written : entry.attributes) {
      const auto attribute = table_.attributes()->find(written.name);
      // One of another type was reported when it was to be registered.
      if (!attribute || table_.attributes()->type(*attribute) != type_of(written.value)) continue;
      std::erase_if(aged_, [&](const Aged& aged) { return aged.key == key && aged.attribute == *attribute; });
      if (const auto set = table_.set(key, *attribute, written.value, written.as_of_ns); !set) {
        input.error(written.pointer, At::Value, set.error().code, set.error().message);
      }
    }
  }
}

const Snapshot& EndpointPool::at(std::int64_t now_ns) {
  if (!aged_.empty() && (now_ns != time_ns_ || snapshot_ == nullptr)) {
    for (const Aged& aged : aged_) {
      (void)table_.set(aged.key, aged.attribute, table_.get(aged.key, aged.attribute), now_ns + aged.offset_ns);
    }
    changed_ = true;
  }
  time_ns_ = now_ns;
  if (changed_ || snapshot_ == nullptr) snapshot_ = table_.publish();
  changed_ = false;
  return *snapshot_;
}

void EndpointPool::forget(std::uint32_t row, std::int64_t tokens) {
  table_.live().add(snapshot_->live_slot(row), -1, -tokens);
}

void EndpointPool::assume(std::uint32_t row, std::int64_t tokens) {
  table_.live().add(snapshot_->live_slot(row), 1, tokens);
  const std::uint64_t key = snapshot_->keys()[row];
  const auto running = table_.get(key, running_);
  if (!running) return;  // unknown stays unknown
  const auto aged =
      std::ranges::find_if(aged_, [&](const Aged& cell) { return cell.key == key && cell.attribute == running_; });
  const auto as_of = aged != aged_.end() ? std::optional(time_ns_ + aged->offset_ns) : std::nullopt;
  (void)table_.set(key, running_, std::get<double>(*running) + 1.0, as_of);
  changed_ = true;
}

}  // namespace shunt::host
