// SPDX-License-Identifier: Apache-2.0
#include "serve/front/upstream_pool.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace shunt::host::front {

namespace {

// "[::1]:80" without the brackets around its host.
std::pair<std::string, std::string> split(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return {std::string(address), "80"};
  std::string_view host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return {std::string(host), std::string(address.substr(colon + 1))};
}

}  // namespace

Link::Link(UpstreamPool& pool, std::shared_ptr<Origin> origin, LinkUser* user)
    : pool_(pool), origin_(std::move(origin)), user_(user) {}

void Link::begin() noexcept {
  next_address_ = 0;
  try_next();
}

void Link::try_next() noexcept {
  if (wire_ != nullptr) wire_->close();
  wire_ = Wire::make(pool_.context_, pool_.buffers_);
  wire_->use(this);
  wire_->connect(origin_->resolved[next_address_++]);
}

void Link::on_connected(error_code failed) noexcept {
  if (failed) {
    if (next_address_ < origin_->resolved.size()) return try_next();
    if (!origin_->numeric) origin_->resolved_until_ms = 0;
    return problem(LinkProblem::Refused);
  }
  if (pool_.tls_.context == nullptr) return on_secured({});
  const std::string& name = pool_.tls_.server_name.empty() ? origin_->host : pool_.tls_.server_name;
  if (!wire_->secure(*pool_.tls_.context, false, name, pool_.tls_.verify)) problem(LinkProblem::Tls);
}

void Link::on_secured(error_code failed) noexcept {
  if (failed) return problem(LinkProblem::Tls);
  if (!wire_->reserve(UpstreamPool::kReadSize)) return problem(LinkProblem::Refused);
  uses_ = 1;
  count(ConnectResult::Good);
  user_->on_link_ready();
}

void Link::problem(LinkProblem problem) noexcept {
  switch (problem) {
    case LinkProblem::Unresolved: count(ConnectResult::Unresolved); break;
    case LinkProblem::Refused: count(ConnectResult::Refused); break;
    case LinkProblem::Tls: count(ConnectResult::Tls); break;
  }
  user_->on_link_problem(problem);
}

void Link::count(ConnectResult result) noexcept {
  if (!std::exchange(counted_, true)) pool_.counts_.count(result);
}

void Link::on_input(std::size_t) noexcept {
  if (user_ != nullptr) return user_->on_link_input();
  pool_.discard(this);  // nobody asked for anything
}

void Link::on_input_end(error_code why) noexcept {
  if (user_ != nullptr) return user_->on_link_end(why);
  pool_.discard(this);
}

void Link::on_written(error_code failed) noexcept {
  if (user_ != nullptr) user_->on_link_written(failed);
}

void Link::on_deadline() noexcept { pool_.discard(this); }

UpstreamPool::UpstreamPool(asio::io_context& context, BufferPool& buffers, TimerWheel& wheel, UpstreamTls tls,
                           const std::int64_t& now_ms, ConnectionCounts::Cell& counts)
    : context_(context), buffers_(buffers), wheel_(wheel), tls_(std::move(tls)), now_ms_(now_ms), counts_(counts) {}

UpstreamPool::~UpstreamPool() {
  for (const auto& link : links_) {
    if (link->wire_ != nullptr) link->wire_->close();
  }
}

const std::shared_ptr<Origin>& UpstreamPool::origin(std::string_view address) {
  const auto it = origins_.find(address);
  if (it != origins_.end()) return it->second;
  if (origins_.size() >= forget_at_) forget_unused();
  auto made = std::make_shared<Origin>();
  made->address = address;
  std::tie(made->host, made->port) = split(address);
  error_code named;
  const auto numeric = asio::ip::make_address(made->host, named);
  if (!named) {
    made->resolved = {
        Tcp::endpoint(numeric, static_cast<std::uint16_t>(std::strtoul(made->port.c_str(), nullptr, 10)))};
    made->resolved_until_ms = INT64_MAX;
    made->numeric = true;
  }
  return origins_.emplace(made->address, std::move(made)).first->second;
}

