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
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion
  # In files that are compiled as one, a parameter may be called as a function of another file. tests/full.sh looks at each alone.
  $<IF:$<AND:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>,$<CXX_COMPILER_ID:GNU>>,-Wshadow=local,-Wshadow>
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

# shunt_compile_together(<target> [APART "<file> <file>..."...] [ALONE <file>...]): with SHUNT_UNITY_BUILD several files of the
# target are compiled as one, so that what they include is read once and what they instantiate is compiled once. Files of one
# APART have a name in common in their unnamed namespaces and never come together; one that is ALONE comes together with no other.
# Files are named without their folder. What the build writes is always alone.
option(SHUNT_UNITY_BUILD "Compile several files at a time: quicker, but a changed file takes its group with it" OFF)
set(SHUNT_UNITY_FILES 8)
function(shunt_compile_together target)
  if(NOT SHUNT_UNITY_BUILD)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "APART;ALONE")
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  set(groups 0)
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME)
    if(NOT name MATCHES "\\.cpp$" OR name IN_LIST arg_ALONE OR source MATCHES "^${PROJECT_BINARY_DIR}/")
      continue()
    endif()
    set(rivals "")
    foreach(set IN LISTS arg_APART)
      separate_arguments(names UNIX_COMMAND "${set}")
      if(name IN_LIST names)
        list(APPEND rivals ${names})
      endif()
    endforeach()
    # The first group that has room and no rival.
    set(group 0)
    while(group LESS groups)
      set(met ${members_${group}})
      list(LENGTH met size)
      if(rivals)
        list(REMOVE_ITEM met ${rivals})
      endif()
      list(LENGTH met friends)
      if(size LESS SHUNT_UNITY_FILES AND friends EQUAL size)
        break()
      endif()
      math(EXPR group "${group} + 1")
    endwhile()
    if(group EQUAL groups)
      math(EXPR groups "${groups} + 1")
    endif()
    list(APPEND members_${group} ${name})
    set_source_files_properties("${source}" DIRECTORY "${folder}" PROPERTIES UNITY_GROUP ${target}_${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # A class of one file that has a member of a type of the same file: GCC takes included files for headers.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
endfunction()
