# Every third-party library the product links, one name each: farline::pkg_<name>. Debian package names:
# tools/packages.txt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(farline_pkg_config name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(farline::pkg_${name} ALIAS PkgConfig::${name})
endfunction()

farline_pkg_config(codec2 codec2)
farline_pkg_config(opus opus)
farline_pkg_config(speexdsp speexdsp)
farline_pkg_config(uv libuv)
farline_pkg_config(sqlite sqlite3)
farline_pkg_config(zlib zlib)
farline_pkg_config(zstd libzstd)
farline_pkg_config(sdl2 sdl2)
if(WIN32)
  add_library(farline::pkg_nats INTERFACE IMPORTED)  # not in the recipe: a node there stands alone
else()
  farline_pkg_config(nats libnats)
endif()
farline_pkg_config(argon2 libargon2)
farline_pkg_config(imgui imgui)
farline_pkg_config(freetype freetype2)
farline_pkg_config(harfbuzz harfbuzz)
farline_pkg_config(fribidi fribidi)

# mbedTLS 2.28 has no pkg-config file in Debian 12; -DMBEDTLS_ROOT=DIR selects another build (3.6 for instance).
find_path(MBEDTLS_INCLUDE psa/crypto.h HINTS ${MBEDTLS_ROOT}/include REQUIRED)
foreach(part mbedtls mbedx509 mbedcrypto)
  string(TOUPPER ${part}_LIBRARY library)
  find_library(${library} ${part} HINTS ${MBEDTLS_ROOT}/lib ${MBEDTLS_ROOT}/library REQUIRED)
endforeach()
add_library(farline_mbedtls INTERFACE)
target_include_directories(farline_mbedtls SYSTEM INTERFACE ${MBEDTLS_INCLUDE})
target_link_libraries(farline_mbedtls INTERFACE ${MBEDTLS_LIBRARY} ${MBEDX509_LIBRARY} ${MBEDCRYPTO_LIBRARY})
add_library(farline::pkg_mbedtls ALIAS farline_mbedtls)

# toml++ is compiled into src/admin alone, without exceptions, which Debian's shared library of it does not offer.
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
add_library(farline_toml INTERFACE)
target_include_directories(farline_toml SYSTEM INTERFACE ${TOMLPLUSPLUS_INCLUDE})
target_compile_definitions(farline_toml INTERFACE TOML_EXCEPTIONS=0 TOML_ENABLE_FORMATTERS=0)
add_library(farline::pkg_toml ALIAS farline_toml)
