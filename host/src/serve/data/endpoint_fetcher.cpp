// SPDX-License-Identifier: Apache-2.0
#include "data/endpoint_fetcher.hpp"

#include <shunt/framework/version.hpp>

#include <algorithm>
#include <limits>

#include "live/log.hpp"

namespace shunt::host {
namespace {

constexpr std::int64_t kMs = 1'000'000;
// Many requests may fail at once; their endpoint is not asked about each of them.
constexpr std::int64_t kTriggeredApartNs = 50 * kMs;

void count(std::array<std::atomic<std::uint64_t>, kFetchResults>& counts, FetchResult result) {
  counts[static_cast<std::size_t>(result)].fetch_add(1, std::memory_order_relaxed);
}

bool same_page(const PageRequest& a, const PageRequest& b) {
  return a.path == b.path && a.port == b.port && a.accept == b.accept;
}

}  // namespace

class EndpointFetcher::Page final : public FetchTask, public TimerWheel::Entry {
 public:
  Page(EndpointFetcher& owner, PageRequest page)
      : owner_(owner),
        page_(std::move(page)),
        request_(owner.request(page_.path, page_.accept, page_.port)),
        schedule_(schedule(page_)) {
    owner_.around_.wheel.arm(*this, schedule_.first_ns(owner_.around_.clock.now_ns()));
  }
  ~Page() override { owner_.lane(page_.port).forget(*this); }

  const PageRequest& page() const { return page_; }
  void set_interval(std::int64_t interval_ns) {
    if (interval_ns == page_.interval_ns) return;
    page_.interval_ns = interval_ns;
    schedule_ = schedule(page_);
    if (armed()) owner_.around_.wheel.arm(*this, schedule_.first_ns(owner_.around_.clock.now_ns()));
  }

  const std::string& request() const override { return request_; }
  std::int64_t timeout_ns() const override { return owner_.settings_.timeout_ms * kMs; }

  void answered(const FetchAnswer& answer) override {
    DataLayerCounts& counts = owner_.around_.counts;
    count(counts.fetches, answer.result);
    counts.page_bytes.fetch_add(answer.body.size(), std::memory_order_relaxed);
    const bool good = answer.result == FetchResult::Good;
    if (good) counts.fetch_duration.add(answer.ended_ns - answer.began_ns);
    const ExtractionReport report = owner_.results_.page(owner_.key_, {.endpoint = owner_.endpoint_.name,
                                                                       .path = page_.path,
                                                                       .content_type = answer.content_type,
                                                                       .body = answer.body,
                                                                       .http_status = answer.http_status,
                                                                       .fetched_ns = answer.ended_ns,
                                                                       .port = page_.port,
                                                                       .accept = page_.accept});
    if (!report.failures.empty()) counts.extraction_failures.fetch_add(1, std::memory_order_relaxed);
    tell(answer, report);
    if (!good) counts.back_offs.fetch_add(1, std::memory_order_relaxed);
    owner_.around_.wheel.arm(
        *this, good ? schedule_.after_success(answer.ended_ns) : schedule_.after_failure(answer.ended_ns));
  }

 private:
  void due(std::int64_t) override { owner_.lane(page_.port).submit(*this); }

  FetchSchedule schedule(const PageRequest& page) const {
    return {fetch_seed(owner_.key_, page.path), page.interval_ns, owner_.settings_.back_off_max_ms * kMs};
  }

  // People hear of the first of several failures, and of their end.
  void tell(const FetchAnswer& answer, const ExtractionReport& report) {
    if (answer.result == FetchResult::Good && report.failures.empty()) {
      if (complained_) log_limited(LogLevel::Info, owner_.about_, page_.path + " can be fetched again");
      complained_ = false;
      return owner_.results_.note(owner_.key_, true, {});
    }
    const std::string problem =
        answer.result != FetchResult::Good
            ? page_.path + ": " + std::string(answer.problem)
            : page_.path + ": " + report.failures.front().extractor + ": " + report.failures.front().message;
    if (!complained_) log_limited(LogLevel::Warning, owner_.about_, problem);
    complained_ = true;
    owner_.results_.note(owner_.key_, false, problem);
  }

  EndpointFetcher& owner_;
  PageRequest page_;
  const std::string request_;
  FetchSchedule schedule_;
  bool complained_ = false;
};

class EndpointFetcher::HealthCheck final : public FetchTask, public TimerWheel::Entry {
 public:
  explicit HealthCheck(EndpointFetcher& owner)
      : owner_(owner),
        request_(owner.request(owner.settings_.health.path, {}, 0)),
        counter_(owner.settings_.health),
        // A pause that grew with the failures would keep an endpoint out of service that is well again.
        schedule_(fetch_seed(owner.key_, "health"), owner.settings_.health.interval_ms * kMs, 0) {
    owner_.around_.wheel.arm(*this, schedule_.first_ns(owner_.around_.clock.now_ns()));
  }
  ~HealthCheck() override { owner_.lane(0).forget(*this); }

