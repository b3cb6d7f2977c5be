// SPDX-License-Identifier: Apache-2.0
// event_delivery.hpp: hands events to the observers of a generation, serialised per instance, off the request path.
#pragma once

#include <shunt/abi/observer.h>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>

#include <span>

namespace shunt {

// Calls every observer that wants one of the events with those that it wants, in order. Events that name a request belong to
// `request`, whose state they get where the observer was called for it on this generation. Endpoint columns that observers
// publish go into the table and are in its next snapshot. Blocks while another thread delivers to the same instance.
void deliver_events(const Generation& generation, EndpointTable& table, std::span<const shunt_event> events,
                    Request* request = nullptr);

}  // namespace shunt
