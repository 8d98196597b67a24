// Two devices' ends of a direct path under a policy: nobody goes past the relay before the other has shown a pass.
#include <doctest/doctest.h>

#include "client/direct_path.h"
#include "crypto/asymmetric.h"
#include "session/call_keys.h"
#include "support/seeded_rng.h"

namespace farline::client {
namespace {

constexpr Time kStart{Duration{1h}};
const Address kCaller = Address::v4(198, 51, 100, 7, 4000);
const Address kCallee = Address::v4(203, 0, 113, 9, 5000);

struct Pair {
  explicit Pair(bool needs_pass) {
    testing::SeededRng rng(7);
    const auto& real = crypto::real_asymmetric();
    const auto a = real.generate_key_pair(rng);
    const auto b = real.generate_key_pair(rng);
    const session::CallBinding binding{1, {{1}}, {{2}}};
    auto first = session::call_handshake(session::CallSide::caller, binding, {real, rng, a, b.public_key});
    auto second = session::call_handshake(session::CallSide::callee, binding, {real, rng, b, a.public_key});
    std::array<uint8_t, 64> message{};
    std::array<uint8_t, 64> payload{};
    (void)first.write_message({}, MutableBytes(message).first(48));
    (void)second.read_message(Bytes(message).first(48), payload);
    (void)second.write_message({}, MutableBytes(message).first(48));
    (void)first.read_message(Bytes(message).first(48), payload);
    auto caller_keys = session::make_call_keys(session::CallSide::caller, first.split());
    auto callee_keys = session::make_call_keys(session::CallSide::callee, second.split());
    const auto setup = [&](session::CallKeys& keys, bool is_caller) {
      return DirectPath::Setup{.seal = std::move(keys.path),
                               .channel = 1,
                               .is_caller = is_caller,
                               .v4_only = true,
                               .round_trip = 500ms,
                               .needs_pass = needs_pass};
    };
    caller.emplace(setup(caller_keys, true), now);
    callee.emplace(setup(callee_keys, false), now);
    caller->set_own(now, kCaller, {});
    callee->set_own(now, kCallee, {});
  }

  // Everything arrives at once; what is sent directly comes from its sender's address.
  void exchange() {
    Counters counters;
    const auto carry = [&](DirectPath& from, const Address& source, DirectPath& to, const Address& sink) {
      bool any = false;
      while (const auto packet = from.poll()) {
        any = true;
        ++sent;
        if (packet->to && *packet->to != sink) continue;
        const auto came_from = packet->to ? std::optional(source) : std::nullopt;
        to.handle_message(now, came_from, packet->datagram.bytes().subspan(3), counters);
      }
      return any;
    };
    while (carry(*caller, kCaller, *callee, kCallee) || carry(*callee, kCallee, *caller, kCaller)) {
    }
  }
  void run(Duration duration) {
    for (const Time end = now + duration; now < end; now += 500ms) {
      caller->handle_timeout(now);
      callee->handle_timeout(now);
      exchange();
      // Media both ways keeps a path alive.
      if (caller->route()) callee->heard_media(now, kCaller, 100ms);
      if (callee->route()) caller->heard_media(now, kCallee, 100ms);
    }
  }
  bool is_direct() const { return caller->route() && callee->route(); }

  Time now = kStart;
  std::optional<DirectPath> caller;
  std::optional<DirectPath> callee;
  unsigned sent = 0;
};

const ByteVector kPass(105, 0x5a);

TEST_CASE("without a policy two devices go direct") {
  Pair pair(false);
  pair.run(5s);
  CHECK(pair.is_direct());
}

TEST_CASE("under a policy nothing is told before there is a pass, and nobody goes direct on one side's alone") {
  Pair pair(true);
  pair.run(30s);
  CHECK(pair.sent == 0);

  pair.caller->set_pass(pair.now, kPass);
  pair.run(5s);
  const auto shown = pair.callee->poll_shown_pass();
  REQUIRE(shown);
  CHECK(*shown == kPass);
  pair.callee->admit(pair.now, pair.now + 1h);
  pair.run(60s);
  CHECK_FALSE(pair.is_direct());

  pair.callee->set_pass(pair.now, kPass);
  pair.run(1s);
  REQUIRE(pair.caller->poll_shown_pass());
  pair.caller->admit(pair.now, pair.now + 1h);
  pair.run(10s);
  CHECK(pair.is_direct());
}

TEST_CASE("when a pass is over the call goes back to the relay") {
  Pair pair(true);
  pair.caller->set_pass(pair.now, kPass);
  pair.callee->set_pass(pair.now, kPass);
  pair.run(1s);
  pair.caller->admit(pair.now, pair.now + 60s);
  pair.callee->admit(pair.now, pair.now + 1h);
  pair.run(10s);
  REQUIRE(pair.is_direct());
  pair.run(55s);
  CHECK_FALSE(pair.caller->route());
  pair.run(5s);
  CHECK_FALSE(pair.is_direct());
}

TEST_CASE("a pass is not shown on a link that it would hold up") {
  Pair pair(true);
  pair.caller->set_thin(true);
  pair.caller->set_pass(pair.now, kPass);
  pair.run(30s);
  CHECK(pair.sent == 0);
  pair.caller->set_thin(false);
  pair.run(60s);
  CHECK(pair.callee->poll_shown_pass());
}

}  // namespace
}  // namespace farline::client
