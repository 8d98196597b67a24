#include "app/own_build.h"

#include <algorithm>

#include "crypto/hash.h"
#include "host/executable.h"

namespace farline::app {

policy::Build own_build() {
#if defined(_WIN32)
  constexpr policy::Platform kPlatform = policy::Platform::windows;
#elif defined(__EMSCRIPTEN__)
  constexpr policy::Platform kPlatform = policy::Platform::web;
#elif defined(__ANDROID__)
  constexpr policy::Platform kPlatform = policy::Platform::android;
#elif defined(__APPLE__)
  constexpr policy::Platform kPlatform = policy::Platform::macos;
#else
  constexpr policy::Platform kPlatform = policy::Platform::linux_pc;
#endif
  return {.platform = kPlatform, .version = policy::Form<policy::Version>::parse(FARLINE_VERSION).value(), .hash = {}};
}

policy::ShortHash own_build_hash() {
  policy::ShortHash out{};
  const auto program = host::read_executable();
  if (program) std::copy_n(crypto::sha256({*program}).begin(), out.size(), out.begin());
  return out;
}

}  // namespace farline::app