  const std::string& request() const override { return request_; }
  std::int64_t timeout_ns() const override { return owner_.settings_.health.timeout_ms * kMs; }

  void answered(const FetchAnswer& answer) override {
    count(owner_.around_.counts.health_checks, answer.result);
    checked_ns_ = answer.ended_ns;
    judge(answer.result == FetchResult::Good, answer.problem);
    owner_.around_.wheel.arm(*this, schedule_.after_success(answer.ended_ns));
  }

  void attempt_failed() {
    judge(false, "a request that was sent there failed");
    if (!armed()) return;  // a check is under way
    const std::int64_t now_ns = owner_.around_.clock.now_ns();
    if (now_ns - checked_ns_ < kTriggeredApartNs)
      return owner_.around_.wheel.arm(*this, checked_ns_ + kTriggeredApartNs);
    TimerWheel::disarm(*this);
    owner_.lane(0).submit_first(*this);
  }

 private:
  void due(std::int64_t) override { owner_.lane(0).submit(*this); }

  void judge(bool good, std::string_view problem) {
    const std::optional<Health> verdict = good ? counter_.succeeded() : counter_.failed();
    if (!verdict) return;
    DataLayerCounts& counts = owner_.around_.counts;
    if (*verdict == Health::Healthy) {
      counts.became_healthy.fetch_add(1, std::memory_order_relaxed);
      log_limited(LogLevel::Info, owner_.about_, "is healthy");
    } else {
      counts.became_unhealthy.fetch_add(1, std::memory_order_relaxed);
      log_limited(LogLevel::Warning, owner_.about_,
                  "is unhealthy: " + owner_.settings_.health.path + ": " + std::string(problem));
    }
    owner_.results_.health(owner_.key_, *verdict, good ? std::string_view() : problem);
  }

  EndpointFetcher& owner_;
  const std::string request_;
  HealthCounter counter_;
  FetchSchedule schedule_;
  std::int64_t checked_ns_ = std::numeric_limits<std::int64_t>::min() / 2;
};

EndpointFetcher::EndpointFetcher(FetchSurroundings& surroundings, const DataLayerSettings& settings,
                                 FetchResults& results, std::uint64_t key, EndpointDefinition endpoint)
    : around_(surroundings),
      settings_(settings),
      results_(results),
      key_(key),
      endpoint_(std::move(endpoint)),
      about_("endpoint " + endpoint_.name),
      address_(parse_address(endpoint_.address).value_or(HostPort{})) {
  if (settings_.health.enabled && address_.port != 0) health_check_ = std::make_unique<HealthCheck>(*this);
}

EndpointFetcher::~EndpointFetcher() {
  health_check_.reset();
  pages_.clear();
  for (const auto& [port, lane] : lanes_) lane->close();
}

void EndpointFetcher::want(const std::vector<PageRequest>& pages) {
  if (address_.port == 0) return;  // an endpoint without address has nothing to be asked for
  std::erase_if(pages_, [&](const auto& known) {
    return std::ranges::none_of(pages, [&](const PageRequest& page) { return same_page(page, known->page()); });
  });
  for (const PageRequest& page : pages) {
    const auto known = std::ranges::find_if(pages_, [&](const auto& it) { return same_page(page, it->page()); });
    if (known == pages_.end())
      pages_.push_back(std::make_unique<Page>(*this, page));
    else
      (*known)->set_interval(page.interval_ns);
  }
}

void EndpointFetcher::attempt_failed() {
  if (health_check_) health_check_->attempt_failed();
}

FetchLane& EndpointFetcher::lane(std::uint32_t port) {
  if (port == address_.port) port = 0;
  auto& lane = lanes_[port];
  if (!lane) {
    const HostPort to{address_.host, port == 0 ? address_.port : static_cast<std::uint16_t>(port)};
    lane = std::make_shared<FetchLane>(around_, to, port == 0);
  }
  return *lane;
}

std::string EndpointFetcher::request(std::string_view path, std::string_view accept, std::uint32_t port) const {
  const bool own = port == 0 || port == address_.port;
  const bool v6 = address_.host.find(':') != std::string::npos;
  std::string out = "GET ";
  out.append(path).append(" HTTP/1.1\r\nHost: ");
  out.append(v6 ? "[" : "").append(address_.host).append(v6 ? "]:" : ":");
  out.append(std::to_string(own ? address_.port : port));
  out.append("\r\nUser-Agent: shunt/").append(SHUNT_VERSION).append("\r\n");
  if (!accept.empty()) out.append("Accept: ").append(accept).append("\r\n");
  // The key is for the endpoint alone, not for whatever else listens on its machine.
  if (own && !around_.access.api_key.empty())
    out.append("Authorization: Bearer ").append(around_.access.api_key).append("\r\n");
  return out.append("\r\n");
}

}  // namespace shunt::host
