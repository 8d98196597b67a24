// The sound of one connected call: our speech through the voice sender into sealed media packets, theirs back out to
// playout; and the loop that makes both fit the link: reports about our packets feed the estimate of the path, the rate
// controller makes a budget of it, the ladder a rung. Measures what docs/CLI.md's stats show.
#pragma once

#include <optional>

#include "base/datagram.h"
#include "base/log.h"  // RateLimit
#include "client/background.h"
#include "client/call_notes.h"
#include "client/events.h"
#include "client/keypad.h"
#include "client/network_memory.h"
#include "client/policy_traffic.h"
#include "path/arrival_log.h"
#include "path/link_estimate.h"
#include "path/rate_controller.h"
#include "path/rate_meter.h"
#include "session/call_keys.h"
#include "voice/keypad_tones.h"
#include "voice/receiver.h"
#include "voice/sender.h"
#include "voice/speech_input.h"
#include "voice/tones.h"
#include "wire/control.h"

namespace farline::client {

class CallMedia {
 public:
  struct Setup {
    wire::Channel channel = 0;
    session::MediaSeal seal;
    voice::CodecFactory& codecs;
    uint32_t header_bytes = 28;  // of IP and UDP on this path
    uint32_t start_bps = 0;      // to begin with
    uint32_t send_max_bps = 0;   // 0: whatever the path carries
    Network remembered{};        // of this network, from earlier calls
    Duration round_trip{};       // as far as known
    voice::SpeechInput::Options speech_input;
    TurnTaking turn_taking = TurnTaking::automatic;
    PolicyTraffic* policies = nullptr;  // outlives this; nothing: none are exchanged with the far device
    bool takes_notes = false;           // the far device does
    bool takes_keys = false;            // it does
  };
  CallMedia(Setup setup, Time now);

  // One captured frame. What is to be sent then comes out of poll_packet, until it gives nothing.
  void push_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame);
  std::optional<Datagram> poll_packet(Time now);
  void take_pcm(std::span<int16_t, voice::kUnitSamples> frame);
  void skip_pcm(const SoundGap& gap) { input_.skip(gap); }
  // False, and counted, when the packet is not authentic and new.
  bool handle_packet(Time now, Bytes sframe, size_t wire_bytes, Counters& counters);

  // One at a time; it takes what voice leaves of the link.
  void send_stream(Stream stream) { background_.send(std::move(stream)); }
  void set_muted(bool muted) { muted_ = muted; }
  bool press_key(char key);
  void set_note(const wire::CallNote& note) { notes_.set_own(note); }
  // The packets take another way from now on: what was learnt of the old one is void.
  void path_changed(Time now, uint32_t remembered_bps) {
    link_.path_changed();
    control_.path_changed(now, remembered_bps);
    background_.path_changed(now);
  }

  // The same two links, but past the relay or back to it: the rate stays, delays are measured anew.
  void route_changed(uint32_t header_bytes) {
    if (std::exchange(setup_.header_bytes, header_bytes) != header_bytes) chosen_for_bps_ = 0;
    measure_anew();
  }
  // The call goes on with another relay, under other keys.
  void go_on(wire::Channel channel, session::MediaSeal seal) {
    seal.take_over(std::move(setup_.seal));
    setup_.seal = std::move(seal);
    setup_.channel = channel;
  }
  // For what is said about policies, here and to the node: in the first half of a packet time after voice has left, a
  // quarter of what voice takes. Nothing: not now.
  std::optional<PolicyTraffic::Pace> policy_room(Time now) const;
  Duration wanted_slack() const { return receiver_.wanted_slack(); }
  // What this path has carried lately; less than that may be all the caps allow.
  uint32_t usual_bps() const { return control_.usual_bps(); }
  bool is_capped_below(uint32_t bps) const { return setup_.send_max_bps != 0 && setup_.send_max_bps < bps; }
  // What is sent is not acknowledged any more.
  bool is_unanswered() const { return control_.is_closed(); }
  // Of all their packets that were authentic.
  std::optional<uint64_t> newest_counter() const { return setup_.seal.newest(); }
  Duration their_packet_time() const { return their_packet_time_; }

