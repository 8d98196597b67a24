#include <doctest/doctest.h>

#include "host/address_text.h"
#include "host/nat64.h"

using namespace farline;
using namespace farline::host;

namespace {

struct Row {
  const char* prefix;
  unsigned bits;
  const char* synthesized;  // of 192.0.2.33
};
// RFC 6052 section 2.4, both tables.
constexpr std::array kRows = {
    Row{"2001:db8::", 32, "2001:db8:c000:221::"},
    Row{"2001:db8:100::", 40, "2001:db8:1c0:2:21::"},
    Row{"2001:db8:122::", 48, "2001:db8:122:c000:2:2100::"},
    Row{"2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::"},
    Row{"2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100::"},
    Row{"2001:db8:122:344::", 96, "2001:db8:122:344::192.0.2.33"},
    Row{"64:ff9b::", 96, "64:ff9b::192.0.2.33"},
};

Address digits(const std::string& host) {
  return address_of_digits({host, 4747}).value();
}

}  // namespace

TEST_CASE("IPv4 addresses stand in IPv6 ones as RFC 6052 shows") {
  for (const Row& row : kRows) {
    CAPTURE(row.synthesized);
    const Nat64Prefix prefix{digits(row.prefix).ip, row.bits};
    CHECK_EQ(to_text(synthesize(prefix, digits("192.0.2.33"))), to_text(digits(row.synthesized)));
  }
}

TEST_CASE("the prefix is found in what ipv4only.arpa is translated to (RFC 7050)") {
  for (const Row& row : kRows) {
    CAPTURE(row.synthesized);
    const Nat64Prefix prefix{digits(row.prefix).ip, row.bits};
    for (const char* known : {"192.0.0.170", "192.0.0.171"})
      CHECK_EQ(nat64_prefix_of(synthesize(prefix, digits(known))) == prefix, true);
    CHECK_FALSE(nat64_prefix_of(synthesize(prefix, digits("192.0.0.172"))));
  }
  for (const char* other : {"192.0.0.170", "2001:db8::1", "::", "2001:db8:c000:0:100:aa00::", "64:ff9b::192.0.0.17"})
    CHECK_FALSE(nat64_prefix_of(digits(other)));
}
