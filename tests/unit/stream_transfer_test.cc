#include <doctest/doctest.h>

#include <algorithm>

#include "stream/stream_receiver.h"
#include "stream/stream_sender.h"
#include "support/seeded_rng.h"

namespace farline::stream {
namespace {

uint8_t byte_at(uint32_t offset) {
  return static_cast<uint8_t>(offset * 2654435761U >> 23);
}

void fill(uint32_t offset, MutableBytes out) {
  for (size_t i = 0; i < out.size(); ++i) out[i] = byte_at(offset + static_cast<uint32_t>(i));
}

struct Heard {
  ByteVector bytes;
  std::vector<int> times;
  StreamReceiver receiver{[this](uint32_t offset, Bytes piece) {
    if (bytes.size() < offset + piece.size()) {
      bytes.resize(offset + piece.size());
      times.resize(bytes.size());
    }
    for (size_t i = 0; i < piece.size(); ++i) {
      bytes[offset + i] = piece[i];
      ++times[offset + i];
    }
  }};
};

TEST_CASE("whatever is lost, comes twice or overtakes: each byte arrives, once") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    testing::SeededRng rng(seed);
    const auto dice = [&](uint32_t below) {
      std::array<uint8_t, 4> raw;
      rng.fill(raw);
      return Reader(raw).u32() % below;
    };
    const uint32_t length = 1 + dice(60'000);
    StreamSender sender(length, fill);
    sender.set_patience(2s);
    Heard heard;
    struct Packet {
      Time at;
      ByteVector bytes;
    };
    std::vector<Packet> there;
    std::vector<std::pair<Time, wire::StreamAck>> back;
    Time now{};
    for (; now < Time{} + 600s && !sender.is_done(); now += 10ms) {
      if (sender.wants_to_send(now)) {
        ByteVector bytes(wire::kVoicePayloadBytesMax);
        wire::StreamPayload payload;
        payload.piece = sender.next(now, 1 + dice(900));
        bytes.resize(wire::encode_stream_payload(payload, bytes));
        for (uint32_t copies = dice(10) == 0 ? 0 : 1 + (dice(20) == 0); copies > 0; --copies)
          there.push_back({now + 1ms * (100 + dice(60)), bytes});
      }
      std::erase_if(there, [&](const Packet& packet) {
        if (packet.at > now) return false;
        const auto payload = wire::decode_stream_payload(packet.bytes);
        REQUIRE(payload.has_value());
        heard.receiver.handle(payload->piece);
        return true;
      });
      if (heard.receiver.has_news() && dice(30) == 0 && dice(8) != 0)
        back.push_back({now + 100ms, heard.receiver.ack()});
      std::erase_if(back, [&](const auto& ack) {
        if (ack.first > now) return false;
        sender.handle_ack(now, ack.second);
        return true;
      });
    }
    REQUIRE(sender.is_done());
    REQUIRE(heard.receiver.is_complete());
    REQUIRE(heard.bytes.size() == length);
    REQUIRE(std::ranges::all_of(heard.times, [](int times) { return times == 1; }));
    for (uint32_t i = 0; i < length; ++i) REQUIRE(heard.bytes[i] == byte_at(i));
  }
}

TEST_CASE("a far end that acknowledges what was never sent, or sends nonsense, changes nothing") {
  StreamSender sender(5000, fill);
  (void)sender.next(Time{}, 500);
  sender.handle_ack(Time{}, {.until = 4000});
  CHECK(sender.acknowledged() == 0);

  Heard heard;
  const ByteVector bytes(10, 7);
  heard.receiver.handle({.offset = 100, .is_last = true, .bytes = bytes});
  heard.receiver.handle({.offset = 200, .bytes = bytes});                  // beyond the end
  heard.receiver.handle({.offset = 50, .is_last = true, .bytes = bytes});  // another end
  CHECK(heard.receiver.received() == 10);
  CHECK(!heard.receiver.is_complete());
  for (uint32_t i = 0; i < 80; ++i) heard.receiver.handle({.offset = i * 40, .bytes = Bytes(bytes).first(1)});
  CHECK(heard.receiver.received() <= 100);
}

TEST_CASE("memory is bounded: pieces beyond the 64th gap are dropped and come again") {
  Heard heard;
  const ByteVector byte(1, 7);
  for (uint32_t i = 0; i < 1000; ++i) heard.receiver.handle({.offset = 2 * i, .bytes = byte});
  CHECK(heard.receiver.received() == StreamReceiver::kRangesMax);
  const auto ack = heard.receiver.ack();
  CHECK(ack.until == 1);
  CHECK(ack.range_count == wire::kStreamAckRangesMax);
  StreamSender sender(100'000, fill);
  size_t sent = 0;
  while (sender.wants_to_send(Time{})) {
    (void)sender.next(Time{}, 100);
    ++sent;
  }
  CHECK(sent == StreamSender::kUnderWayMax);
}

}  // namespace
}  // namespace farline::stream
