// SPDX-License-Identifier: Apache-2.0
// kept_sockets.hpp: listening sockets that outlive the process that opened them. What is opened is handed to the supervisor, and
// a later worker takes it over, with the connections that wait in it: the protocol by which services and systemd do the same
// (sd_listen_fds(3), FDSTORE=1 of sd_notify(3)).
//
//   int descriptor = take_kept_socket("http/127.0.0.1:8080/0");   // -1: open one, then
//   keep_socket("http/127.0.0.1:8080/0", acceptor.native_handle());
#pragma once

#include <string_view>

namespace shunt::host {

// Reads what was handed over from the environment, and removes it there. Main thread, before others; without it nothing is kept.
void receive_kept_sockets();
// The caller owns the descriptor. Main thread.
int take_kept_socket(std::string_view name);
void keep_socket(std::string_view name, int descriptor);
// Closes what nobody has taken: the config has other addresses now.
void drop_other_kept_sockets();

}  // namespace shunt::host
