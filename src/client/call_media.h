// The sound of one connected call: our speech through the voice sender into sealed media packets, theirs back out to
// playout. Measures what docs/CLI.md's stats show. The rung is chosen once from the two caps; every packet names its
// own codec, so set_rung may come at any time (the adaptive engine's door).
#pragma once

#include <array>
#include <optional>

#include "base/datagram.h"
#include "client/events.h"
#include "path/rate_meter.h"
#include "path/round_trip.h"
#include "session/call_keys.h"
#include "voice/receiver.h"
#include "voice/sender.h"
#include "wire/control.h"

namespace farline::client {

class CallMedia {
 public:
  struct Setup {
    wire::Channel channel = 0;
    session::MediaSeal seal;
    voice::CodecFactory& codecs;
    const voice::Rung& rung;
    uint32_t header_bytes = 28;      // of IP and UDP on this path
    uint32_t send_max_bps = 0;       // what the rung was chosen under
    uint32_t receive_max_bps = 0;
  };
  CallMedia(Setup setup, Time now);

  // One captured frame; a packet to send comes back when a bundle is full.
  std::optional<Datagram> push_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame);
  void take_pcm(std::span<int16_t, voice::kUnitSamples> frame) { receiver_.take_pcm(frame); }
  // False, and counted, when the packet is not authentic and new.
  bool handle_packet(Time now, Bytes sframe, size_t wire_bytes, Counters& counters);

  void set_muted(bool muted) { muted_ = muted; }
  void set_rung(const voice::Rung& rung) { sender_.set_rung(rung); }

  // Nothing heard for a while: 2 s, or four packet times where packets are longer. Reported once a change.
  enum class Change : uint8_t { none, stalled, resumed };
  Change poll_change(Time now);
  // When poll_change may next say stalled.
  std::optional<Time> change_due() const;

  void fill_stats(Time now, CallStats& stats) const;

 private:
  Time stall_deadline() const;
  std::optional<wire::VoiceReport> make_report(Time now) const;
  void take_report(Time now, const wire::VoiceReport& report);

  Setup setup_;
  voice::Sender sender_;
  voice::Receiver receiver_;
  path::RateMeter sent_;
  path::RateMeter arrived_;
  path::RoundTrip round_trip_;
  std::array<Time, 256> sent_at_{};  // by the low 8 bits of the SFrame counter
  uint64_t sent_count_ = 0;
  struct Arrival {
    uint64_t counter = 0;
    Time at;
  };
  std::optional<Arrival> highest_arrived_;
  uint64_t arrived_count_ = 0;
  bool muted_ = false;
  bool received_ = false;
  bool stalled_ = false;
  Time last_arrival_;
  ByteVector payload_;
};

}  // namespace farline::client
