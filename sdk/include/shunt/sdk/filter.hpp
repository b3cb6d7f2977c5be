// SPDX-License-Identifier: Apache-2.0
// filter.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/filter.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
