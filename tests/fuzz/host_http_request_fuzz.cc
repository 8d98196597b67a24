// Whatever comes, the head of a request is bounded, its path stands in what was received, and bytes that follow it
// change nothing.
#include "base/bytes.h"
#include "host/http_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const std::string_view text = as_text({data, size});
  const auto request = host::parse_http_head(text);
  if (!request) return 0;
  if (!*request) {
    INVARIANT(text.size() <= host::kHttpHeadBytesMax);
    return 0;
  }
  const std::string_view path = (*request)->path;
  INVARIANT(path.starts_with('/') && path.find_first_of(" ?\r\n") == path.npos);
  INVARIANT(path.data() >= text.data() && path.data() + path.size() <= text.data() + text.size());
  const auto head = host::parse_http_head(text.substr(0, text.find("\r\n\r\n") + 4));
  INVARIANT(head && *head && (*head)->path == path && (*head)->is_head == (*request)->is_head);
  return 0;
}
