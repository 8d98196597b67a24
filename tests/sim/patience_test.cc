// How patient a NAT is, learnt on a spare socket: at no moment may the device be unreachable, and idling gets cheaper.
#include <doctest/doctest.h>

#include "sim/town.h"
#include "wire/limits.h"
#include "wire/packet.h"

namespace farline::sim {
namespace {

constexpr NatId kNat = 0;

// One device behind a NAT, alone with its node. Looks each second whether the node's packets would reach it.
class Idle {
 public:
  explicit Idle(Duration timeout, const std::string& link = "clean,delay_ms=100") : town_(plan(timeout, link)) {
    town_.boot_all();
    town_.world().network().set_tap([this](const Packet& packet) {
      bytes_ += packet.bytes.size() + 28;
      const auto type = wire::packet_type(packet.bytes);
      if (type == wire::PacketType::keepalive || type == wire::PacketType::keepalive_wanted) seen_ = packet.from;
      moved_ += type == wire::PacketType::keepalive_moved;
      return true;
    });
    town_.run_for(10s);
    CHECK(town_.all_attached());
  }

  void pass(Duration time) {
    bytes_ = 0;
    unreachable_ = 0;
    for (; time > Duration{}; time -= 1s) {
      town_.run_for(1s);
      if (seen_ && !town_.world().network().lets_in(kNat, Town::node_address(), *seen_)) ++unreachable_;
    }
  }
  Town& town() { return town_; }
  uint64_t bytes() const { return bytes_; }
  unsigned unreachable_seconds() const { return unreachable_; }
  unsigned moved() const { return moved_; }

 private:
  static TownPlan plan(Duration timeout, const std::string& link) {
    TownPlan out{.seed = 5};
    out.devices = {{.person = "Canary-Anna",
                    .link = link,
                    .nat = emulate::Nat::Options{.external = Address::v4(198, 18, 0, 1, 20'000), .timeout = timeout}}};
    return out;
  }

  Town town_;
  std::optional<Address> seen_;
  uint64_t bytes_ = 0;
  unsigned unreachable_ = 0;
  unsigned moved_ = 0;
};

TEST_CASE("an idle device is reachable all the time, and costs what its NAT allows") {
  struct Row {
    Duration timeout;
    uint64_t bytes_max;  // an hour, both directions, once learnt
  };
  for (const Row& row : {Row{30s, 8'000}, Row{60s, 4'800}, Row{120s, 2'000}, Row{300s, 2'000}}) {
    CAPTURE(to_seconds(row.timeout));
    Idle idle(row.timeout);
    idle.pass(1h);  // while it learns
    CHECK(idle.unreachable_seconds() == 0);
    CHECK(idle.bytes() <= 8'000);
    for (int hour = 2; hour <= 8; ++hour) {  // with a fresh handshake among them
      CAPTURE(hour);
      idle.pass(1h);
      CHECK(idle.unreachable_seconds() == 0);
      CHECK(idle.bytes() <= row.bytes_max + (hour == 6 || hour == 7 ? 500 : 0));
    }
    CHECK(idle.moved() == 0);
    CHECK_MESSAGE(!idle.town().findings().failed(), idle.town().findings().what());
  }
}

TEST_CASE("lost packets teach no patience that the NAT has not") {
  Idle idle(60s, "clean,delay_ms=100,loss=0.1");
  idle.pass(1h);
  idle.pass(3h);
  CHECK(idle.bytes() < 3 * 8'000);
  // A mapping of 60 s, a keepalive each 45 s: unreachable only while one of them is lost.
  CHECK(idle.unreachable_seconds() < 3 * 3'600 / 10);
}

TEST_CASE("another network is learnt anew, and a NAT that forgets is believed") {
  Idle idle(300s);
  idle.pass(1h);
  idle.pass(1h);
  CHECK(idle.bytes() <= 2'000);
  // The same NAT forgets everything once: reachable again with the next keepalive.
  idle.town().world().network().rebind_nat(kNat);
  idle.pass(10min);
  CHECK(idle.moved() > 0);
  CHECK(idle.unreachable_seconds() <= 170);
  idle.pass(1h);
  CHECK(idle.unreachable_seconds() == 0);
  idle.town().world().network().rebind_nat(kNat, Address::v4(198, 19, 0, 9, 9'999));
  idle.pass(10min);
  CHECK(idle.unreachable_seconds() <= 110);
  idle.pass(1h);
  idle.pass(1h);
  CHECK(idle.unreachable_seconds() == 0);
  CHECK(idle.bytes() <= 2'000);
}

}  // namespace
}  // namespace farline::sim
