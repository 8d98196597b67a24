// From PCM to voice payloads: encodes frame by frame and bundles frames into packets of the current rung. Media time
// runs on through every change of rung. Silence is sent like speech.
//
//   push_pcm one unit (20 ms); then drain poll_packet in the same turn: a packet that is not taken before the next one
//   is complete is lost.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "voice/codec.h"
#include "voice/ladder.h"

namespace farline::voice {

class Sender {
 public:
  // `codecs` outlives the sender. `media_time` of the first unit may be anything (a restarted call should not repeat).
  Sender(CodecFactory& codecs, const Rung& rung, uint16_t media_time = 0);

  // Takes effect with the next packet.
  void set_rung(const Rung& rung);
  // The rung of the packet being filled.
  const Rung& rung() const { return rung_; }

  void push_pcm(std::span<const int16_t, kUnitSamples> pcm);

  // True when the next packet should carry a report: kReportIntervalMs after the last one.
  bool report_due(Time now) const;
  // True when `out` holds a payload now. `report` is embedded when there is one (Receiver::report).
  bool poll_packet(Time now, const std::optional<wire::VoiceReport>& report, ByteVector& out);
  // A payload that says nothing about the sound, now: a report, the second of a measuring pair, or both.
  void no_sound_payload(const std::optional<wire::VoiceReport>& report, bool pair, ByteVector& out) const;

 private:
  void encode_frame();
  void start_packet();

  CodecFactory& codecs_;
  Rung rung_;
  std::optional<Rung> next_rung_;
  std::unique_ptr<FrameEncoder> encoder_;
  std::vector<int16_t> pcm_;  // of the frame being filled

  struct Bundle {
    wire::VoiceHeader header;
    size_t frames_bytes = 0;  // of the rung
    std::vector<ByteVector> frames;
    size_t bytes = 0;  // of the payload that `frames` take so far
  };
  Bundle filling_;
  std::optional<Bundle> ready_;
  uint16_t media_time_;  // of the next unit
  bool spurt_start_ = true;
  std::optional<Time> reported_;
};

}  // namespace farline::voice
