// SPDX-License-Identifier: Apache-2.0
// explain.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/explain.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
