// SPDX-License-Identifier: Apache-2.0
#include "live/live_host.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <random>

#include "live/desk.hpp"
#include "live/mailbox.hpp"

namespace shunt::host {

namespace {

// While requests come, their mail is looked at this often instead of waking the keeper for every letter.
constexpr auto kMailInterval = std::chrono::milliseconds(5);
// Letters of one desk that are delivered before others have their turn.
constexpr std::size_t kLettersAtOnce = 256;
constexpr std::int64_t kMillisecondNs = 1'000'000;

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

EndpointKeeperOptions keeper_options(const DataLayerSettings& settings) {
  return {settings.publish_interval_ms * kMillisecondNs, settings.stale_after_ms * kMillisecondNs};
}

}  // namespace

LiveHost::LiveHost(const Workspace& workspace, const HostSettings& settings, const Clock& clock)
    : settings_(settings),
      clock_(clock),
      seed_(random_seed()),
      decision_base_(static_cast<std::uint64_t>(clock.wall_ns() / 1'000'000'000) << 32),
      decisions_(settings.admin.decisions.keep, settings.admin.decisions.bundles),
      keeper_(workspace.attributes(), clock, keeper_options(settings.data_layer)) {
  scheduler_.publish(workspace.generation());
  left_out_ = workspace.left_out();
}

LiveHost::~LiveHost() { stop(); }

void LiveHost::start() {
  keeper_.start();
  keeper_.run_now([this] {
    keeper_.set_generation(scheduler_.current());
    for (const std::string& refused : keeper_.put_endpoints("config", settings_.endpoints.endpoints)) {
      spdlog::warn("{}", refused);
    }
    keeper_.publish_now();
  });
}

void LiveHost::stop() {
  // Events are never dropped: what desks have mailed is heard before the keeper goes.
  keeper_.post([this] {
    for (const std::shared_ptr<Mailbox>& mailbox : open_mailboxes()) {
      for (Letter letter; mailbox->take(letter);) deliver(letter, *mailbox);
    }
  });
  keeper_.stop();
}

std::unique_ptr<FrontDoor> LiveHost::open_front_door(std::string_view door) {
  auto mailbox = std::make_shared<Mailbox>();
  auto desk = std::make_unique<Desk>(*this, door, mailbox, counts_.add_cell(door));
  const std::lock_guard lock(desks_mutex_);
  std::erase_if(mailboxes_, [](const auto& old) { return old.expired(); });
  mailboxes_.push_back(mailbox);
  return desk;
}

std::vector<std::shared_ptr<Mailbox>> LiveHost::open_mailboxes() const {
  std::vector<std::shared_ptr<Mailbox>> open;
  const std::lock_guard lock(desks_mutex_);
  for (const std::weak_ptr<Mailbox>& mailbox : mailboxes_) {
    if (auto one = mailbox.lock()) open.push_back(std::move(one));
  }
  return open;
}

std::vector<LeftOutPlugin> LiveHost::left_out() const {
  const std::lock_guard lock(left_out_mutex_);
  return left_out_;
}

// A canary that goes between the two looks is counted a moment too late.
std::size_t LiveHost::older_generations() const {
  const std::size_t canaries = canaries_.current() != nullptr ? 1 : 0;
  const std::size_t retired = scheduler_.retired();
  return retired > canaries ? retired - canaries : 0;
}

void LiveHost::set_left_out(std::vector<LeftOutPlugin> plugins) {
  const std::lock_guard lock(left_out_mutex_);
  left_out_ = std::move(plugins);
}

bool LiveHost::ready(std::string& why) const {
  if (draining()) {
    why = "draining: this host is about to end";
    return false;
  }
  if (!started_.load(std::memory_order_acquire)) {
    why = "starting";
    return false;
  }
  const auto picture = keeper_.pictures().current();
  if (picture->snapshot->size() == 0) {
    why = "there is no endpoint";
    return false;
  }
  if (picture->routable && picture->routable->empty()) {
    why = "no endpoint may be used: each is unhealthy, unavailable or draining";
    return false;
  }
  return std::ranges::all_of(parts_, [&why](const Part* part) { return part->ready(why); });
}

std::int64_t LiveHost::requests_under_way() const {
  std::int64_t under_way = 0;
  for (const RequestTotals& totals : counts_.totals()) {
    under_way += static_cast<std::int64_t>(totals.begun) - static_cast<std::int64_t>(totals.ended);
  }
  return under_way;
}

void LiveHost::wake_keeper(const std::shared_ptr<Mailbox>& mailbox) {
  keeper_.post([this, mailbox] { sort_mail(mailbox); });
}

void LiveHost::sort_mail(const std::shared_ptr<Mailbox>& mailbox) {
  std::size_t letters = 0;
  for (Letter letter; letters < kLettersAtOnce && mailbox->take(letter); ++letters) deliver(letter, *mailbox);
  if (letters == kLettersAtOnce) return wake_keeper(mailbox);
  if (letters == 0 && !mailbox->stays_awake()) return;
  auto timer = std::make_shared<boost::asio::steady_timer>(keeper_.context(), kMailInterval);
  timer->async_wait([this, mailbox, timer](const boost::system::error_code& error) {
    if (!error) sort_mail(mailbox);
  });
}

// Memory may run out over one letter; those behind it, and passages that shall be used again, must not suffer for it.
void LiveHost::deliver(const Letter& letter, Mailbox& mailbox) noexcept {
  try {
    switch (letter.kind) {
      case Letter::Kind::Event:
        keeper_.deliver(*letter.passage->books.generation, {&letter.event, 1}, &letter.passage->request);
        break;
      case Letter::Kind::Return:
        // It may wait long for the next request, and would keep an older generation for as long.
        letter.passage->books.generation.reset();
        mailbox.give_back(letter.passage);
        break;
      case Letter::Kind::FailedAttempt: keeper_.note_failed_attempt(letter.event.endpoint); break;
      case Letter::Kind::Record: {
        const std::unique_ptr<ExplainedDecision> explained(letter.explained);
        mailbox.record_written();
        decisions_.add(to_record(std::move(*explained)));
        break;
      }
    }
  } catch (const std::exception& error) {
    spdlog::error("what became of a request was not told: {}", error.what());
  }
}

}  // namespace shunt::host
