#include "host/http_request.h"

#include <algorithm>

namespace farline::host {

Result<std::optional<HttpRequest>> parse_http_head(std::string_view received) {
  const size_t end = received.find("\r\n\r\n");
  if (std::min(end, received.size()) > kHttpHeadBytesMax) return Error{Errc::limit, "the request is too long"};
  if (end == received.npos) return std::optional<HttpRequest>{};
  const std::string_view line = received.substr(0, received.find("\r\n"));
  const size_t first = line.find(' ');
  const size_t second = line.find(' ', first == line.npos ? line.npos : first + 1);
  if (second == line.npos || (line.substr(second + 1) != "HTTP/1.1" && line.substr(second + 1) != "HTTP/1.0"))
    return Error{Errc::malformed, "not an HTTP/1 request"};
  const std::string_view method = line.substr(0, first);
  std::string_view path = line.substr(first + 1, second - first - 1);
  if (!path.starts_with('/')) return Error{Errc::malformed, "a path begins with /"};
  path = path.substr(0, path.find('?'));
  if (!std::ranges::all_of(path, [](char c) { return c > ' ' && c < '\x7f'; }))
    return Error{Errc::malformed, "a path has no such characters"};
  if (method != "GET" && method != "HEAD") return Error{Errc::unsupported, "only GET and HEAD"};
  return std::optional(HttpRequest{.is_head = method == "HEAD", .path = path});
}

}  // namespace farline::host
