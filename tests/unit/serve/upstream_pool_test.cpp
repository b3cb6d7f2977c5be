// SPDX-License-Identifier: Apache-2.0
#include "serve/front/upstream_pool.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace shunt::host::front {
namespace {

struct User final : LinkUser {
  void on_link_ready() noexcept override { ++ready; }
  void on_link_problem(LinkProblem) noexcept override { ++problems; }
  void on_link_input() noexcept override {}
  void on_link_end(error_code) noexcept override {}
  void on_link_written(error_code) noexcept override {}
  bool told() const noexcept { return ready + problems != 0; }
  int ready = 0;
  int problems = 0;
};

// A pool, and one listening socket that all of 127.0.0.0/8 leads to.
class UpstreamPoolTest : public testing::Test {
 protected:
  UpstreamPoolTest() : acceptor(context, Tcp::endpoint(asio::ip::address_v4::any(), 0)) { accept(); }

  std::string address(std::uint32_t number) const {
    return "127." + std::to_string(1 + number / 62'500) + "." + std::to_string(number / 250 % 250) + "." +
           std::to_string(1 + number % 250) + ":" + std::to_string(acceptor.local_endpoint().port());
  }
  std::string name() const { return "localhost:" + std::to_string(acceptor.local_endpoint().port()); }
  Link* connected(const std::string& to) {
    User& user = users.emplace_back();
    Link* link = pool.connect(pool.origin(to), user);
    while (!user.told()) context.run_one();
    EXPECT_EQ(user.ready, 1) << to;
    return link;
  }
  void come_and_go(std::uint32_t from, std::uint32_t count) {
    for (std::uint32_t i = from; i < from + count; ++i) pool.origin(address(i));
  }

  std::deque<User> users;
  BufferPool buffers;
  asio::io_context context;  // what it still has to do needs both
  std::int64_t now_ms = 1'000;
  TimerWheel wheel{100, 1'000};
  ConnectionCounts counts;
  UpstreamPool pool{context, buffers, wheel, {}, now_ms, counts.add_cell()};

 private:
  void accept() {
    acceptor.async_accept([this](const error_code& failed, asio::ip::tcp::socket socket) {
      if (failed) return;
      accepted.push_back(std::move(socket));
      accept();
    });
  }
  asio::ip::tcp::acceptor acceptor;
  std::vector<asio::ip::tcp::socket> accepted;
};

TEST_F(UpstreamPoolTest, OriginsThatNobodyHasAConnectionToAreForgotten) {
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    pool.origin(address(i));
    ASSERT_LE(pool.origins(), UpstreamPool::kForgetFrom);
  }
}

TEST_F(UpstreamPoolTest, AnOriginStaysWhileAConnectionToItDoes) {
  constexpr std::uint32_t kIdle = 100;
  for (std::uint32_t i = 0; i < kIdle; ++i) pool.put_back(connected(address(i)));
  Link* busy = connected(address(kIdle));
  const Origin* of_busy = pool.origin(address(kIdle)).get();
  for (std::uint32_t i = 1'000; i < 11'000; ++i) {
    pool.origin(address(i));
    ASSERT_LE(pool.origins(), 2 * (kIdle + UpstreamPool::kForgetFrom));
  }
  EXPECT_EQ(pool.origin(address(kIdle)).get(), of_busy);
  pool.put_back(busy);
  User& user = users.emplace_back();
  EXPECT_EQ(pool.idle(*pool.origin(address(kIdle)), user), busy);
  for (std::uint32_t i = 0; i < kIdle; ++i) {
    EXPECT_NE(pool.idle(*pool.origin(address(i)), user), nullptr) << "its connection was forgotten with it";
  }
}

TEST_F(UpstreamPoolTest, ClosedConnectionsLetTheirOriginsGo) {
  for (std::uint32_t i = 0; i < 200; ++i) pool.put_back(connected(address(i)));
  pool.close_idle();
  context.poll();  // what was given up is swept away
  come_and_go(1'000, 1'000);
  EXPECT_LE(pool.origins(), UpstreamPool::kForgetFrom);
}

TEST_F(UpstreamPoolTest, AnOriginThatIsBeingLookedUpStays) {
  const std::weak_ptr<Origin> looked_up = pool.origin(name());
  pool.discard(pool.connect(looked_up.lock(), users.emplace_back()));
  context.poll();  // what was given up is swept away
  come_and_go(0, 1'000);
  EXPECT_EQ(pool.origin(name()), looked_up.lock()) << "its address would have had nowhere to go";
}

TEST_F(UpstreamPoolTest, ANameThatWasLookedUpIsKeptForAsLongAsTheAnswerIs) {
  pool.discard(connected(name()));
  context.poll();
  const Origin* known = pool.origin(name()).get();
  come_and_go(0, 1'000);
  EXPECT_EQ(pool.origin(name()).get(), known);
  EXPECT_FALSE(known->resolved.empty());
  now_ms += 60'000;
  come_and_go(1'000, 1'000);
  EXPECT_TRUE(pool.origin(name())->resolved.empty());
}

}  // namespace
}  // namespace shunt::host::front
