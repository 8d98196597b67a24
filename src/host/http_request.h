// The head of an HTTP/1.x request (RFC 9112), as far as a server of a few fixed pages needs it: method and path. Input
// is a stranger's: bounded by kHttpHeadBytesMax, and what is not of the form is refused.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace farline::host {

inline constexpr size_t kHttpHeadBytesMax = 4096;

struct HttpRequest {
  bool is_head = false;   // HEAD; else GET
  std::string_view path;  // without its query; begins with '/'; points into what was received
};

// Nothing yet: the head is not whole. Errc::malformed: not HTTP. Errc::limit: too long. Errc::unsupported: another
// method.
Result<std::optional<HttpRequest>> parse_http_head(std::string_view received);

}  // namespace farline::host