  // Nothing heard for a while: 2 s, or four packet times where packets are longer. Reported once a change.
  enum class Change : uint8_t { none, stalled, resumed };
  Change poll_change(Time now);
  // True, now and then, when their packets are overdue while ours are too small and rare for the node to notice that
  // our address has changed: ask it.
  bool poll_doubt(Time now);
  // When poll_change may next say stalled.
  std::optional<Time> change_due() const;

  void fill_stats(Time now, CallStats& stats) const;

 private:
  Time stall_deadline() const;
  void mark_what_is_heard();
  Duration mouth_to_ear() const;
  void measure_anew() {
    link_.path_changed();
    control_.route_changed();
  }
  path::LossKind loss_kind(Time now) const;
  void choose_rung();
  path::RateController::Operating operating(Time now) const;
  enum class Class : uint8_t { control, voice, bulk };
  struct Carried {
    bool with_report = false;
    bool is_pair = false;
    Class of = Class::control;
  };
  Datagram seal(Time now, Carried carried);
  Duration media_clock(uint16_t media_time);
  std::optional<wire::VoiceReport> due_report(Time now) const;
  std::optional<Datagram> lone_report(Time now);
  std::optional<Datagram> poll_policy(Time now);
  std::optional<Datagram> poll_note(Time now);
  std::optional<Datagram> poll_keys(Time now);
  Duration note_patience() const;
  std::optional<Datagram> poll_background(Time now, const std::optional<wire::VoiceReport>& report);
  Background::Voice beside() const;
  // The report in it, if any; what it says of its arrival goes into `arrival`.
  Result<std::optional<wire::VoiceReport>> take_voice(Time now, const session::MediaSeal::Opened& opened,
                                                      path::Arrival& arrival);
  Result<std::optional<wire::VoiceReport>> take_policy(Time now, const session::MediaSeal::Opened& opened,
                                                       path::Arrival& arrival);
  Result<std::optional<wire::VoiceReport>> take_note(Time now, const session::MediaSeal::Opened& opened,
                                                     path::Arrival& arrival);
  Result<std::optional<wire::VoiceReport>> take_keys(Time now, const session::MediaSeal::Opened& opened,
                                                     path::Arrival& arrival);
  Result<std::optional<wire::VoiceReport>> take_stream(Time now, const session::MediaSeal::Opened& opened,
                                                       path::Arrival& arrival);
  Datagram probe(Time now);
  bool pair_fits(Time now) const;

  Setup setup_;
  const voice::Rung* rung_;  // of the next packet
  uint32_t chosen_for_bps_ = 0;
  voice::SpeechInput input_;
  voice::Sender sender_;
  voice::Receiver receiver_;
  voice::Tones tones_;
  uint32_t turn_ms_ = 0;  // of their speech heard since their last pause
  path::RateMeter sent_;
  path::RateMeter arrived_;
  path::LinkEstimate link_;
  path::RateController control_;
  path::ArrivalLog arrivals_;
  Background background_;
  struct ClassBytes {
    uint64_t voice = 0;
    uint64_t bulk = 0;
  };
  ClassBytes class_sent_;
  ClassBytes class_arrived_;
  std::optional<Time> captured_;
  std::optional<Time> reported_;
  std::optional<Time> last_sent_;
  std::optional<Time> last_voice_;
  RateLimit lone_in_silence_;
  RateLimit doubts_;
  path::PairSchedule::Pair pair_{};  // to send behind the packet that has just left
  unsigned probes_ = 0;
  bool muted_ = false;
  CallNotes notes_;
  Keypad keypad_;
  voice::KeypadTones keypad_tones_;
  std::string keys_heard_;
  bool received_ = false;
  bool stalled_ = false;
  Time last_arrival_;
  Duration their_packet_time_{};
  bool they_are_silent_ = false;
  std::optional<wire::VoiceCodec> heard_;
  int64_t media_units_ = 0;  // of their newest packet, unwrapped
  ByteVector payload_;
};

}  // namespace farline::client
