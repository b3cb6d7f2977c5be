# SPDX-License-Identifier: Apache-2.0
# cmake -DFOLDER=<sdk/templates> -DOUTPUT=<file.cpp> -P EmbedTemplates.cmake
#
# Writes the templates of `shunt plugin new` as string literals, so that the program needs no folder of them at run time.
file(GLOB_RECURSE templates RELATIVE "${FOLDER}" "${FOLDER}/*.in")
set(text "// Made by cmake/EmbedTemplates.cmake from sdk/templates. Changes are lost.\n#include \"core/plugin_scaffold.hpp\"\n\n")
string(APPEND text "namespace shunt::host {\n\nstd::span<const EmbeddedTemplate> embedded_templates() {\n")
string(APPEND text "  static constexpr EmbeddedTemplate kTemplates[] = {\n")
foreach(template IN LISTS templates)
  file(READ "${FOLDER}/${template}" content)
  string(FIND "${content}" ")shunt~" terminator)
  if(NOT terminator EQUAL -1)
    message(FATAL_ERROR "${template} contains the end of its own literal")
  endif()
  string(APPEND text "      {\"${template}\", R\"shunt~(${content})shunt~\"},\n")
endforeach()
string(APPEND text "  };\n  return kTemplates;\n}\n\n}  // namespace shunt::host\n")
file(WRITE "${OUTPUT}" "${text}")
