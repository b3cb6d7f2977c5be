// SPDX-License-Identifier: Apache-2.0
// pool_picture.hpp: all that the host knows about its endpoints at one moment, handed to deciding threads without blocking them.
//
//   PictureSlot::Reader reader(slot);       // one per thread
//   const PoolPicture& pool = reader.get();
#pragma once

#include <shunt/framework/snapshot.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace shunt::host {

enum class Health : std::uint8_t { Unknown, Healthy, Unhealthy };
std::string_view to_string(Health health);

// What the data layer knows about one endpoint besides its columns. For people.
struct EndpointStatus {
  std::string source;  // "config", the file's path, the DNS name
  Health health = Health::Unknown;
  std::string problem;             // why it is unhealthy, or what the last fetch complained about
  std::int64_t last_fetch_ns = 0;  // of a page that was understood; 0: never
  std::uint64_t fetches = 0;
  std::uint64_t fetch_failures = 0;
};

struct PoolPicture {
  std::shared_ptr<const Snapshot> snapshot;
  // Keys of the endpoints that may get requests, where some may not (unhealthy ones); nullopt: all.
  std::optional<std::vector<std::uint64_t>> routable;
  std::shared_ptr<const std::vector<EndpointStatus>>
      statuses;  // by row of the snapshot; up to half a second older than it
};

// One writer, many readers. A reader looks at a counter and takes the lock only when there is a new picture.
class PictureSlot {
 public:
  void publish(std::shared_ptr<const PoolPicture> picture);
  std::shared_ptr<const PoolPicture> current() const;

  class Reader {
   public:
    explicit Reader(const PictureSlot& slot) : slot_(slot) {}
    // Valid until the next call on this reader.
    const std::shared_ptr<const PoolPicture>& get() {
      if (const std::uint64_t version = slot_.version_.load(std::memory_order_acquire); version != version_) refresh();
      return picture_;
    }
    // Lets go of the picture: a thread without work keeps no old one alive.
    void release() {
      picture_.reset();
      version_ = kNone;
    }

   private:
    void refresh();
    static constexpr std::uint64_t kNone = ~std::uint64_t{0};
    const PictureSlot& slot_;
    std::uint64_t version_ = kNone;
    std::shared_ptr<const PoolPicture> picture_;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const PoolPicture> current_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace shunt::host
