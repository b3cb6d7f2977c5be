# shunt_add_testing()
#
# Adds the testing kit to the project: the static library shunt::testing, compiled on the spot because a package that fits
# every processor and every compiler flag holds sources only. Once per project, whoever asks first; shunt_add_plugin() asks
# where it has a TEST. It is compiled with the flags that hold in the folder of that call.

function(shunt_add_testing)
  if(TARGET shunt_testing)
    return()
  endif()
  add_library(shunt_testing STATIC EXCLUDE_FROM_ALL "${SHUNT_TESTING_DIRECTORY}/shunt_testing.cpp")
  add_library(shunt::testing ALIAS shunt_testing)
  target_link_libraries(shunt_testing PUBLIC shunt::sdk)
  target_compile_features(shunt_testing PUBLIC cxx_std_20)
  if(TARGET shunt_build)
    target_link_libraries(shunt_testing PRIVATE shunt_build shunt_warnings)
  else()
    # To an author these are somebody else's files, as the headers of a package are: no warnings of them, and no linters. Nor
    # does it matter how fast they are, while optimising them takes three times as long.
    target_compile_options(shunt_testing PRIVATE -w -O0)
    set_target_properties(shunt_testing PROPERTIES
      CXX_CLANG_TIDY "" CXX_CPPCHECK "" CXX_CPPLINT "" CXX_INCLUDE_WHAT_YOU_USE "")
  endif()
endfunction()
