// From PCM to voice payloads: encodes frame by frame and bundles frames into packets of the current rung, with copies
// of earlier packets where the rung has them. Media time runs on through every change of rung.
//
// Silence is not sent: a packet of which no unit is active becomes a silence packet, repeated each kSilenceRepeat with
// the background's level. Speech begins with what was heard up to 200 ms before it was found active.
//
//   push_pcm one unit (20 ms); then drain poll_packet in the same turn. At most kReadyMax packets are held.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "voice/codec.h"
#include "voice/copy_history.h"
#include "voice/ladder.h"

namespace farline::voice {

class Sender {
 public:
  static constexpr Duration kSilenceRepeat = 2400ms;  // no NAT, and no listener, waits in vain

  // `codecs` outlives the sender. `media_time` of the first unit may be anything (a restarted call should not repeat).
  Sender(CodecFactory& codecs, const Rung& rung, uint16_t media_time = 0);

  // Takes effect with the next packet.
  void set_rung(const Rung& rung);
  // Copies are of the packet that was sent so many before, 1 or 2. 2 helps more when packets are lost in bursts, costs
  // the listener one packet time more, and nothing on the wire.
  void set_copy_offset(size_t packets) { copy_offset_ = packets; }
  // The rung of the packet being filled.
  const Rung& rung() const { return rung_; }

  // `active`: somebody may be speaking (voice activity detection, with its hangover).
  void push_pcm(std::span<const int16_t, kUnitSamples> pcm, bool active = true);
  bool is_silent() const { return silent_; }

  // True when the next packet should carry a report: kReportIntervalMs after the last one.
  bool report_due(Time now) const;
  // True when `out` holds a payload now. `report` is embedded when there is one.
  bool poll_packet(Time now, const std::optional<wire::VoiceReport>& report, ByteVector& out);
  // A payload without speech, now: a report, the second of a measuring pair, or both. A report alone in silence says
  // that it goes on, so the next silence packet is due a whole kSilenceRepeat later.
  void no_sound_payload(const std::optional<wire::VoiceReport>& report, bool pair, ByteVector& out);

 private:
  using Unit = std::array<int16_t, kUnitSamples>;
  struct Bundle {
    wire::VoiceHeader header;
    size_t frames_bytes = 0;  // of the rung
    std::vector<ByteVector> frames;
    size_t bytes = 0;  // of the payload that `frames` take so far
    std::optional<CopyHistory::Copy> copy;
  };

  void add_unit(std::span<const int16_t, kUnitSamples> pcm);
  void encode_frame();
  void start_packet();
  void finish_packet();
  void start_spurt();
  void send_silence(int64_t unit);
  void make_ready(Bundle bundle);

  CodecFactory& codecs_;
  Rung rung_;
  std::optional<Rung> next_rung_;
  std::unique_ptr<FrameEncoder> encoder_;
  CopyHistory copies_;
  size_t copy_offset_ = 1;
  std::vector<int16_t> pcm_;  // of the frame being filled
  Bundle filling_;
  std::deque<Bundle> ready_;
  int64_t unit_;  // media time of the next unit
  bool spurt_start_ = true;
  std::optional<Time> reported_;

  bool spoken_ = false;  // some unit of the packet being filled is active
  bool silent_ = false;
  int64_t silent_from_ = 0;   // media time
  int64_t silence_sent_ = 0;  // media time
  std::deque<Unit> recent_;   // the last units, for the beginning of a talk spurt
  uint8_t level_ = 0;         // last sent
  double noise_power_ = 0;    // summed over units without speech since the last silence packet
  unsigned noise_units_ = 0;
};

}  // namespace farline::voice
