// SPDX-License-Identifier: Apache-2.0
#include "data/data_layer.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "data/dns_source.hpp"
#include "data/page_fetching.hpp"
#include "data/upstream_access.hpp"

namespace shunt::host {
namespace {

class DataLayer final : public Part, private FetchResults {
 public:
  DataLayer(LiveHost& host, const HostSettings& settings, std::unique_ptr<Resolver> resolver, FileSource::Pace pace)
      : host_(host), settings_(settings), pace_(pace), resolver_(std::move(resolver)) {}
  ~DataLayer() override { stop(); }

  std::string_view name() const override { return "data"; }

  Result<void> start() override {
    auto access = open_upstream_access(settings_.upstream);
    if (!access) return access.error();
    on_keeper([&] { begin(std::move(*access)); });
    started_ = true;
    return {};
  }

  void settle(std::chrono::milliseconds limit) override { first_answers_.wait_for(limit); }

  bool ready(std::string& why) const override {
    for (const DiscoveryStatus& source : host_.data_layer_counts().sources()) {
      if (source.good_answers + source.failures != 0) continue;
      why = "endpoints of " + source.source + " are not known yet";
      return false;
    }
    return true;
  }

  // The keeper still runs. Nothing comes from here afterwards, whatever is under way.
  void stop() override {
    if (!std::exchange(started_, false)) return;
    on_keeper([this] {
      keeper().on_failed_attempt([](std::uint64_t) {});
      fetching_->stop();
      sources_.clear();
      watch_.reset();
    });
    files_.reset();
    names_.reset();
  }

 private:
  EndpointKeeper& keeper() const { return host_.keeper(); }

  template <class Work>
  void on_keeper(Work work) {
    std::promise<void> done;
    keeper().post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  void begin(UpstreamAccess access) {
    auto& context = keeper().context();
    DataLayerCounts& counts = host_.data_layer_counts();
    files_.emplace("shunt-files");
    names_.emplace("shunt-dns");
    lookup_.emplace(context, *names_, *resolver_, counts);
    PageFetching::Options options{context, host_.clock(), *lookup_, counts, std::move(access), settings_.data_layer};
    FetchResults& results = *this;
    fetching_.emplace(std::move(options), results);
    keeper().listen(*fetching_);
    keeper().on_failed_attempt([this](std::uint64_t key) { fetching_->attempt_failed(key); });
    surroundings_.emplace(
        SourceSurroundings{context, host_.clock(), counts,
                           [this](std::string_view source, const std::vector<EndpointEntry>& endpoints) {
                             return keeper().put_endpoints(source, endpoints);
                           },
                           [this] { look_for_first_answers(); }});
    watch_.emplace(context);
    std::set<std::filesystem::path> paths;
    for (const FileDiscoverySettings& file : settings_.endpoints.files) {
      if (!paths.insert(file.path).second) continue;
      sources_.push_back(std::make_unique<FileSource>(*surroundings_, *files_, *watch_, file, pace_));
    }
    std::set<std::string> names;
    for (const DnsDiscoverySettings& name : settings_.endpoints.names) {
      if (!names.insert(source_name(name)).second) continue;
      sources_.push_back(std::make_unique<DnsSource>(*surroundings_, *names_, *resolver_, name));
    }
    look_for_first_answers();
    for (const auto& source : sources_) source->start();
  }

  void look_for_first_answers() {
    const auto has_answered = [](const auto& source) {
      return source->status().good_answers + source->status().failures != 0;
    };
    if (all_have_answered_ || !std::ranges::all_of(sources_, has_answered)) return;
    all_have_answered_ = true;
    keeper().publish_now();
    have_answered_.set_value();
  }

  ExtractionReport page(std::uint64_t key, const FetchedPage& page) override { return keeper().extract(key, page); }
  void note(std::uint64_t key, bool good, std::string_view problem) override {
    keeper().note_fetch(key, good, problem);
  }
  void health(std::uint64_t key, Health health, std::string_view problem) override {
    keeper().set_health(key, health, problem);
  }

  LiveHost& host_;
  const HostSettings& settings_;
  const FileSource::Pace pace_;
  const std::unique_ptr<Resolver> resolver_;
  bool started_ = false;
  std::promise<void> have_answered_;  // each source once
  const std::future<void> first_answers_ = have_answered_.get_future();
  // All of the following belongs to the keeper's thread.
  std::optional<HelperThread> files_;
  std::optional<HelperThread> names_;
  std::optional<ThreadedLookup> lookup_;
  std::optional<PageFetching> fetching_;
  std::optional<SourceSurroundings> surroundings_;
  std::optional<FileWatch> watch_;
  std::vector<std::unique_ptr<DiscoverySource>> sources_;
  bool all_have_answered_ = false;
};

}  // namespace

std::unique_ptr<Part> make_data_layer(LiveHost& host, const HostSettings& settings) {
  return make_data_layer(host, settings, std::make_unique<SystemResolver>(), FileSource::Pace{});
}

std::unique_ptr<Part> make_data_layer(LiveHost& host, const HostSettings& settings, std::unique_ptr<Resolver> resolver,
                                      FileSource::Pace pace) {
  return std::make_unique<DataLayer>(host, settings, std::move(resolver), pace);
}

}  // namespace shunt::host
