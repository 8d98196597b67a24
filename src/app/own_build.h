// What this program is, as a policy's rules about builds see it.
#pragma once

#include "policy/decide.h"

namespace farline::app {

// Platform and version: known when it was compiled.
policy::Build own_build();
// First half of the SHA-256 of the executable; zeros when it cannot be read, which no rule has.
policy::ShortHash own_build_hash();

}  // namespace farline::app
