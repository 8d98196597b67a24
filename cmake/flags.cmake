# Warnings are errors on every compiler; hardening is on in every build. src/app alone may use exceptions (its libraries
# throw).
if(NOT WIN32)  # there every program can be moved, as cmake/windows.cmake asks of the linker
  set(can_be_moved -fPIE)
endif()
add_library(farline_flags INTERFACE)
target_compile_options(farline_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wswitch-enum -Wnon-virtual-dtor -Werror
  -fstack-protector-strong ${can_be_moved} -fno-math-errno)
target_compile_definitions(farline_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(FARLINE_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # it takes the files of a unit for headers
  target_compile_options(farline_flags INTERFACE -Wno-subobject-linkage)
endif()
if(FARLINE_SANITIZE)
  # vptr checks need the run-time types that most of our code is built without.
  target_compile_options(farline_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(farline_flags INTERFACE -fsanitize=address,undefined)
else()
  target_compile_options(farline_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(NOT WIN32)
  target_link_options(farline_flags INTERFACE -pie -Wl,-z,relro,-z,now)
endif()

add_library(farline_no_exceptions INTERFACE)
target_compile_options(farline_no_exceptions INTERFACE -fno-exceptions -fno-rtti)

add_library(farline_coverage INTERFACE)  # for what the fuzzers explore
if(FARLINE_FUZZERS)
  target_compile_options(farline_coverage INTERFACE -fsanitize=fuzzer-no-link)
endif()

# For code that runs once or seldom: up to twice as fast to compile. gcc's -Og keeps _FORTIFY_SOURCE at work; clang's is
# its -O1.
set(FARLINE_QUICK_TO_COMPILE $<IF:$<CXX_COMPILER_ID:GNU>,-Og,-O0>)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
