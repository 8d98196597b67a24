// From voice payloads to PCM: jitter buffer, playout clock, concealment.
//
// The device's clock drives it: each take_pcm plays one unit (20 ms), in whatever rhythm and however many ppm off. The
// media position advances with it; how much sound lies between the position and a packet at its arrival is that
// packet's slack. The buffer steers by the slack of the latest packets but for the rare ones, over two minutes. It
// moves seldom, and where nobody hears it: too much delay goes in pauses (sent as silence, or merely quiet), a pitch
// period at a time; a gap that a late packet has torn anyway is drawn out until the reserve is right again. In speech
// only single pitch periods, seconds apart, are removed or repeated: that corrects sound clocks, and delay for who
// never pauses. Far behind (a stall is over), speech is played a third faster, once, until it has caught up.
//   Buffer empty: the position stands still while sound is concealed. If the missing speech then arrives, it is played,
//   later than before (late is better than lost); if later speech arrives, the wait counts as the gap.
//   Gap before buffered speech: concealed, the position moves on. If the far end sends copies of lost speech, the
//   position first waits for the copy; while there are losses, the buffer holds what that takes, so that it need not.
//   Silence: noise as loud as the far end says. Nobody notices there if it is cut or drawn out, so the slack is put
//   right at once, and the position returns to speech that came after its moment.
//   A delay that goes up and down by seconds, three times in a minute, is held in reserve whole, up to 6 s; once is a
//   stall, and speech goes on as late as before it.
//   More than kBacklogMax waiting (a stall that ended in a burst): the oldest is skipped, at once.
// Concealment is the codec's for a moment, then fades into noise as loud as the far end's background.
//
// Memory is bounded by JitterBuffer::kPacketsMax packets. Payloads that do not decode are refused and counted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "voice/arrivals.h"
#include "voice/codec.h"
#include "voice/concealment.h"
#include "voice/decoders.h"
#include "voice/jitter_buffer.h"

namespace farline::voice {

struct ReceiverStats {
  uint64_t packets = 0;     // accepted
  uint64_t refused = 0;     // payloads that do not decode
  uint64_t duplicates = 0;  // of speech already buffered
  uint64_t lost = 0;        // packet numbers never seen, up to the highest seen
  uint64_t late = 0;        // arrived after their moment
  uint64_t concealed_ms = 0;
  uint64_t recovered_ms = 0;              // from copies
  uint64_t skipped_ms = 0;                // arrived, but thrown away to catch up
  uint8_t loss_255 = 0;                   // fraction of packets lost over the last 5 s
  uint32_t playout_delay_ms = 0;          // capture at the far end to playout here, without the network's own delay
  std::optional<wire::VoiceCodec> codec;  // of the packet received last
};

class Receiver {
 public:
  // `codecs` outlives the receiver. `start_slack`: wanted_slack() of the last call over this network, if known.
  explicit Receiver(CodecFactory& codecs, Duration start_slack = {});

  // `sequence` is the SFrame counter: authentic, unwrapped, never the same twice (the session sees to that).
  // Returns what the payload says beside the sound, so that nobody needs to decode it again.
  struct Packet {
    wire::VoiceHeader header;
    int units = 0;  // of speech in it, 20 ms each
  };
  Result<Packet> handle_packet(Time now, uint64_t sequence, Bytes payload);
  // A packet that is not of the voice has come: it is not missing.
  void note_packet(Time now, uint64_t sequence);
  void take_pcm(std::span<int16_t, kUnitSamples> out);

  // How much earlier than needed a usual packet should come on this network, so that late ones are in time: what to
  // start the next call with.
  Duration wanted_slack() const;

  ReceiverStats stats(Time now) const;
  // What take_pcm gave last: the far end's silence, or neither sound nor silence of theirs for so many ms.
  Duration playout_delay() const;  // ReceiverStats::playout_delay_ms
  bool is_silence() const { return silence_; }
  uint32_t gap_ms() const { return gap_ms_; }

 private:
  enum class State : uint8_t { idle, filling, playing };

  struct Arrived {
    const wire::VoicePayload& payload;
    Bytes bytes;
    bool is_newest;
  };
  void take_speech(Time now, const Arrived& packet);
  void take_silence(Time now, const Arrived& packet);
  int64_t place(Time now, const Arrived& packet);
  int64_t unwrap(uint16_t media_time) const;
  void start_at(Time now, int64_t unit, const wire::VoicePayload& payload);
  void note_slack(Time now, int64_t slack);
  void move_position(int64_t unit);
  void end_wait();
  bool copy_may_come(int64_t known) const;
  void skip_backlog(const wire::VoicePayload& newest);
  void crossed(Time now);
  bool wanders(Time now) const;
  int64_t slack_wanted() const;
  int64_t slack_excess() const;
  // Media time of the next sample to leave, in samples.
  int64_t playing() const {
    return position_ * static_cast<int64_t>(kUnitSamples) - static_cast<int64_t>(pending_.size());
  }

  void produce();
  void play(const JitterBuffer::Frame& frame);
  void play(const JitterBuffer::CopiedFrame& frame);
  void play_comfort(uint8_t level);
  void conceal();
  void take_decoded(std::span<int16_t> room, size_t length);
  std::span<const int16_t> rescale(std::span<int16_t> pcm, size_t length);

  State state_ = State::idle;
  bool taken_ = false;  // take_pcm was called since the start
  JitterBuffer buffer_;
  LossCounter loss_;
  RecentRange slack_;                // of packets, less stretched_ at their arrival
  std::optional<Time> stall_since_;  // packets have come later than jitter explains
  static constexpr size_t kCrossings = 3;
  std::array<Time, kCrossings> crossings_{};  // when the delay was another one, by seconds, a ring
  size_t crossing_count_ = 0;

  int64_t position_ = 0;        // media time of the next unit to decode
  int64_t newest_ = 0;          // media time of the newest packet, to unwrap the next
  int64_t stretched_ = 0;       // samples by which playout was delayed on purpose so far, less those caught up
  size_t filling_left_ = 0;     // samples of silence before playout starts
  int64_t waited_units_ = 0;    // position has stood still for
  int64_t quiet_ = 0;           // samples of quiet sound, up to what was decoded last
  int64_t unchanged_ = 0;       // samples since a pitch period was removed or repeated
  bool is_slow_ = false;        // shrinks the delay when nobody hears it
  bool is_far_behind_ = false;  // and else as well
  double delay_samples_ = 0;    // smoothed

  int64_t heard_until_ = 0;        // media time behind the last speech played
  int64_t copy_wait_units_ = 0;    // from the beginning of speech to the packet that carries its copy; 0: no copies
  std::optional<Time> lost_last_;  // when a packet was missed last
  bool loses_packets_ = false;     // lately

  bool silence_ = false;
  uint32_t gap_ms_ = 0;

  const int64_t start_jitter_;  // samples between the earliest and the latest packet that the call starts with
  Decoders decoders_;
  Concealment concealment_;
  std::vector<int16_t> pending_;  // decoded, not yet taken; less than a unit and a frame
  ReceiverStats stats_;
};

}  // namespace farline::voice
