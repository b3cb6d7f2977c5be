// SPDX-License-Identifier: Apache-2.0
// error.hpp: what a framework call answers when it cannot do what it was asked.
//
//   shunt::Result<Library> library = store.load(path);
//   if (!library) std::cerr << library.error().message;
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace shunt {

// What kind of failure; decides the exit code of a command and the status of an API call.
enum class ErrorKind {
  Config,    // the config, endpoints or requests file is wrong
  Plugin,    // a library could not be loaded or a plugin refused to be created
  Operation  // anything else that did not work
};

// `code` is a stable identifier ("P103") with a page of its own in `shunt help`; `message` is complete, for people.
struct Error {
  ErrorKind kind = ErrorKind::Operation;
  std::string code;
  std::string message;
};

// Result<T>::value() of a failure is a programming error: test with has_value() first.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(error.code + ": " + error.message);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace shunt
