// SPDX-License-Identifier: Apache-2.0
// extractor.hpp: everything that a plugin of this kind includes. Its shape: shunt/sdk/interface/extractor.hpp.
#pragma once

#include <shunt/sdk/library.hpp>
