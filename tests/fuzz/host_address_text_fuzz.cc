// Addresses as people write them: refused, or split into what reads the same when put together again; a numeric one is
// written back to a text that reads the same. Names would ask DNS and are left out there.
#include <algorithm>

#include "base/bytes.h"
#include "host/address_text.h"

namespace {

bool is_name(std::string_view text) {
  const std::string_view host = text.substr(0, std::min(text.rfind(':'), text.size()));
  if (host.empty() || host == "*" || host.find(':') != host.npos) return false;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return false;
  unsigned part = 0, parts = 0;
  bool digits = false;
  for (const char c : host) {
    if (c == '.') {
      if (!digits) return true;
      ++parts;
      part = 0;
      digits = false;
      continue;
    }
    if (c < '0' || c > '9') return true;
    part = part * 10 + static_cast<unsigned>(c - '0');
    digits = true;
    if (part > 255) return true;
  }
  return !digits || parts != 3;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const std::string_view text = as_text({data, size});
  if (const auto where = host::split_address(text)) {
    const bool is_v6 = where->host.find(':') != std::string::npos;
    const auto again = host::split_address((is_v6 ? "[" + where->host + "]" : where->host) + ":" +
                                           std::to_string(where->port));
    INVARIANT(again && again->host == where->host && again->port == where->port);
  }
  if (is_name(text)) return 0;
  const auto address = host::parse_address(text);
  if (!address || address->ip == Address{}.ip) return 0;
  const auto again = host::parse_address(host::to_text(*address));
  INVARIANT(again && *again == *address);
  return 0;
}
