// The bytes of dictionary_1.zdict, compiled in (cmake/dictionary.cmake).
#pragma once

#include "base/bytes.h"

namespace farline::chat {

Bytes dictionary_1();

}  // namespace farline::chat
