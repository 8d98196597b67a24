// The core on another carrier than UDP: what is counted, and what fits under a cap.
#include <doctest/doctest.h>

#include "support/client_world.h"
#include "voice/ladder.h"

using namespace farline;
using namespace farline::testing;

namespace {

constexpr uint32_t kCap = 3000;  // bit/s

uint32_t bps_of(std::string_view rung, uint32_t header_bytes) {
  const auto found = std::ranges::find(voice::ladder(), rung, &voice::Rung::name);
  REQUIRE(found != voice::ladder().end());
  return voice::wire_bps(*found, header_bytes);
}

void talk(ClientWorld& w, Duration time) {
  std::array<int16_t, 320> frame{};
  for (size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<int16_t>(i * i * 7919);  // no silence
  for (const Time until = w.now + time; w.now < until; w.wait(20ms)) w.client.handle_pcm(w.now, frame);
}

}  // namespace

TEST_CASE("what is sent and heard by another carrier is counted with that one's headers") {
  ClientWorld w;
  w.attach();
  for (const uint32_t header_bytes : {28U, Address::kStreamHeaderBytes, 28U}) {
    w.client.carrier_changed(w.now, header_bytes == 28 ? std::nullopt : std::optional(header_bytes));
    w.settle();
    const auto before = w.client.counters();
    const size_t datagrams = w.datagrams.size();
    w.client.check_node(w.now);
    w.settle();
    uint64_t sent = 0;
    for (const ByteVector& datagram : std::span(w.datagrams).subspan(datagrams)) sent += datagram.size() + header_bytes;
    CHECK_GT(sent, header_bytes);
    CHECK_EQ(w.client.counters().bytes_sent - before.bytes_sent, sent);
    CHECK_GT(w.client.counters().bytes_received - before.bytes_received, header_bytes);
    CHECK_LT(w.client.counters().bytes_received - before.bytes_received, header_bytes + 40);
  }
}

TEST_CASE("a call that moves to a carrier with longer headers stays under its cap") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  REQUIRE(w.client.start_call(w.now, "bela", {.max_bps = kCap}));
  w.settle();
  w.answer_lookup({&bela});
  w.ring(bela, 11);
  w.signal(wire::SealedKind::answer, 11, bela.answer());
  REQUIRE_EQ(w.client.call_state(), client::CallState::connected);
  talk(w, 1s);
  const auto by_udp = w.client.call_stats(w.now).rung;
  CHECK_LE(bps_of(by_udp, 28), kCap);
  CHECK_GT(bps_of(by_udp, Address::kStreamHeaderBytes), kCap);
  w.client.carrier_changed(w.now, Address::kStreamHeaderBytes);
  talk(w, 1s);
  CHECK_LE(bps_of(w.client.call_stats(w.now).rung, Address::kStreamHeaderBytes), kCap);
}
