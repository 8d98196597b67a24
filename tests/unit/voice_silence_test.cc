// Pauses: the sender says that there is silence, the receiver plays noise, and speech comes back whole.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <map>

#include "support/scripted_codec.h"
#include "support/seeded_rng.h"
#include "voice/receiver.h"
#include "voice/sender.h"

namespace farline::voice {
namespace {

struct Spoken {
  int64_t from;  // units
  int64_t to;
};

struct Sent {
  int64_t unit;  // when
  ByteVector payload;
  wire::VoicePayload decoded() const { return *wire::decode_voice_payload(payload); }
};

bool is_active(const std::vector<Spoken>& spoken, int64_t unit) {
  return std::ranges::any_of(spoken, [unit](const Spoken& s) { return unit >= s.from && unit < s.to; });
}

// Reports are due as the sender says.
std::vector<Sent> send(Sender& sender, const std::vector<Spoken>& spoken, int64_t units) {
  std::vector<Sent> sent;
  ByteVector payload;
  for (int64_t unit = 0; unit < units; ++unit) {
    const Time now{unit * 20ms};
    sender.push_pcm(testing::counting_unit(unit), is_active(spoken, unit));
    while (sender.poll_packet(now, sender.report_due(now) ? std::optional(wire::VoiceReport{}) : std::nullopt, payload))
      sent.push_back({unit, payload});
  }
  return sent;
}

TEST_CASE("a pause of a minute costs less than 200 bit/s on IPv4, reports included") {
  testing::ScriptedCodecs codecs;
  for (const Rung& rung : ladder()) {
    CAPTURE(rung.name);
    Sender sender(codecs, rung);
    uint64_t bytes = 0;
    int reports = 0;
    int64_t last = 0;
    for (const Sent& packet : send(sender, {{0, 100}}, 100 + 60 * 50)) {
      if (packet.unit < 200) continue;
      bytes += kIpv4UdpBytes + kPacketOverheadBytes + packet.payload.size();
      CHECK(packet.decoded().header.silence);
      if (packet.decoded().header.report) ++reports;
      if (last != 0) CHECK(packet.unit - last == 120);
      last = packet.unit;
    }
    CHECK(bytes * 8 <= 200 * 58);
    CHECK(reports >= 23);
  }
}

TEST_CASE("silence begins where the last speech ends, and speech 200 ms before it was noticed") {
  testing::ScriptedCodecs codecs;
  for (const Rung& rung : ladder()) {
    CAPTURE(rung.name);
    const int64_t ptime = rung.ptime_ms / 20;
    Sender sender(codecs, rung, 65500);
    const auto media = [](int64_t unit) { return static_cast<uint16_t>(65500 + unit); };
    const int64_t onset = 1000;
    const auto sent = send(sender, {{0, 10 * ptime}, {onset, onset + 100}}, onset + 200);
    size_t i = 0;
    for (; i < 10; ++i) CHECK(sent[i].decoded().frame_count > 0);
    CHECK(sent[i].decoded().header.silence);
    CHECK(sent[i].decoded().header.media_time == media(10 * ptime));
    CHECK(sent[i].decoded().frame_count == 0);
    while (sent[i].decoded().header.silence) ++i;
    const auto first = sent[i].decoded();
    CHECK(first.header.spurt_start);
    CHECK(first.header.media_time == media(onset - 10));
    CHECK_FALSE(first.copy);  // there is nothing to copy
    CHECK_FALSE(sent[i + 1].decoded().header.spurt_start);
    CHECK(sent[i + 1].decoded().header.media_time == media(onset - 10 + ptime));
    CHECK(sent[i].unit == onset + std::max<int64_t>(0, ptime - 11));
    std::array<uint8_t, wire::kVoiceFrameBytesMax> frame{};
    const Bytes bytes = first.frame(0, frame);
    Reader reader(wire::is_opus(rung.codec) ? bytes.subspan(1) : bytes);
    CHECK(reader.u16() == testing::kScriptedBase + onset - 10);
  }
}

TEST_CASE("the beginning of a pause is not said again when speech starts at once") {
  testing::ScriptedCodecs codecs;
  Sender sender(codecs, *find_rung("opus-32k"));  // packets of 4 units: the one of 8..11 is silent
  const auto sent = send(sender, {{0, 8}, {12, 40}}, 40);
  REQUIRE(sent.size() >= 4);
  CHECK(sent[2].decoded().header.silence);
  CHECK(sent[2].decoded().header.media_time == 8);
  CHECK(sent[3].decoded().header.spurt_start);
  CHECK(sent[3].decoded().header.media_time == 8);
}

TEST_CASE("the level of silence is that of its sound, in dB below a full-scale square wave") {
  testing::ScriptedCodecs codecs;
  for (const auto& [amplitude, level] :
       {std::pair{int16_t{32767}, 0}, {int16_t{3277}, 20}, {int16_t{33}, 60}, {int16_t{0}, 127}}) {
    Sender sender(codecs, *find_rung("opus-32k"));
    std::array<int16_t, kUnitSamples> pcm{};
    for (size_t i = 0; i < pcm.size(); ++i) pcm[i] = static_cast<int16_t>(i % 2 == 0 ? amplitude : -amplitude);
    for (int i = 0; i < 4; ++i) sender.push_pcm(pcm, false);
    CHECK(sender.is_silent());
    ByteVector payload;
    REQUIRE(sender.poll_packet(Time{}, std::nullopt, payload));
    CHECK(wire::decode_voice_payload(payload)->header.silence == level);
  }
}

struct Heard {
  ReceiverStats stats;
  std::vector<int> times_heard;  // each unit spoken
  std::vector<int64_t> latency;  // units, mouth to ear, of what is heard at each unit; -1: noise
  std::vector<double> level;     // RMS of each unit played
};

using Network = std::function<std::optional<Duration>(uint64_t sequence)>;

Heard hear(std::string_view name, const std::vector<Spoken>& spoken, int64_t units, const Network& network) {
  testing::ScriptedCodecs codecs;
  Sender sender(codecs, *find_rung(name));
  Receiver receiver(codecs);
  std::multimap<Time, std::pair<uint64_t, ByteVector>> flying;
  uint64_t sequence = 0;
  const auto sent = send(sender, spoken, units);
  for (const Sent& packet : sent) {
    if (const auto delay = network(sequence))
      flying.emplace(Time{packet.unit * 20ms} + *delay, std::pair{sequence, packet.payload});
    ++sequence;
  }
  Heard heard;
  heard.times_heard.resize(static_cast<size_t>(units));
  for (int64_t unit = 0; unit < units; ++unit) {
    const Time now{unit * 20ms};
    for (; !flying.empty() && flying.begin()->first <= now; flying.erase(flying.begin()))
      CHECK(receiver.handle_packet(now, flying.begin()->second.first, flying.begin()->second.second));
    std::array<int16_t, kUnitSamples> pcm{};
    receiver.take_pcm(pcm);
    double power = 0;
    for (const int16_t sample : pcm) power += double{1} * sample * sample / kUnitSamples;
    heard.level.push_back(std::sqrt(power));
    const auto spoken_unit = testing::unit_heard(pcm);
    heard.latency.push_back(spoken_unit ? unit - *spoken_unit : -1);
    if (spoken_unit) ++heard.times_heard[static_cast<size_t>(*spoken_unit)];
  }
  heard.stats = receiver.stats(Time{units * 20ms});
  return heard;
}

const std::vector<Spoken> kTalk = {{0, 500}, {700, 760}, {1500, 2000}, {2100, 2500}};

TEST_CASE("pauses are neither concealed nor lost, and all that was spoken is heard") {
  for (const Rung& rung : ladder()) {
    CAPTURE(rung.name);
    const Heard heard = hear(rung.name, kTalk, 2700, [](uint64_t) { return 300ms; });
    CHECK(heard.stats.concealed_ms == 0);
    CHECK(heard.stats.lost == 0);
    CHECK(heard.stats.late == 0);
    CHECK(heard.stats.skipped_ms == 0);
    int missing = 0;
    for (const Spoken& s : kTalk)
      for (int64_t unit = s.from; unit < s.to; ++unit) missing += heard.times_heard[static_cast<size_t>(unit)] == 0;
    CHECK(missing <= 14);  // of 1460: units from which a pitch period was cut where the pre-roll had come late
    CHECK(heard.latency[2500] * 20 <= rung.ptime_ms + 300 + 140);
    for (size_t unit = 1000; unit < 1400; ++unit) CHECK(heard.latency[unit] == -1);
  }
}

TEST_CASE("lost silence packets are not heard, and lost packets at the end of speech are only till the next silence") {
  const Heard none = hear("opus-16k", {{0, 504}}, 3000, [](uint64_t) { return 300ms; });
  CHECK(none.stats.concealed_ms == 0);
  // 63 packets of speech, then silence; all but the first two of silence are lost.
  const Heard lost = hear("opus-16k", {{0, 504}}, 3000, [](uint64_t sequence) {
    return sequence > 64 ? std::nullopt : std::optional<Duration>(300ms);
  });
  CHECK(lost.stats.concealed_ms == 0);
  // The first silence packet is lost: 2.4 s pass until the next says what this is.
  const Heard first = hear("opus-16k", {{0, 504}}, 3000, [](uint64_t sequence) {
    return sequence == 63 ? std::nullopt : std::optional<Duration>(300ms);
  });
  CHECK(first.stats.concealed_ms >= 2000);
  CHECK(first.stats.concealed_ms <= 2600);
}

TEST_CASE("comfort noise is as loud as the far end says, up to -30 dB") {
  const auto level_for = [](uint8_t level) {
    testing::ScriptedCodecs codecs;
    Receiver receiver(codecs);
    ByteVector payload(100);
    const wire::VoiceHeader header{.codec = {}, .media_time = 0, .report = {}, .silence = level};
    payload.resize(wire::encode_voice_payload(header, {}, payload));
    CHECK(receiver.handle_packet(Time{}, 0, payload));
    double power = 0;
    for (int unit = 0; unit < 100; ++unit) {
      std::array<int16_t, kUnitSamples> pcm{};
      receiver.take_pcm(pcm);
      if (unit < 10) continue;
      for (const int16_t sample : pcm) power += double{1} * sample * sample / kUnitSamples / 90;
    }
    return 20 * std::log10(std::sqrt(power) / 32768);
  };
  CHECK(level_for(50) == doctest::Approx(-50).epsilon(0.02));
  CHECK(level_for(35) == doctest::Approx(-35).epsilon(0.02));
  CHECK(level_for(0) == doctest::Approx(-30.3).epsilon(0.02));
  CHECK(level_for(127) < -85);
}

TEST_CASE("when jitter has passed, the delay shrinks in pauses, and nothing spoken is cut for it") {
  std::vector<Spoken> spoken;
  for (int64_t unit = 0; unit < 10000; unit += 250) spoken.push_back({unit, unit + 200});
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    testing::SeededRng rng(seed);
    const Heard heard = hear("opus-16k", spoken, 10000, [&](uint64_t sequence) {
      return 300ms + (sequence < 200 ? Duration{static_cast<int64_t>(rng.unit() * 800e6)} : 0ms);
    });
    int64_t latest = 0;
    for (size_t unit = 1500; unit < 2000; ++unit) latest = std::max(latest, heard.latency[unit]);
    CHECK(latest * 20 >= 160 + 300 + 600);
    latest = 0;
    for (size_t unit = 9000; unit < 10000; ++unit) latest = std::max(latest, heard.latency[unit]);
    CHECK(latest * 20 <= 160 + 300 + 160);
    int missing = 0;
    for (size_t unit = 3000; unit < 9900; ++unit)
      missing += is_active(spoken, static_cast<int64_t>(unit)) && heard.times_heard[unit] == 0;
    CHECK(missing <= 55);  // of 5520: units from which pitch periods were cut, one in 2.5 s of speech
  }
}

TEST_CASE("random pauses, loss and jitter: speech stays in time and in order of magnitude complete") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    testing::SeededRng rng(seed);
    std::vector<Spoken> spoken;
    for (int64_t unit = 0; unit < 14000;) {
      const int64_t from = unit + static_cast<int64_t>(rng.below(300));
      const int64_t to = from + 20 + static_cast<int64_t>(rng.below(300));
      spoken.push_back({from, to});
      unit = to + 20;
    }
    const Heard heard = hear("codec2-1200+1200", spoken, 15000, [&](uint64_t) -> std::optional<Duration> {
      if (rng.unit() < 0.05) return std::nullopt;
      return 300ms + Duration{static_cast<int64_t>(rng.unit() * 100e6)};
    });
    double missing = 0;
    double total = 0;
    for (const Spoken& s : spoken) {
      for (int64_t unit = s.from; unit < std::min<int64_t>(s.to, 14900); ++unit) {
        ++total;
        missing += heard.times_heard[static_cast<size_t>(unit)] == 0;
      }
    }
    CHECK(missing / total < 0.05);
    CHECK(heard.stats.recovered_ms > 0);
    int64_t latest = 0;
    for (size_t unit = 3000; unit < heard.latency.size(); ++unit) latest = std::max(latest, heard.latency[unit]);
    CHECK(latest * 20 <= 240 + 400 + 240 + 400);
  }
}

TEST_CASE("a far end that was asleep in a pause is heard at once when it speaks") {
  testing::ScriptedCodecs codecs;
  Sender sender(codecs, *find_rung("opus-32k"));
  Receiver receiver(codecs);
  std::array<int16_t, kUnitSamples> pcm{};
  ByteVector payload;
  uint64_t sequence = 0;
  int64_t heard_first = 0;
  for (int64_t unit = 0; unit < 20000; ++unit) {
    const bool asleep = unit > 1000 && unit < 16000;  // we are: no packets, and nothing played
    sender.push_pcm(testing::counting_unit(unit), unit < 500 || unit >= 17000);
    while (sender.poll_packet(Time{unit * 20ms}, std::nullopt, payload)) {
      if (!asleep) CHECK(receiver.handle_packet(Time{unit * 20ms}, sequence, payload));
      ++sequence;
    }
    if (asleep) continue;
    receiver.take_pcm(pcm);
    if (unit > 16000 && heard_first == 0 && pcm[160] >= testing::kScriptedBase + 16000) heard_first = unit;
  }
  CHECK(heard_first > 0);
  CHECK(heard_first <= 17000 + 20);
}

}  // namespace
}  // namespace farline::voice
