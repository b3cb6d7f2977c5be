// SPDX-License-Identifier: Apache-2.0
// picker.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/picker.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
