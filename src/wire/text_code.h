// Base32 as RFC 4648 section 6 without padding, written in lower case and read in both.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace farline::wire {

std::string to_base32(Bytes bytes);
// Refuses other characters, lengths that no bytes encode to and left-over bits that are not zero.
Result<ByteVector> from_base32(std::string_view text);

}  // namespace farline::wire
