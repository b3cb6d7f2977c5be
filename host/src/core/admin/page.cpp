// SPDX-License-Identifier: Apache-2.0
#include "admin/page.hpp"

#include <random>
#include <string>

namespace shunt::host {

namespace {

// Stands in the page where the script and the style have their nonce.
constexpr std::string_view kPlace = "NONCE";

std::string make_nonce() {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::random_device device;
  std::string nonce;
  for (int i = 0; i < 24; ++i) nonce += kLetters[device() % kLetters.size()];
  return nonce;
}

}  // namespace

AdminResponse page_answer() {
  const std::string nonce = make_nonce();
  const std::string attribute = "nonce=\"" + std::string(kPlace) + "\"";
  AdminResponse response;
  response.content_type = "text/html; charset=utf-8";
  std::string_view rest = embedded_page();
  for (std::size_t at = rest.find(attribute); at != std::string_view::npos; at = rest.find(attribute)) {
    response.body.append(rest.substr(0, at)).append("nonce=\"").append(nonce).append("\"");
    rest.remove_prefix(at + attribute.size());
  }
  response.body.append(rest);
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce +
                                    "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                                    "frame-ancestors 'none'");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace shunt::host
