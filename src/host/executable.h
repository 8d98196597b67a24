// The file of the program that runs.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace farline::host {

// Its bytes; read once, blocking.
Result<ByteVector> read_executable();

}  // namespace farline::host
