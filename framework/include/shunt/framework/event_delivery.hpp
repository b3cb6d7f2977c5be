// SPDX-License-Identifier: Apache-2.0
// event_delivery.hpp: hands events to the observers of a generation, serialised per instance, off the request path.
#pragma once

#include <shunt/abi/observer.h>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>

#include <span>

namespace shunt {

struct Delivery {
  Request* request = nullptr;           // that the events name
  const Generation* current = nullptr;  // that decides now; nullptr: the one that is called
  const Generation* except = nullptr;   // whose instances are left out
  const Generation* beside = nullptr;   // that decides a share of the requests beside the current one
};

// Calls every observer that wants one of the events with those that it wants, in order. Events that name a request belong to
// `delivery.request`, whose state they get where the observer was called for it on this generation. Endpoint columns that observers
// publish go into the table and are in its next snapshot. Blocks while another thread delivers to the same instance.
//
// An instance that has handed its state over (state_transfer.hpp) passes on what it hears of requests to its successor. One that
// is no part of the current generation hears how its requests end, but what it publishes about endpoints no longer counts; what one
// of `beside` publishes counts where no instance of the current generation writes the same columns.
void deliver_events(const Generation& generation, EndpointTable& table, std::span<const shunt_event> events,
                    const Delivery& delivery = {});

}  // namespace shunt
