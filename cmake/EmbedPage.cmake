# SPDX-License-Identifier: Apache-2.0
# cmake -DFOLDER=<host/web> -DOUTPUT=<file.cpp> -P EmbedPage.cmake
#
# Writes the admin page as a string literal. index.html takes in the other files where it says "@include NAME@", so that what
# the program serves is one self-contained page.
file(READ "${FOLDER}/index.html" page)
file(GLOB parts RELATIVE "${FOLDER}" "${FOLDER}/*.css" "${FOLDER}/*.js")
foreach(part IN LISTS parts)
  file(READ "${FOLDER}/${part}" content)
  string(FIND "${page}" "@include ${part}@" used)
  if(used EQUAL -1)
    message(FATAL_ERROR "index.html does not include ${part}")
  endif()
  string(REPLACE "@include ${part}@" "${content}" page "${page}")
endforeach()
string(FIND "${page}" ")shunt~" terminator)
string(FIND "${page}" "@include " left)
if(NOT terminator EQUAL -1 OR NOT left EQUAL -1)
  message(FATAL_ERROR "the page contains the end of its own literal, or includes a file that is not there")
endif()
file(WRITE "${OUTPUT}" "// Made by cmake/EmbedPage.cmake from host/web. Changes are lost.
#include \"admin/page.hpp\"

namespace shunt::host {

std::string_view embedded_page() {
  static constexpr std::string_view kPage = R\"shunt~(${page})shunt~\";
  return kPage;
}

}  // namespace shunt::host
")
