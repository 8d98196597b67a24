#include <doctest/doctest.h>

#include "client/carrier_choice.h"

using namespace farline;
using client::CarrierChoice;

namespace {

constexpr Duration kStep = 100ms;

struct Network {
  // So long, as a host would: a question is unanswered since `asked`, and in a call a packet goes each 100 ms.
  void pass(Duration time, std::optional<Time> asked, bool in_call) {
    for (const Time end = now + time; now < end; now += kStep) {
      if (in_call) choice.sent(now);
      choice.look(now, {.asked_since = asked, .round_trip = 100ms, .in_call = in_call});
      if (in_call && udp_passes) choice.heard_udp(now);
      if (choice.take_probe(now)) {
        ++probes;
        if (udp_passes) choice.heard_udp(now + 50ms);
      }
    }
  }
  void block() {
    udp_passes = false;
    const Time asked = now;
    pass(3s, asked, false);
    REQUIRE(choice.wants_tls());
    choice.tls_ready(now);
    REQUIRE(choice.uses_tls());
  }
  CarrierChoice choice;
  Time now = Time{} + 1h;
  bool udp_passes = true;
  unsigned probes = 0;
};

}  // namespace

TEST_CASE("while UDP answers nothing else is tried") {
  Network net;
  net.pass(60s, {}, true);
  CHECK_FALSE(net.choice.wants_tls());
  net.pass(1h, {}, false);
  CHECK_FALSE(net.choice.wants_tls());
}

TEST_CASE("in a call a second of silence is enough to try TLS, and no speech goes there before it is there") {
  Network net;
  net.pass(10s, {}, true);
  net.udp_passes = false;
  net.pass(900ms, {}, true);
  CHECK_FALSE(net.choice.wants_tls());
  net.pass(300ms, {}, true);
  CHECK(net.choice.wants_tls());
  CHECK_FALSE(net.choice.uses_tls());
  net.choice.tls_ready(net.now);
  CHECK(net.choice.uses_tls());
}

TEST_CASE("an answer by UDP before TLS is there ends the attempt, and the next waits") {
  Network net;
  const Time asked = net.now;
  net.pass(3s, asked, false);
  REQUIRE(net.choice.wants_tls());
  net.choice.heard_udp(net.now);
  CHECK_FALSE(net.choice.wants_tls());
  const Time again = net.now - 10s;
  net.choice.look(net.now, {.asked_since = again, .round_trip = 100ms});
  CHECK_FALSE(net.choice.wants_tls());
  REQUIRE(net.choice.next_timeout());
  CHECK_EQ(*net.choice.next_timeout(), net.now + CarrierChoice::kPauseMin);
}

TEST_CASE("UDP is probed, seldom, and taken again when it answers a probe") {
  Network net;
  net.block();
  net.choice.heard_udp(net.now);  // without a probe anybody may have sent it
  CHECK(net.choice.uses_tls());
  net.pass(1h, {}, true);
  CHECK(net.choice.uses_tls());
  CHECK_GT(net.probes, 10U);
  CHECK_LE(net.probes, 18U);
  net.udp_passes = true;
  net.pass(CarrierChoice::kProbeMax + 1s, {}, true);
  CHECK_FALSE(net.choice.uses_tls());
  net.pass(CarrierChoice::kLeaveAfter + 1s, {}, true);
  CHECK_FALSE(net.choice.wants_tls());
}

TEST_CASE("TLS that dies is opened again at once, and a node without it not for ever") {
  Network net;
  net.block();
  net.choice.tls_failed(net.now);
  CHECK_FALSE(net.choice.uses_tls());
  CHECK(net.choice.wants_tls());
  Time last = net.now;
  for (int i = 0; i < 10; ++i) {
    net.choice.tls_failed(net.now);
    CHECK_FALSE(net.choice.wants_tls());
    const auto due = net.choice.next_timeout();
    REQUIRE(due);
    last = net.now;
    net.now = *due;
    net.choice.handle_timeout(net.now);
    REQUIRE(net.choice.wants_tls());
  }
  CHECK_EQ(net.now - last, CarrierChoice::kPauseMax);
}

TEST_CASE("a connection that brings no answer is given up, and the next node gets one at once") {
  Network net;
  net.block();
  const Time asked = net.now;
  net.pass(CarrierChoice::kDeadAfter + 1s, asked, false);
  CHECK_FALSE(net.choice.wants_tls());
  net.choice.node_changed(net.now);
  CHECK(net.choice.wants_tls());
}
