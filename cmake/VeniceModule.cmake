# One folder under src/ is one module: a static library of its .cc files and, when it has *_test.cc files, one test
# binary. The DEPS list is the truth about what the module may include; scripts/check_floors.py compares it with the code.
#
#   venice_module(avro DEPS base LIBS snappy zstd)
#
# DEPS  modules of the floors below, public
# LIBS  third-party libraries (link names or imported targets), hidden from those who link the module
# TEST_DEPS  modules that only the tests need

# Two precompiled headers, shared by every target: the standard library with fmt, and the same with GoogleTest.
add_library(venice_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cc)
target_precompile_headers(venice_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
target_link_libraries(venice_pch PRIVATE fmt::fmt Threads::Threads)

add_library(venice_test_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cc)
target_precompile_headers(venice_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h <gtest/gtest.h>)
target_link_libraries(venice_test_pch PRIVATE fmt::fmt Threads::Threads GTest::gtest)

function(venice_module name)
  cmake_parse_arguments(M "" "" "DEPS;LIBS;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  list(TRANSFORM M_DEPS PREPEND venice_)
  list(TRANSFORM M_TEST_DEPS PREPEND venice_)
  if(sources)
    add_library(venice_${name} STATIC ${sources})
    target_precompile_headers(venice_${name} REUSE_FROM venice_pch)
    target_include_directories(venice_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(venice_${name} PUBLIC ${M_DEPS} fmt::fmt Threads::Threads PRIVATE ${M_LIBS})
  else()
    add_library(venice_${name} INTERFACE)
    target_include_directories(venice_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(venice_${name} INTERFACE ${M_DEPS} fmt::fmt Threads::Threads)
  endif()

  # The module with all its objects, alone in an empty main: an edge that DEPS forgets is an undefined symbol here.
  if(sources)
    add_executable(${name}_links_alone ${CMAKE_SOURCE_DIR}/cmake/empty_main.cc)
    target_link_libraries(${name}_links_alone PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,venice_${name}> ${M_DEPS})
    set_target_properties(${name}_links_alone PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/links_alone)
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_precompile_headers(${name}_test REUSE_FROM venice_test_pch)
    target_link_libraries(${name}_test PRIVATE venice_${name} ${M_TEST_DEPS} ${M_LIBS} GTest::gtest GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endif()
endfunction()

# venice_executable(venice-router DEPS router LIBS CLI11::CLI11) builds bin/venice-router from venice_router.cc, and from
# SOURCES when there is more.
function(venice_executable name)
  cmake_parse_arguments(M "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  string(REPLACE "-" "_" source ${name})
  list(TRANSFORM M_DEPS PREPEND venice_)
  add_executable(${name} ${source}.cc ${M_SOURCES})
  target_precompile_headers(${name} REUSE_FROM venice_pch)
  target_link_libraries(${name} PRIVATE ${M_DEPS} ${M_LIBS})
endfunction()
