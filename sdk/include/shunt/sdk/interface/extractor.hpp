// SPDX-License-Identifier: Apache-2.0
// interface/extractor.hpp: the shape of an extractor and its trampoline.
#pragma once

#include <shunt/abi/extractor.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/view.hpp>

namespace shunt::sdk {

// A page fetched from one endpoint.
class Page {
 public:
  explicit Page(const shunt_page& raw) noexcept : raw_(&raw) {}
  // Texts of shunt_page, empty where the fetch failed:
  std::string_view path() const noexcept { return to_view(raw_->path); }
  std::string_view body() const noexcept { return to_view(raw_->body); }
  std::string_view content_type() const noexcept { return to_view(raw_->content_type); }
  std::string_view endpoint_name() const noexcept { return to_view(raw_->endpoint_name); }
  // Key of the endpoint.
  std::uint64_t endpoint() const noexcept { return raw_->endpoint; }
  // 0: the fetch failed; only for those who asked for failures.
  std::uint32_t http_status() const noexcept { return raw_->http_status; }
  // There is no page; see PageOptions::failures.
  bool failed() const noexcept { return raw_->http_status == 0; }
  // As asked for; 0: the endpoint's own.
  std::uint32_t port() const noexcept { return raw_->port; }
  // When the fetch ended, on the clock of now_ns.
  std::int64_t fetched_ns() const noexcept { return raw_->fetched_ns; }
  // The endpoint's present columns: one row.
  View row() const noexcept { return View(*raw_->row); }
  const shunt_page& raw() const noexcept { return *raw_; }

 private:
  const shunt_page* raw_;
};

// void or Status extract(const Context&, const Page&).
template <class P>
concept Extractor = requires(P& plugin, const Context& context, const Page& page) {
  { plugin.extract(context, page) } -> detail::StatusOrVoid;
};

namespace [[gnu::visibility("hidden")]] detail {
template <Extractor P>
struct ExtractorInterface {
  static Status extract(void* self, shunt_ctx* ctx, const shunt_page* page) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, ctx, [&] { return it.plugin.extract(Context(*it.host, ctx), Page(*page)); });
  }
  static constexpr shunt_extractor_table kTable{sizeof(shunt_extractor_table), 0, &extract};
};
}  // namespace detail
}  // namespace shunt::sdk
