// SPDX-License-Identifier: Apache-2.0
// validate_words.hpp: the words of `shunt plugin validate`.
#pragma once

namespace CLI {
class App;
}

namespace shunt::host {

class CommandTree;

// Below the command `plugin`.
void add_validate_command(CommandTree& tree, CLI::App& plugin);

}  // namespace shunt::host
