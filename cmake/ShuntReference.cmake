# The target shunt_reference: pages about the C ABI, the C++ layer and the testing kit, out of the comments of their headers.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()
find_package(Doxygen 1.9.4)
find_package(Python3 3.9 COMPONENTS Interpreter)
if(NOT DOXYGEN_FOUND OR NOT Python3_FOUND)
  return()
endif()
set(SHUNT_REFERENCE_DIRECTORY "${PROJECT_BINARY_DIR}/reference")
add_custom_target(shunt_reference
  COMMAND ${Python3_EXECUTABLE} -B "${PROJECT_SOURCE_DIR}/docs/reference/abi/make_reference.py"
    "${PROJECT_SOURCE_DIR}/sdk/include" "${SHUNT_REFERENCE_DIRECTORY}" --doxygen "${DOXYGEN_EXECUTABLE}"
  COMMENT "Reference of the SDK: ${SHUNT_REFERENCE_DIRECTORY}/html/index.html" VERBATIM)
