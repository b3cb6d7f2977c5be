// SPDX-License-Identifier: Apache-2.0
// state.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/state.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
