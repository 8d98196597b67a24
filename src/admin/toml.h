// Private to src/admin: toml++ as it is safe for text from outside. Version 3.3 (Debian 12) asserts, and with NDEBUG
// assumes, what a wrong text can break ("[[[a]]]", its pull request 301). Without the assertion, the lines after it
// report the error. It is included once, before anything else that might include it.
#pragma once

#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

namespace farline::admin {

// From 1.
inline uint32_t line_of(const toml::node& node) {
  return node.source().begin.line;
}

}  // namespace farline::admin
