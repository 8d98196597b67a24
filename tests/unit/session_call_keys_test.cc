#include <doctest/doctest.h>

#include "session/call_keys.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::session;

namespace {

struct Ends {
  CallKeys caller;
  CallKeys callee;
};

Ends connect() {
  testing::SeededRng rng(11);
  const auto& asymmetric = crypto::real_asymmetric();
  const auto a = asymmetric.generate_key_pair(rng);
  const auto b = asymmetric.generate_key_pair(rng);
  const CallBinding binding{.call = 42, .caller = {{1}}, .callee = {{2}}};
  auto caller = call_handshake(CallSide::caller, binding, {asymmetric, rng, a, b.public_key});
  auto callee = call_handshake(CallSide::callee, binding, {asymmetric, rng, b, a.public_key});
  std::array<uint8_t, 100> wire{};
  std::array<uint8_t, 100> plain{};
  auto size = caller.write_message(as_bytes("invite"), wire);
  REQUIRE(callee.read_message(Bytes(wire).first(*size), plain));
  size = callee.write_message(as_bytes("ringing"), wire);
  REQUIRE(caller.read_message(Bytes(wire).first(*size), plain));
  return {make_call_keys(CallSide::caller, caller.split()), make_call_keys(CallSide::callee, callee.split())};
}

ByteVector frame(MediaSeal& from, Bytes payload) {
  std::array<uint8_t, 200> buffer{};
  Writer w(buffer);
  from.seal(payload, w);
  return to_vector(w.written());
}

}  // namespace

TEST_CASE("signals open once, in order, as the kind they were sealed as") {
  auto [caller, callee] = connect();
  const auto confirm = caller.signals.seal(wire::SealedKind::confirm, {});
  const auto hangup = caller.signals.seal(wire::SealedKind::hangup, as_bytes("x"));
  CHECK_FALSE(callee.signals.open(wire::SealedKind::answer, confirm));
  CHECK(callee.signals.open(wire::SealedKind::confirm, confirm));
  CHECK_FALSE(callee.signals.open(wire::SealedKind::confirm, confirm));
  CHECK_FALSE(caller.signals.open(wire::SealedKind::hangup, hangup));  // reflected
  CHECK(callee.signals.open(wire::SealedKind::hangup, hangup));
}

TEST_CASE("media: 2 bytes of header at first, tag of 8, once each, both ways") {
  auto [caller, callee] = connect();
  std::array<uint8_t, 200> plain{};
  MediaSeal::Failure why{};
  const auto first = frame(caller.media, as_bytes("speech"));
  CHECK_EQ(first.size(), 6 + 1 + 8);  // KID and CTR below 8 fit the config byte
  const auto opened = callee.media.open(first, plain, why);
  REQUIRE(opened);
  CHECK_EQ(as_text(opened->payload), "speech");
  CHECK_FALSE(callee.media.open(first, plain, why));
  CHECK_EQ(why, MediaSeal::Failure::replayed);
  CHECK_FALSE(caller.media.open(first, plain, why));
  CHECK_EQ(why, MediaSeal::Failure::malformed);  // its own KID

  for (int i = 0; i < 300; ++i) (void)frame(caller.media, as_bytes("speech"));
  const auto later = frame(caller.media, as_bytes("speech"));
  CHECK_EQ(later.size(), 6 + 3 + 8);
  for (size_t bit = 0; bit < later.size() * 8; ++bit) {
    ByteVector bad = later;
    bad[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    CHECK_FALSE(callee.media.open(bad, plain, why));
  }
  CHECK(callee.media.open(later, plain, why));
}
