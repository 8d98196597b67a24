#include <doctest/doctest.h>

#include "base/datagram.h"
#include "session/handshake_mac.h"
#include "session/transport.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::session;

namespace {

struct Pair {
  Transport client;
  Transport node;
};

Pair make_pair_of_transports() {
  testing::SeededRng rng(7);
  const auto secret = [&] { return crypto::Secret<32>::copy_of(rng.array<32>()); };
  crypto::TransportKeys client{secret(), secret(), secret()};
  crypto::TransportKeys node{client.receive.copy(), client.send.copy(), client.exporter.copy()};
  return {Transport(Side::client, std::move(client), 0x0000a1, Time{}),
          Transport(Side::node, std::move(node), 0x0000b2, Time{})};
}

Datagram sealed(Transport& from, Time now, Bytes message, bool long_header = false) {
  Datagram d;
  Writer w(d.data);
  from.seal(now, long_header, message, w);
  d.size = static_cast<uint16_t>(w.size());
  return d;
}

Datagram keepalive(Transport& from) {
  Datagram d;
  Writer w(d.data);
  from.seal_keepalive(wire::PacketType::keepalive, w);
  d.size = static_cast<uint16_t>(w.size());
  return d;
}

bool opens(Transport& at, const Datagram& d, OpenError* why = nullptr) {
  std::array<uint8_t, 1280> plain{};
  OpenError error{};
  const bool ok = at.open(d.bytes(), plain, error).has_value();
  if (why) *why = error;
  return ok;
}

const std::array<uint8_t, 3> kMessage{1, 2, 3};

}  // namespace

TEST_CASE("records arrive once, in any order, under short and long headers") {
  auto [client, node] = make_pair_of_transports();
  const Datagram a = sealed(client, Time{}, kMessage);
  const Datagram b = sealed(client, Time{}, kMessage, true);
  CHECK_EQ(a.size, 3 + 3 + 16);
  CHECK_EQ(b.size, 12 + 3 + 16);
  CHECK(opens(node, b));
  CHECK(opens(node, a));
  OpenError why{};
  CHECK_FALSE(opens(node, a, &why));
  CHECK_EQ(why, OpenError::replayed);
  CHECK_FALSE(opens(client, a, &why));  // one's own packet reflected
}

TEST_CASE("a record longer than the room for its message is malformed, whoever made it") {
  auto [client, node] = make_pair_of_transports();
  const ByteVector message(100);
  const Datagram long_record = sealed(client, Time{}, message);
  OpenError why{};
  std::array<uint8_t, 100> plain{};
  CHECK_FALSE(node.open(long_record.bytes(), MutableBytes(plain).first(99), why).has_value());
  CHECK(why == OpenError::malformed);
  CHECK_FALSE(node.open(ByteVector(2000, 0x10), plain, why).has_value());
  CHECK(why == OpenError::malformed);
  CHECK(node.open(long_record.bytes(), plain, why).has_value());
}

TEST_CASE("every flipped bit is refused and nothing moves") {
  auto [client, node] = make_pair_of_transports();
  const Datagram good = sealed(client, Time{}, kMessage, true);
  for (size_t bit = 8; bit < good.size * 8U; ++bit) {
    if (bit < 32) continue;  // the receiver index was looked up before; it is authenticated here all the same
    Datagram bad = good;
    bad.data[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    CHECK_FALSE(opens(node, bad));
  }
  for (uint16_t size = 0; size < good.size; ++size) {
    Datagram bad = good;
    bad.size = size;
    CHECK_FALSE(opens(node, bad));
  }
  CHECK(opens(node, good));
}

TEST_CASE("the 16-bit counter is rebuilt across its wrap, with a third of the records lost") {
  auto [client, node] = make_pair_of_transports();
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    const Datagram d = sealed(client, Time{}, kMessage);
    if (i % 3 != 0) accepted += opens(node, d) ? 1 : 0;
  }
  CHECK_EQ(accepted, 133'333);
}

TEST_CASE("the key changes with time, and records of the old phase still open") {
  auto [client, node] = make_pair_of_transports();
  CHECK(opens(node, sealed(client, Time{}, kMessage)));
  const Datagram old_phase = sealed(client, Time{1s}, kMessage);
  const Datagram new_phase = sealed(client, Time{} + wire::kRekeyAfter, kMessage);
  CHECK_EQ(old_phase.data[0], 0x10);
  CHECK_EQ(new_phase.data[0], 0x11);
  CHECK(opens(node, new_phase));
  CHECK(opens(node, old_phase));
  CHECK(opens(node, sealed(client, Time{} + wire::kRekeyAfter, kMessage)));
}

TEST_CASE("a session survives that everything under one key, or two, was lost") {
  for (const int lost : {1, 2}) {
    auto [client, node] = make_pair_of_transports();
    CHECK(opens(node, sealed(client, Time{}, kMessage)));
    Time now{};
    for (int i = 0; i < lost; ++i) (void)sealed(client, now += wire::kRekeyAfter, kMessage);
    CHECK(opens(node, sealed(client, now += wire::kRekeyAfter, kMessage)));
    CHECK(opens(node, sealed(client, now, kMessage)));
    CHECK(opens(node, sealed(client, now += wire::kRekeyAfter, kMessage)));
  }
}

TEST_CASE("keepalives are 13 bytes, once each, and survive many losses") {
  auto [client, node] = make_pair_of_transports();
  OpenError why{};
  const Datagram first = keepalive(client);
  CHECK_EQ(first.size, 13);
  CHECK(node.open_keepalive(first.bytes(), why));
  CHECK_FALSE(node.open_keepalive(first.bytes(), why));
  CHECK_EQ(why, OpenError::replayed);
  for (int i = 0; i < 100; ++i) (void)keepalive(client);
  Datagram late = keepalive(client);
  for (size_t bit = 0; bit < late.size * 8U; ++bit) {
    Datagram bad = late;
    bad.data[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    CHECK_FALSE(node.open_keepalive(bad.bytes(), why));
  }
  CHECK(node.open_keepalive(late.bytes(), why));
}

TEST_CASE("a cookie is good for its address, for up to two periods") {
  testing::SeededRng rng(3);
  CookieIssuer issuer(rng);
  const crypto::PublicKey node = rng.array<32>();
  const Address here = Address::v4(127, 0, 0, 1, 4000);
  wire::InitiationFrame question{};
  question.sender = 5;
  question.mac1 = rng.array<8>();
  const auto reply = issuer.reply(Time{}, node, question, here);
  const auto cookie = open_cookie_reply(reply, node, question.mac1);
  REQUIRE(cookie);
  CHECK_FALSE(open_cookie_reply(reply, node, rng.array<8>()));

  const ByteVector covered(40, 0x11);
  wire::InitiationFrame again{};
  again.has_cookie = true;
  again.before_mac2 = covered;
  again.mac2 = mac2(*cookie, covered);
  CHECK(issuer.accepts(Time{}, again, here));
  CHECK_FALSE(issuer.accepts(Time{}, again, Address::v4(127, 0, 0, 1, 4001)));
  CHECK(issuer.accepts(Time{} + wire::kCookieLifetime, again, here));
  CHECK_FALSE(issuer.accepts(Time{} + 2 * wire::kCookieLifetime, again, here));
}
