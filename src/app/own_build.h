// What this program is, as a policy's rules about builds see it.
#pragma once

#include "policy/decide.h"

namespace farline::app {

// Platform and version: known when it was compiled.
policy::Build own_build();

}  // namespace farline::app
