// SPDX-License-Identifier: Apache-2.0
// control.hpp: what is asked and told under /sim/.
#pragma once

namespace shunt::sim {

class Fleet;
class Session;
class SimServer;

// On the thread of `server`, which the session belongs to. The request may be about others: ?server=NAME, or * for all.
void handle_control(Session& session, SimServer& server, Fleet& fleet);

}  // namespace shunt::sim
