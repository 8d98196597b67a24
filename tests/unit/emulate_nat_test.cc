#include <doctest/doctest.h>

#include "emulate/nat.h"

using namespace farline;
using namespace farline::emulate;

namespace {

constexpr Time kNow{std::chrono::hours(1)};
constexpr Address kExternal = Address::v4(203, 0, 113, 1, 40'000);
constexpr Address kInside = Address::v4(10, 0, 0, 2, 5'000);
constexpr Address kOther = Address::v4(10, 0, 0, 3, 5'000);
constexpr Address kPeer = Address::v4(198, 51, 100, 7, 3'478);
constexpr Address kPeerPort = Address::v4(198, 51, 100, 7, 3'479);
constexpr Address kStranger = Address::v4(192, 0, 2, 9, 3'478);

Nat make(NatMapping mapping, NatFiltering filtering) {
  return Nat({.mapping = mapping, .filtering = filtering, .external = kExternal});
}

}  // namespace

TEST_CASE("a mapping depends on what RFC 4787 says it depends on") {
  struct Row {
    NatMapping mapping;
    bool same_for_other_port;
    bool same_for_other_address;
  };
  for (const Row& row :
       {Row{NatMapping::endpoint_independent, true, true}, Row{NatMapping::address_dependent, true, false},
        Row{NatMapping::address_and_port_dependent, false, false}}) {
    Nat nat = make(row.mapping, NatFiltering::endpoint_independent);
    const Address first = nat.outbound(kNow, kInside, kPeer);
    CHECK_EQ(first, kExternal);
    CHECK_EQ(nat.outbound(kNow, kInside, kPeer), first);
    CHECK_EQ(nat.outbound(kNow, kInside, kPeerPort) == first, row.same_for_other_port);
    CHECK_EQ(nat.outbound(kNow, kInside, kStranger) == first, row.same_for_other_address);
    CHECK_NE(nat.outbound(kNow, kOther, kPeer), first);
  }
}

TEST_CASE("filtering lets in whom RFC 4787 says it lets in") {
  struct Row {
    NatFiltering filtering;
    bool other_port;
    bool stranger;
  };
  for (const NatMapping mapping :
       {NatMapping::endpoint_independent, NatMapping::address_dependent, NatMapping::address_and_port_dependent}) {
    for (const Row& row :
         {Row{NatFiltering::endpoint_independent, true, true}, Row{NatFiltering::address_dependent, true, false},
          Row{NatFiltering::address_and_port_dependent, false, false}}) {
      Nat nat = make(mapping, row.filtering);
      const Address external = nat.outbound(kNow, kInside, kPeer);
      CHECK_EQ(nat.inbound(kNow, kPeer, external), kInside);
      CHECK_EQ(nat.inbound(kNow, kPeerPort, external).has_value(), row.other_port);
      CHECK_EQ(nat.inbound(kNow, kStranger, external).has_value(), row.stranger);
      CHECK_FALSE(nat.inbound(kNow, kPeer, {external.ip, 41'000}));
      CHECK_FALSE(nat.inbound(kNow, kPeer, {kStranger.ip, external.port}));
    }
  }
}

TEST_CASE("a mapping lives by outbound packets only and dies of silence") {
  Nat nat({.external = kExternal, .timeout = 30s});
  const Address external = nat.outbound(kNow, kInside, kPeer);
  nat.outbound(kNow + 29s, kInside, kPeer);
  CHECK(nat.inbound(kNow + 58s, kPeer, external));
  CHECK_FALSE(nat.inbound(kNow + 59s, kPeer, external));
  CHECK_EQ(nat.mappings(kNow + 59s), 0);
  CHECK_NE(nat.outbound(kNow + 59s, kInside, kPeer), external);  // and comes back on another port
}

TEST_CASE("a permission dies of silence although its mapping lives") {
  Nat nat({.external = kExternal, .timeout = 30s});
  const Address external = nat.outbound(kNow, kInside, kPeer);
  CHECK_EQ(nat.outbound(kNow + 20s, kInside, kStranger), external);
  CHECK(nat.inbound(kNow + 40s, kStranger, external));
  CHECK_FALSE(nat.inbound(kNow + 40s, kPeer, external));
}

TEST_CASE("rebinding forgets everything, and may change the address") {
  Nat nat = make(NatMapping::endpoint_independent, NatFiltering::endpoint_independent);
  const Address old = nat.outbound(kNow, kInside, kPeer);
  nat.rebind();
  CHECK_FALSE(nat.inbound(kNow, kPeer, old));
  const Address fresh = nat.outbound(kNow, kInside, kPeer);
  CHECK_NE(fresh, old);
  nat.rebind(Address::v4(203, 0, 113, 2, 0));
  CHECK_EQ(nat.outbound(kNow, kInside, kPeer).ip, Address::v4(203, 0, 113, 2, 0).ip);
  CHECK_FALSE(nat.inbound(kNow, kPeer, fresh));
}

TEST_CASE("the table is bounded and forgets the one idle for longest") {
  Nat nat = make(NatMapping::endpoint_independent, NatFiltering::endpoint_independent);
  const auto inside = [](size_t i) { return Address::v4(10, 1, 0, 1, static_cast<uint16_t>(1'000 + i)); };
  for (size_t i = 0; i < kNatMappingsMax; ++i) nat.outbound(kNow + i * 1ms, inside(i), kPeer);
  const Time later = kNow + 10s;
  const Address kept = nat.outbound(later, inside(0), kPeer);
  nat.outbound(later, kOther, kPeer);
  CHECK_EQ(nat.mappings(later), kNatMappingsMax);
  CHECK_EQ(nat.inbound(later, kPeer, kept), inside(0));
  CHECK_FALSE(nat.inbound(later, kPeer, {kExternal.ip, static_cast<uint16_t>(kExternal.port + 1)}));
}
