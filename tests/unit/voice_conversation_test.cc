// One side of a conversation beside a generator, through speech input, sender and real codecs: what pauses save on the
// wire, and that no first syllable is lost. Recordings as in support/prompts.h; where they are missing, this says so
// and passes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "support/acoustics.h"
#include "support/prompts.h"
#include "voice/sender.h"
#include "voice/speech_input.h"

namespace farline::voice {
namespace {

using testing::Pcm;

struct Conversation {
  Pcm speech;
  std::vector<size_t> turns;  // units at which this side begins to speak
};

// Turns of 4 to 9 s, and as long for the other side, whom this microphone does not hear; 5 s of nobody first.
Conversation take_turns(size_t turns) {
  Conversation conversation;
  conversation.speech.resize(5 * kSampleRate);
  for (const testing::Prompt& prompt : testing::read_prompts(60)) {
    if (conversation.turns.size() == turns) break;
    auto& speech = conversation.speech;
    speech.resize((speech.size() + kUnitSamples - 1) / kUnitSamples * kUnitSamples);
    conversation.turns.push_back(speech.size() / kUnitSamples);
    speech.insert(speech.end(), prompt.pcm.begin(), prompt.pcm.end());
    speech.resize(speech.size() + prompt.pcm.size());
  }
  return conversation;
}

struct Sent {
  double bps = 0;           // on IPv4
  std::vector<bool> units;  // of the microphone: sent as speech
};

Sent send(CodecFactory& codecs, const Rung& rung, const Pcm& microphone, bool pauses) {
  SpeechInput input({.noise_suppression = true, .gain_control = true, .pauses = pauses});
  Sender sender(codecs, rung);
  const size_t units = microphone.size() / kUnitSamples;
  Sent sent{.bps = 0, .units = std::vector<bool>(units + 100)};
  ByteVector payload;
  size_t bytes = 0;
  for (size_t i = 0; i < units; ++i) {
    std::array<int16_t, kUnitSamples> unit;
    std::copy_n(&microphone[i * kUnitSamples], kUnitSamples, unit.begin());
    const bool active = input.capture(unit);
    sender.push_pcm(unit, active);
    const Time now{static_cast<int64_t>(i) * 20ms};
    while (
        sender.poll_packet(now, sender.report_due(now) ? std::optional(wire::VoiceReport{}) : std::nullopt, payload)) {
      bytes += kIpv4UdpBytes + kPacketOverheadBytes + payload.size();
      const auto packet = wire::decode_voice_payload(payload);
      if (packet->frame_count == 0) continue;
      // The cleaned sound is a unit late.
      for (size_t u = 0; u < rung.ptime_ms / 20; ++u)
        sent.units[std::max<size_t>(packet->header.media_time + u, 1) - 1] = true;
    }
  }
  sent.bps = static_cast<double>(bytes) * 8 / (static_cast<double>(units) * 0.02);
  return sent;
}

TEST_CASE("beside a generator the pauses of a conversation save 40 % of the wire, and no first syllable is lost") {
  const Conversation conversation = take_turns(6);
  if (conversation.turns.size() < 6) {
    MESSAGE("skipped: no recorded speech (package asterisk-core-sounds-en-wav)");
    return;
  }
  const Pcm& speech = conversation.speech;
  const testing::Activity truth = testing::measure_activity(speech);
  const Pcm noise = testing::generator_noise(speech.size(), truth.level * std::pow(10, -15.0 / 20), 5);
  const Pcm microphone = testing::mix(speech, noise);
  const auto codecs = real_codecs(0);
  for (const char* name : {"codec2-1200", "opus-32k"}) {
    const Rung& rung = *find_rung(name);
    const double always = send(*codecs, rung, microphone, false).bps;
    const Sent sent = send(*codecs, rung, microphone, true);
    CAPTURE(rung.name);
    CAPTURE(always);
    CHECK(sent.bps < 0.6 * always);
    for (const size_t turn : conversation.turns) {
      CAPTURE(turn);
      const auto first = std::find(truth.units.begin() + static_cast<std::ptrdiff_t>(turn), truth.units.end(), true);
      const auto at = static_cast<size_t>(first - truth.units.begin());
      for (size_t unit = at; unit < at + 25; ++unit) CHECK(sent.units[unit]);
    }
  }
}

}  // namespace
}  // namespace farline::voice
