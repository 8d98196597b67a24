// The file of the program that runs.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace farline::host {

// Its bytes; read once, blocking.
Result<ByteVector> read_executable();
// Where it is; "." when the system does not say.
std::string executable_folder();

}  // namespace farline::host
