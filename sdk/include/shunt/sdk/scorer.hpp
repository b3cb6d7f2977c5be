// SPDX-License-Identifier: Apache-2.0
// scorer.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/scorer.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
