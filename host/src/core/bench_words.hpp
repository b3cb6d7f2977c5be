// SPDX-License-Identifier: Apache-2.0
// bench_words.hpp: the words of `shunt plugin bench`. Includes CLI11.
#pragma once

#include "command_tree.hpp"

namespace shunt::host {

void add_bench_command(CommandTree& tree, CLI::App& plugin);

}  // namespace shunt::host
