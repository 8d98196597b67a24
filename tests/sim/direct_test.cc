// Calls that leave the relay, and come back to it: through every pair of the NATs that RFC 4787 tells apart, with the
// real cores on both sides and the node between them.
#include <doctest/doctest.h>

#include "client/direct_path.h"
#include "sim/town.h"
#include "wire/limits.h"

namespace farline::sim {
namespace {

using emulate::NatFiltering;
using emulate::NatMapping;

constexpr const char* kAnna = "Canary-Anna";
constexpr const char* kBela = "Canary-Bela";

struct NatKind {
  NatMapping mapping;
  NatFiltering filtering;
  bool is_symmetric() const { return mapping != NatMapping::endpoint_independent; }
  bool is_port_restricted() const { return filtering == NatFiltering::address_and_port_dependent; }
};

emulate::Nat::Options nat(const NatKind& kind, uint8_t number) {
  return {.mapping = kind.mapping,
          .filtering = kind.filtering,
          .external = Address::v4(198, 18, 0, number, static_cast<uint16_t>(20'000 + 1'000 * number))};
}

std::unique_ptr<Town> town_of(std::vector<DevicePlan> devices) {
  TownPlan plan{.seed = 4787};
  plan.devices = std::move(devices);
  for (DevicePlan& device : plan.devices) device.max_bps = 0;  // a call held to little looks for no other way
  auto town = std::make_unique<Town>(plan);
  town->boot_all();
  town->run_for(20s);
  CHECK(town->all_attached());
  return town;
}
std::unique_ptr<Town> call_of(std::vector<DevicePlan> devices) {
  auto town = town_of(std::move(devices));
  CHECK(town->call(0, kBela));
  town->run_for(10s);
  return town;
}

bool is_direct(Town& town, size_t device) {
  return town.program(device).client().call_stats(town.world().now()).is_direct;
}
bool both_direct(Town& town) {
  return is_direct(town, 0) && is_direct(town, 1);
}
bool both_relayed(Town& town) {
  return !is_direct(town, 0) && !is_direct(town, 1);
}
uint64_t relayed(Town& town) {
  return town.node().node().counters().relayed_packets;
}

// Both sides hear speech now.
void check_talk(Town& town, Duration within = 5s) {
  const uint64_t before[] = {town.speech().heard_by(town.host(0)), town.speech().heard_by(town.host(1))};
  town.run_for(within);
  for (const size_t device : {size_t{0}, size_t{1}})
    CHECK(town.speech().heard_by(town.host(device)) > before[device] + 20);
}
void check_clean(Town& town) {
  CHECK_MESSAGE(!town.findings().failed(), town.findings().what());
}

// Whether two devices behind such NATs can find each other when each knows where the node sees the other. A symmetric
// NAT's port is known only to whom it has sent to; so the other side must take packets from any port of it.
enum class Expected : uint8_t { direct, relayed, either };
Expected expected(const NatKind& a, const NatKind& b) {
  if (!a.is_symmetric() && !b.is_symmetric()) return Expected::direct;
  if (a.is_symmetric() && b.is_symmetric())
    return a.is_port_restricted() || b.is_port_restricted() ? Expected::relayed : Expected::either;
  const NatKind& other = a.is_symmetric() ? b : a;
  return other.is_port_restricted() ? Expected::relayed : Expected::direct;
}

TEST_CASE("every pair of NATs: direct where it can be, and voice in any case") {
  for (unsigned first = 0; first < 9; ++first) {
    for (unsigned second = 0; second < 9; ++second) {
      const NatKind a{static_cast<NatMapping>(first / 3), static_cast<NatFiltering>(first % 3)};
      const NatKind b{static_cast<NatMapping>(second / 3), static_cast<NatFiltering>(second % 3)};
      CAPTURE(first);
      CAPTURE(second);
      auto town = call_of({{.person = kAnna, .nat = nat(a, 1)}, {.person = kBela, .nat = nat(b, 2)}});
      check_talk(*town);
      switch (expected(a, b)) {
        case Expected::direct:
          CHECK(both_direct(*town));
          break;
        case Expected::relayed:
          CHECK(both_relayed(*town));
          break;
        case Expected::either:
          CHECK(is_direct(*town, 0) == is_direct(*town, 1));
          break;
      }
      check_clean(*town);
    }
  }
}

TEST_CASE("a direct call needs the node for nothing: it goes on while the node is gone, and after") {
  auto town = call_of({{.person = kAnna}, {.person = kBela}});
  CHECK(both_direct(*town));
  const uint64_t before = relayed(*town);
  check_talk(*town, 1min);
  CHECK(relayed(*town) == before);
  town->world().crash(town->node_host());
  check_talk(*town, 5min);
  town->boot_node();
  check_talk(*town, 5min);
  CHECK(both_direct(*town));
  CHECK(town->all_attached());
  town->hang_up(0);
  town->run_for(4min);  // the new node knows no channel: the callee waits for its caller, who is gone
  CHECK(town->conduct().is_idle(town->host(0)));
  CHECK(town->conduct().is_idle(town->host(1)));
  check_clean(*town);
}

TEST_CASE("the relay's channel outlives an hour of a direct call") {
  auto town = call_of({{.person = kAnna}, {.person = kBela}});
  check_talk(*town, 1h);
  CHECK(both_direct(*town));
  CHECK(town->node().node().status().legs == 1);
  check_clean(*town);
}

TEST_CASE("who must not show an address stays on the relay, and so does who calls them") {
  for (const bool caller : {false, true}) {
    auto town = call_of({{.person = kAnna, .relay_only = caller}, {.person = kBela, .relay_only = !caller}});
    const Address others[] = {town->world().network().inside_address(town->host(1)),
                              town->world().network().inside_address(town->host(0))};
    bool shown = false;
    town->world().network().set_tap([&](const Packet& packet) {
      shown |= packet.to == others[0] && packet.from == others[1];
      shown |= packet.to == others[1] && packet.from == others[0];
      return true;
    });
    check_talk(*town, 3min);
    CHECK(both_relayed(*town));
    CHECK(!shown);
    check_clean(*town);
  }
}

TEST_CASE("two devices behind one NAT that does not hairpin meet on their own network") {
  const NatKind kind{NatMapping::address_and_port_dependent, NatFiltering::address_and_port_dependent};
  auto town = call_of({{.person = kAnna, .nat = nat(kind, 1)}, {.person = kBela, .behind_last_nat = true}});
  check_talk(*town);
  CHECK(both_direct(*town));
  check_clean(*town);
}

TEST_CASE("an address that changes in a direct call: speech goes on, and the call becomes direct again") {
  const NatKind kind{NatMapping::endpoint_independent, NatFiltering::address_and_port_dependent};
  auto town = call_of({{.person = kAnna, .nat = nat(kind, 1)}, {.person = kBela, .nat = nat(kind, 2)}});
  CHECK(both_direct(*town));
  Network& network = town->world().network();
  for (uint8_t i = 0; i < 20; ++i) {
    CAPTURE(static_cast<int>(i));
    const size_t device = i % 2;
    network.rebind_nat(*network.nat_of(town->host(device)),
                       Address::v4(198, 19, i, 1, static_cast<uint16_t>(30'000 + i)));
    if (i % 4 < 2) town->network_changed(device);  // the host notices; else nobody tells
    check_talk(*town, 5s);
    town->run_for(15s);
    CHECK(both_direct(*town));
  }
  check_clean(*town);
}

TEST_CASE("the direct path dies: back to the relay, and direct again when it comes back") {
  auto town = call_of({{.person = kAnna}, {.person = kBela}});
  CHECK(both_direct(*town));
  for (const int ways : {1, 2}) {  // one of the two, or both
    CAPTURE(ways);
    const Address anna = town->world().network().inside_address(town->host(0));
    const Address bela = town->world().network().inside_address(town->host(1));
    town->world().network().set_tap([=](const Packet& packet) {
      return !(packet.from == anna && packet.to == bela) && (ways == 1 || !(packet.from == bela && packet.to == anna));
    });
    town->run_for(6s);
    CHECK(both_relayed(*town));
    check_talk(*town, 1min);
    town->world().network().set_tap([](const Packet&) { return true; });
    check_talk(*town, 2min);
    CHECK(both_direct(*town));
  }
  check_clean(*town);
}

TEST_CASE("packets recorded and sent again from elsewhere move nothing") {
  auto town = call_of({{.person = kAnna}, {.person = kBela}});
  CHECK(both_direct(*town));
  const Address mallory = Address::v4(192, 0, 2, 66, 6'666);
  Network& network = town->world().network();
  uint64_t to_mallory = 0;
  std::vector<Packet> recorded;
  network.set_tap([&](const Packet& packet) {
    to_mallory += packet.to == mallory;
    if (packet.from != mallory && recorded.size() < 500) recorded.push_back(packet);
    return true;
  });
  for (int i = 0; i < 50; ++i) {
    for (Packet packet : std::exchange(recorded, {})) {
      packet.from = mallory;
      packet.origin = kNobody;
      packet.intact = false;
      network.inject(std::move(packet));
    }
    town->run_for(500ms);
    CHECK(both_direct(*town));
  }
  CHECK(to_mallory <= 60);  // the node's challenges, which are not longer than what asks for them
  check_clean(*town);
}

TEST_CASE("what a call sends to an address that never answers is little, however long it goes on") {
  const NatKind symmetric{NatMapping::address_and_port_dependent, NatFiltering::address_and_port_dependent};
  auto town = town_of({{.person = kAnna, .nat = nat(symmetric, 1)}, {.person = kBela, .nat = nat(symmetric, 2)}});
  std::map<std::pair<uint8_t, Address>, unsigned> sent;
  size_t longest = 0;
  town->world().network().set_tap([&](const Packet& packet) {
    if (packet.to != Town::node_address() && packet.from != Town::node_address()) {
      ++sent[{packet.from.ip[15], packet.to}];
      longest = std::max(longest, packet.bytes.size() + 28);
    }
    return true;
  });
  CHECK(town->call(0, kBela));
  town->run_for(1h);
  CHECK(both_relayed(*town));
  CHECK(sent.size() == 2);  // each side, where the node sees the other
  for (const auto& [way, count] : sent) {
    CHECK(count >= 3);
    CHECK(count <= client::DirectPath::kProbesMax);
  }
  CHECK(longest <= 44);
  check_clean(*town);
}

}  // namespace
}  // namespace farline::sim
