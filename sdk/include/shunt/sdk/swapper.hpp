// SPDX-License-Identifier: Apache-2.0
// swapper.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/swapper.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
