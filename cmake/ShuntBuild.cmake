# How shunt's own targets are compiled. Not installed: a plugin author gets sdk/cmake/ShuntPlugin.cmake, and only that.

find_program(SHUNT_CCACHE ccache)
mark_as_advanced(SHUNT_CCACHE)
if(SHUNT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without these it caches nothing that was compiled with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime;${SHUNT_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${SHUNT_CCACHE}")
endif()

# -O3: at -O2 GCC 12 vectorises none of the loops that the decision path lives on.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(shunt_warnings INTERFACE)
target_compile_options(shunt_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wextra-semi>
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wundef>
  # GCC 12 warns of overlapping copies inside std::string that cannot happen (its bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${SHUNT_DEVELOPER_MODE}>:-Werror>)

# Applied to everything built here, plugins included.
add_library(shunt_build INTERFACE)
if(SHUNT_SANITIZE)
  target_compile_options(shunt_build INTERFACE -fsanitize=${SHUNT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(shunt_build INTERFACE -fsanitize=${SHUNT_SANITIZE})
elseif(SHUNT_COVERAGE)
  target_compile_options(shunt_build INTERFACE --coverage)
  target_link_options(shunt_build INTERFACE --coverage)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(shunt_build INTERFACE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection)
  target_link_options(shunt_build INTERFACE -Wl,-z,relro,-z,now)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(shunt_build INTERFACE _GLIBCXX_ASSERTIONS)
endif()

# Headers of others that most files of a target read anyway. They are named here, and included where they are used all the
# same: -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds too.
function(shunt_precompile target)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<$<COMPILE_LANGUAGE:CXX>:<\\1$<ANGLE-R>>" OUTPUT_VARIABLE headers)
  target_precompile_headers(${target} PRIVATE ${headers})
endfunction()
set(SHUNT_STANDARD_HEADERS algorithm array atomic charconv cmath cstdint cstring filesystem functional limits map memory
  mutex optional set span string string_view system_error unordered_map utility variant vector)
# What ccache needs to see through a precompiled header.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(shunt_build INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(shunt_build INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