// Done whenever there are twice as many as were left the last time, so that it costs each new one the same. A name that
// was looked up a moment ago stays: without connections that are kept, each request would have to look it up again.
void UpstreamPool::forget_unused() {
  std::erase_if(origins_, [this](const auto& known) {
    const Origin& origin = *known.second;
    return known.second.use_count() == 1 && (origin.numeric || !origin.resolves_at(now_ms_));
  });
  forget_at_ = std::max(kForgetFrom, 2 * origins_.size());
}

Link* UpstreamPool::idle(Origin& origin, LinkUser& user) noexcept {
  if (origin.idle.empty()) return nullptr;
  Link* link = origin.idle.back();
  origin.idle.pop_back();
  TimerWheel::disarm(*link);
  link->user_ = &user;
  ++link->uses_;
  --idle_;
  raise_own(counts_.reused);
  tell_sizes();
  return link;
}

Link* UpstreamPool::connect(const std::shared_ptr<Origin>& origin, LinkUser& user) noexcept {
  links_.push_back(std::make_unique<Link>(*this, origin, &user));
  Link* link = links_.back().get();
  link->place_ = links_.size() - 1;
  tell_sizes();
  if (origin->resolves_at(now_ms_)) {
    link->begin();
  } else {
    resolve(link);
  }
  return link;
}

void UpstreamPool::resolve(Link* link) {
  auto resolver = std::make_shared<Tcp::resolver>(context_);
  const std::shared_ptr<Origin> origin = link->origin_;
  resolver->async_resolve(origin->host, origin->port, Tcp::resolver::numeric_service,
                          [this, resolver, origin, link, alive = std::weak_ptr<int>(alive_)](
                              const error_code& failed, const Tcp::resolver::results_type& found) {
                            if (alive.expired()) return;
                            if (!failed && !found.empty()) {
                              origin->resolved.clear();
                              for (const auto& entry : found) origin->resolved.push_back(entry.endpoint());
                              origin->resolved_until_ms = now_ms_ + kResolvedMs;
                            }
                            // The link may have been given up meanwhile, and another one may be at its place.
                            const bool there =
                                std::ranges::any_of(links_, [&](const auto& known) { return known.get() == link; });
                            if (!there || link->origin_ != origin || link->user_ == nullptr || link->wire_ != nullptr)
                              return;
                            if (origin->resolved.empty()) return link->problem(LinkProblem::Unresolved);
                            link->begin();
                          });
}

void UpstreamPool::put_back(Link* link) noexcept {
  link->user_ = nullptr;
  Wire& wire = *link->wire_;
  if (!wire.open() || !wire.input().empty() || wire.writing() || link->origin_->idle.size() >= kIdlePerOrigin ||
      (!wire.reading() && !wire.reserve(kReadSize))) {
    return discard(link);
  }
  link->origin_->idle.push_back(link);
  ++idle_;
  tell_sizes();
  wheel_.arm(*link, now_ms_, kIdleMs);
  wire.read();
}

void UpstreamPool::discard(Link* link) noexcept {
  link->user_ = nullptr;
  TimerWheel::disarm(*link);
  link->count(ConnectResult::GivenUp);
  idle_ -= std::erase(link->origin_->idle, link);
  if (link->wire_ != nullptr) link->wire_->close();
  const std::size_t place = link->place_;
  gone_.push_back(std::move(links_[place]));
  if (place + 1 != links_.size()) {
    links_[place] = std::move(links_.back());
    links_[place]->place_ = place;
  }
  links_.pop_back();
  tell_sizes();
  if (std::exchange(sweeping_, true)) return;
  asio::post(context_, [this, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    sweeping_ = false;
    sweep();
  });
}

void UpstreamPool::tell_sizes() noexcept {
  counts_.links.store(links_.size(), std::memory_order_relaxed);
  counts_.idle.store(idle_, std::memory_order_relaxed);
}

void UpstreamPool::close_idle() noexcept {
  for (auto& [address, origin] : origins_) {
    while (!origin->idle.empty()) discard(origin->idle.back());
  }
}

}  // namespace shunt::host::front
