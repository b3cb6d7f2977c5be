// SPDX-License-Identifier: Apache-2.0
// observer.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/observer.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
