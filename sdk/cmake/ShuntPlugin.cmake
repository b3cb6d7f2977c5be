# shunt_add_plugin(<name> SOURCES <file>... [TEST <file>...] [OUTPUT_DIRECTORY <dir>] [STATIC] [VALIDATE <argument>...])
#
# Builds <name>.so, a library of shunt plugins, the way it has to be built: one exported symbol, nothing shared with other
# copies of itself, nothing unresolved. Targets: shunt_plugin_<name>, and with TEST (and GoogleTest found)
# shunt_plugin_<name>_test, linked with the testing kit. Where the program `shunt` is found, the CTest case validate_<name> runs
# `shunt plugin validate` on the result, at its highest level; VALIDATE adds arguments to it, for example --parameters or --level.
# STATIC builds, besides, the object library shunt_plugin_<name>_static for linking into a program: its entry function is
# called shunt_entry_<name>.

# In the cache, because the function is called from folders that do not see the variables of this one.
set(SHUNT_PLUGIN_VERSION_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/shunt_plugin.map" CACHE INTERNAL "")

include("${CMAKE_CURRENT_LIST_DIR}/ShuntTesting.cmake")
include(CheckCXXCompilerFlag)
include(CheckCCompilerFlag)

function(shunt_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STATIC" "OUTPUT_DIRECTORY" "SOURCES;TEST;VALIDATE")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "shunt_add_plugin(${name}): SOURCES is missing")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "shunt_add_plugin(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)

  set(target shunt_plugin_${name})
  add_library(${target} MODULE ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE shunt::sdk)
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME ${name}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS "${SHUNT_PLUGIN_VERSION_SCRIPT}"
    # The host loads a private copy from another place: a path that is relative to the file would lead nowhere.
    SKIP_BUILD_RPATH ON SKIP_INSTALL_RPATH ON)
  if("CXX" IN_LIST languages)
    target_compile_features(${target} PRIVATE cxx_std_20)
    # Clang does not know the flag; the version script hides unique symbols there.
    check_cxx_compiler_flag(-fno-gnu-unique SHUNT_HAVE_NO_GNU_UNIQUE)
    if(SHUNT_HAVE_NO_GNU_UNIQUE)
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
    endif()
  endif()
  target_link_options(${target} PRIVATE
    "LINKER:--version-script=${SHUNT_PLUGIN_VERSION_SCRIPT}" LINKER:--exclude-libs,ALL
    LINKER:-z,now LINKER:-z,relro LINKER:-z,noexecstack LINKER:--build-id)
  # A sanitizer's runtime is resolved from the program, so nothing may insist on resolving it here.
  if(NOT SHUNT_SANITIZE AND NOT "${CMAKE_CXX_FLAGS} ${CMAKE_C_FLAGS}" MATCHES "-fsanitize")
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  if(TARGET shunt_build)
    target_link_libraries(${target} PRIVATE shunt_build shunt_warnings)
  endif()
  if(arg_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${arg_OUTPUT_DIRECTORY}")
  elseif(SHUNT_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${SHUNT_PLUGIN_OUTPUT_DIRECTORY}")
  endif()

  if(arg_STATIC)
    add_library(${target}_static OBJECT EXCLUDE_FROM_ALL ${arg_SOURCES})
    target_link_libraries(${target}_static PUBLIC shunt::sdk)
    target_compile_features(${target}_static PRIVATE cxx_std_20)
    target_compile_definitions(${target}_static PRIVATE SHUNT_LIBRARY_ENTRY=shunt_entry_${name})
    if(TARGET shunt_build)
      target_link_libraries(${target}_static PRIVATE shunt_build shunt_warnings)
    endif()
  endif()

  if(arg_TEST AND BUILD_TESTING)
    find_package(GTest CONFIG QUIET)
    if(GTest_FOUND)
      # What is tested is what is shipped.
      add_executable(${target}_test ${arg_TEST} $<TARGET_OBJECTS:${target}>)
      shunt_add_testing()
      target_link_libraries(${target}_test PRIVATE shunt::testing GTest::gmock GTest::gtest_main)
      target_compile_features(${target}_test PRIVATE cxx_std_20)
      if(TARGET shunt_build)
        target_link_libraries(${target}_test PRIVATE shunt_build shunt_warnings)
      endif()
      add_test(NAME plugin_${name} COMMAND ${target}_test)
      set_tests_properties(plugin_${name} PROPERTIES LABELS plugin TIMEOUT 120)
    endif()
  endif()

  if(BUILD_TESTING)
    if(TARGET shunt_host)
      set(program $<TARGET_FILE:shunt_host>)
    else()
      find_program(SHUNT_PROGRAM shunt)
      set(program ${SHUNT_PROGRAM})
      # An installed program loads neither what was built for another processor nor what needs a sanitizer's runtime.
      if(CMAKE_CROSSCOMPILING OR "${CMAKE_CXX_FLAGS} ${CMAKE_C_FLAGS}" MATCHES "-fsanitize")
        set(program "")
      endif()
    endif()
    if(program)
      # A file of its own for what failed, so that tests that run at the same time do not share one.
      add_test(NAME validate_${name}
        COMMAND ${program} plugin validate $<TARGET_FILE:${target}> ${arg_VALIDATE}
          --state ${CMAKE_CURRENT_BINARY_DIR}/validate_${name}.json)
      set_tests_properties(validate_${name} PROPERTIES LABELS plugin TIMEOUT 120)
    endif()
  endif()
endfunction()
