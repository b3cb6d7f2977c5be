// SPDX-License-Identifier: Apache-2.0
// symbol_table.hpp: texts that are compared on the decision path, as small numbers.
//
//   SymbolTable& symbols = SymbolTable::process();
//   const Symbol critical = symbols.intern("critical");   // configuration and endpoint text
//   if (symbols.find(request.model) == critical) ...      // request text: never inserts
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace shunt {

// Equal symbols are equal texts, in the whole process, for ever. 0 is "no text".
using Symbol = std::uint32_t;

// Append-only. Reading takes no lock; a client's text can only be looked up, so clients cannot make it grow.
class SymbolTable {
 public:
  // The one table of the process: symbols cross generations and libraries.
  static SymbolTable& process();

  SymbolTable();
  ~SymbolTable();
  SymbolTable(const SymbolTable&) = delete;
  SymbolTable& operator=(const SymbolTable&) = delete;

  // The symbol of a text, new if need be. Serialised among writers; readers go on meanwhile.
  Symbol intern(std::string_view text);
  // The symbol of a text, 0 when it was never interned.
  Symbol find(std::string_view text) const noexcept;
  // The text of a symbol; empty for 0 and for unknown ones. Lives as long as the table.
  std::string_view text(Symbol symbol) const noexcept;
  std::uint32_t size() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shunt
