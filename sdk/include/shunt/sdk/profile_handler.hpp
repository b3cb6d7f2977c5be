// SPDX-License-Identifier: Apache-2.0
// profile_handler.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/profile_handler.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
