// What somebody who helps needs to know, without anything that says who is asking: no names, addresses, texts or paths.
#pragma once

#include <string>

#include "client/view.h"

namespace farline::app {

std::string diagnostics(const client::View& view);

}  // namespace farline::app
