#include <doctest/doctest.h>

#include "support/scripted_codec.h"
#include "voice/sender.h"

namespace farline::voice {
namespace {

constexpr Time at_unit(int64_t unit) {
  return Time{unit * 20ms};
}

struct Sent {
  int64_t unit;  // when
  ByteVector payload;
  wire::VoicePayload decoded() const { return *wire::decode_voice_payload(payload); }
};

std::vector<Sent> send(Sender& sender, int64_t from, int64_t to) {
  std::vector<Sent> sent;
  ByteVector payload;
  for (int64_t unit = from; unit < to; ++unit) {
    sender.push_pcm(testing::counting_unit(unit));
    const wire::VoiceReport report{1, 2, 3, 4, 5};
    const auto due = sender.report_due(at_unit(unit)) ? std::optional(report) : std::nullopt;
    while (sender.poll_packet(at_unit(unit), due, payload)) sent.push_back({unit, payload});
  }
  return sent;
}

TEST_CASE("every rung sends a packet each packet time, of the size in the table") {
  testing::ScriptedCodecs codecs;
  for (const Rung& rung : ladder()) {
    CAPTURE(rung.name);
    Sender sender(codecs, rung, 65530);
    const auto sent = send(sender, 0, 1000);
    REQUIRE(sent.size() == 1000 / (rung.ptime_ms / 20));
    uint16_t media_time = 65530;
    for (const Sent& packet : sent) {
      const auto payload = packet.decoded();
      CHECK(payload.header.codec == rung.codec);
      CHECK(payload.header.media_time == media_time);
      CHECK(payload.header.spurt_start == (media_time == 65530));
      CHECK(payload.frames.size() == rung.frames_bytes);
      CHECK(payload.frame_count == rung.frames_per_packet());
      CHECK(payload.frame_units * wire::kVoiceUnitMs == rung.frame_ms);
      media_time = static_cast<uint16_t>(media_time + rung.ptime_ms / 20);
    }
  }
}

TEST_CASE("a report rides along each 2.4 s") {
  testing::ScriptedCodecs codecs;
  Sender sender(codecs, *find_rung("codec2-1200"));
  int reports = 0;
  for (const Sent& packet : send(sender, 0, 60 * 50)) {
    if (!packet.decoded().header.report) continue;
    ++reports;
    CHECK(packet.decoded().header.report->received_mod32 == 3);
  }
  CHECK(reports == 25);  // after 0.4 s, then each 2.4 s
}

TEST_CASE("a new rung starts with the next packet, and media time runs on") {
  testing::ScriptedCodecs codecs;
  Sender sender(codecs, *find_rung("codec2-700c"), 7);
  auto sent = send(sender, 0, 10);  // 200 of 480 ms
  sender.set_rung(*find_rung("opus-32k"));
  CHECK(sender.rung().name == "codec2-700c");
  for (auto& packet : send(sender, 10, 40)) sent.push_back(std::move(packet));
  CHECK(sender.rung().name == "opus-32k");
  sender.set_rung(*find_rung("codec2-1200"));
  for (auto& packet : send(sender, 40, 100)) sent.push_back(std::move(packet));
  REQUIRE(sent.size() == 1 + 4 + 3);
  uint16_t media_time = 7;
  for (const Sent& packet : sent) {
    const auto payload = packet.decoded();
    CHECK(payload.header.media_time == media_time);
    media_time = static_cast<uint16_t>(media_time + payload.frame_count * payload.frame_units);
    CHECK(packet.unit + 1 + 7 == media_time);  // sent when its last unit was complete
  }
  CHECK(sent[0].decoded().header.codec == wire::VoiceCodec::codec2_700c);
  CHECK(sent[1].decoded().header.codec == wire::VoiceCodec::opus_wb);
  CHECK(sent[5].decoded().header.codec == wire::VoiceCodec::codec2_1200);
}

}  // namespace
}  // namespace farline::voice
