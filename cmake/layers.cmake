# farline_layer(NAME USES layer... PRIVATE_LIBS package...): one static library per folder of src/.
# A folder without sources yet is an interface library, so that the arrows can be written down first.
function(farline_layer name)
  cmake_parse_arguments(L "" "" "USES;PRIVATE_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  list(TRANSFORM L_USES PREPEND farline_)
  list(TRANSFORM L_PRIVATE_LIBS PREPEND farline::pkg_)
  if(sources)
    add_library(farline_${name} STATIC ${sources})
    # One compilation for a layer instead of twenty; the gcc build keeps them apart, so that no file leans on another's
    # includes. Not crypto: the simulator puts itself between its files (tests/sim, --wrap).
    if(FARLINE_UNITY AND NOT name STREQUAL "crypto")
      set_target_properties(farline_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
    endif()
    target_include_directories(farline_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(farline_${name}
      PUBLIC ${L_USES} PRIVATE ${L_PRIVATE_LIBS} farline_flags farline_coverage farline_no_exceptions)
  else()
    add_library(farline_${name} INTERFACE)
    target_include_directories(farline_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(farline_${name} INTERFACE ${L_USES})
  endif()
endfunction()
