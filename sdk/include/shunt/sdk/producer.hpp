// SPDX-License-Identifier: Apache-2.0
// producer.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/producer.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
