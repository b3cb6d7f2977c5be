// SPDX-License-Identifier: Apache-2.0
// boundary.hpp: what every trampoline is made of: the instance behind `self`, and the wall that no exception passes.
#pragma once

#include <shunt/sdk/cycle.hpp>

#include <concepts>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

namespace shunt::sdk {

// Hidden, whatever flags the library is built with: the tables below are static members of templates over the author's class.
// Where such a member is visible, GCC makes it unique in the process, and the next version of a library, loaded beside the one
// before, would hand out the tables of that one.
namespace [[gnu::visibility("hidden")]] detail {

// What `self` points to: the author's object and the host whose services it uses.
template <class Plugin>
struct Instance {
  const shunt_host* host;
  Plugin plugin;
};

template <class Plugin>
Instance<Plugin>& instance(void* self) noexcept {
  return *static_cast<Instance<Plugin>*>(self);
}

inline Status report(const shunt_host* host, shunt_ctx* ctx, Status code, const char* text) noexcept {
  // An empty text means that the host has already been given a better one.
  if (text[0] != '\0') host->set_error(ctx, code, {text, std::strlen(text)});
  return code < 0 ? code : SHUNT_ERROR;
}

// Runs the author's code and turns whatever it throws into a status. The catch has to be on this side: a handler in the host
// does not see exceptions of a library that carries its own unwinder.
template <class Function>
Status guard(const shunt_host* host, shunt_ctx* ctx, Function&& function) noexcept {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
      function();
      return SHUNT_OK;
    } else {
      return function();
    }
  } catch (const Error& error) {
    return report(host, ctx, error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return report(host, ctx, SHUNT_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return report(host, ctx, SHUNT_EXCEPTION, error.what());
  } catch (...) {
    return report(host, ctx, SHUNT_EXCEPTION, "an exception that is no std::exception");
  }
}

// Return types that hot functions may have.
template <class T>
concept StatusOrVoid = std::is_void_v<T> || std::same_as<T, Status>;

}  // namespace detail

// The body of a function of an extra interface, a draft or a third party's: calls function(plugin, context) with the object
// behind `self`; what it throws becomes the status, as everywhere.
//
//   std::int32_t decide(void* self, const shunt_cycle* cycle, ...) noexcept {
//     return shunt::sdk::enter<const MyPlugin>(self, cycle->ctx, [&](const MyPlugin& it, const Context& context) {...});
//   }
template <class Plugin, class Function>
Status enter(void* self, shunt_ctx* ctx, Function&& function) noexcept {
  auto& it = detail::instance<std::remove_const_t<Plugin>>(self);
  return detail::guard(it.host, ctx, [&] { return function(static_cast<Plugin&>(it.plugin), Context(*it.host, ctx)); });
}

}  // namespace shunt::sdk
