// What each rung of the ladder costs and gives, with recorded speech (package asterisk-core-sounds-en-wav) and without
// a network: bit/s on the wire, ESTOI, processor time for a second of speech. For instruction counts run voice_loop
// under valgrind --tool=callgrind.
#include <string>

#include "bench/bench.h"
#include "support/estoi.h"
#include "support/wav.h"
#include "voice/receiver.h"
#include "voice/sender.h"

namespace farline {
namespace {

struct Packet {
  size_t unit;  // when
  ByteVector payload;
};

std::vector<Packet> send(const testing::Pcm& speech, const voice::Rung& rung, voice::CodecFactory& codecs) {
  voice::Sender sender(codecs, rung);
  std::vector<Packet> packets;
  ByteVector payload;
  for (size_t i = 0; i < speech.size() / voice::kUnitSamples; ++i) {
    const Time now{20ms * static_cast<int64_t>(i)};
    sender.push_pcm(std::span(speech).subspan(i * voice::kUnitSamples).first<voice::kUnitSamples>());
    const auto report = sender.report_due(now) ? std::optional(wire::VoiceReport{}) : std::nullopt;
    if (sender.poll_packet(now, report, payload)) packets.push_back({i, payload});
  }
  return packets;
}

testing::Pcm hear(const std::vector<Packet>& packets, size_t units, voice::CodecFactory& codecs) {
  voice::Receiver receiver(codecs);
  testing::Pcm heard;
  size_t next = 0;
  for (size_t i = packets[0].unit; i < units + 30; ++i) {
    if (next < packets.size() && packets[next].unit == i) {
      INVARIANT(receiver.handle_packet(Time{20ms * static_cast<int64_t>(i)}, next, packets[next].payload));
      ++next;
    }
    std::array<int16_t, voice::kUnitSamples> pcm{};
    receiver.take_pcm(pcm);
    heard.insert(heard.end(), pcm.begin(), pcm.end());
  }
  return heard;
}

int run() {
  testing::Pcm speech = testing::read_wav("/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.wav");
  if (speech.empty()) {
    std::puts("skipped: no recorded speech (package asterisk-core-sounds-en-wav)");
    return 0;
  }
  speech.resize(voice::kSampleRate * 96 / 10);  // 9.6 s: whole packets of every rung
  const auto codecs = voice::real_codecs();
  const double seconds = static_cast<double>(speech.size()) / voice::kSampleRate;
  for (const voice::Rung& rung : voice::ladder()) {
    const std::string name(rung.name);
    const auto packets = send(speech, rung, *codecs);
    size_t bytes = 0;
    for (const Packet& packet : packets)
      bytes += voice::kIpv4UdpBytes + voice::kPacketOverheadBytes + packet.payload.size();
    const size_t units = speech.size() / voice::kUnitSamples;
    const auto heard = hear(packets, units, *codecs);
    bench::print((name + ": on the wire (IPv4)").c_str(), static_cast<double>(bytes) * 8 / seconds, "bit/s");
    bench::print((name + ": ESTOI to 3.4 kHz").c_str(), testing::estoi_aligned(speech, heard, 40, 120), "");
    const double sending = bench::cpu_seconds([&] { (void)send(speech, rung, *codecs); });
    const double hearing = bench::cpu_seconds([&] { (void)hear(packets, units, *codecs); });
    bench::print((name + ": to encode a second").c_str(), sending / seconds * 1000, "ms of CPU");
    bench::print((name + ": to decode a second").c_str(), hearing / seconds * 1000, "ms of CPU");
  }
  return 0;
}

}  // namespace
}  // namespace farline

int main() {
  return farline::run();
}
