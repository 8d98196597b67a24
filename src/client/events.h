// What the client core tells its shell: events in the order they happened, and plain structs to show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "policy/decide.h"
#include "stream/stream_sender.h"
#include "voice/speech_input.h"
#include "wire/voice_payload.h"

namespace farline::client {

using CallId = uint32_t;  // local; 0: none

enum class EventKind : uint8_t {
  attached,
  detached,  // the supernode is lost or refused us; the core goes on trying unless `refused` says why not
  refused,   // revoked, certificate refused: reason text in `text`; no further tries
  incoming,  // a call rings here; peer = caller's name
  ringing,   // the far side rings
  connected,
  stalled,  // nothing heard in the call for a while; it stays up
  resumed,
  ended,        // reason
  new_device,   // a known person has a device we had not seen: peer = name
  policy,       // another policy is in force here, or the one found is not to be trusted: text
  closing,      // the call will end by policy in `left`: verdict
  held,         // messages wait here by policy: verdict, of what opens first
  released,     // none does any more
  break_glass,  // a code opened this device, or (peer = name) the device of the other person
};

enum class EndReason : uint8_t {
  hung_up,  // by us
  peer_hung_up,
  declined,  // by them, or by us for an incoming call
  busy,
  no_answer,           // they did not answer in time
  missed,              // an incoming call that we did not answer
  answered_elsewhere,  // on another device of the callee
  not_attached,        // the person exists and none of their devices is attached
  no_such_name,
  not_allowed,       // refused: verdict says by which rule, where it is the policy's
  closed_by_policy,  // a running call: verdict
  unreachable,       // the supernode or the far side did not answer at all
  failed,            // the call could not be secured, or its relay channel is gone
};

// What the policy says, for people.
struct Verdict {
  bool allowed = false;
  policy::Rule rule = policy::Rule::open;
  std::optional<WallTime> until{};  // when that changes by itself
  policy::UtcOffset utc_offset{};   // of site time, then
  bool should_update = false;
  std::string words{};
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

struct Event {
  EventKind kind = EventKind::attached;
  CallId call = 0;
  bool outgoing = false;
  EndReason reason = EndReason::hung_up;
  std::string peer{};
  std::string_view text{};  // a literal
  std::optional<Verdict> verdict{};
  Duration left{};  // until a call closes
  // incoming: from the device that we were in a call with until its program ended, moments ago; nobody hung up.
  bool takes_up = false;
};

enum class CallState : uint8_t { idle, looking_up, calling, ringing_there, ringing_here, answering, connected };

// Above a second's delay people talk over each other: a tone at the end of what the far person says helps them to take
// turns. automatic: while the delay is that long.
enum class TurnTaking : uint8_t { off, automatic, on };

// How a call treats sound; the host knows what captures it.
struct SoundOptions {
  voice::SpeechInput::Options speech_input;
  TurnTaking turn_taking = TurnTaking::automatic;
};

// Bytes to send behind the voice of a call. `source` gives the same ones each time it is asked.
struct Stream {
  uint32_t length = 0;
  stream::StreamSender::Source source;
};

struct Cost {
  double amount = 0;
  std::string currency{};  // as the tariff says it; may be empty
  friend bool operator==(const Cost&, const Cost&) = default;
};

inline constexpr size_t kKeysShown = 32;

// Figures of one call, as docs/CLI.md names them.
struct CallStats {
  std::string_view rung{};  // of the ladder (voice/ladder.h): what the next four say, by name
  wire::VoiceCodec codec = wire::VoiceCodec::codec2_1200;  // ours, being sent
  uint32_t mode_bps = 0;
  uint32_t ptime_ms = 0;
  const char* redundancy = "none";
  uint32_t wire_tx_bps = 0;  // last 5 s, headers included
  uint32_t wire_rx_bps = 0;
  uint32_t capacity_tx_bps = 0;  // configured or told by the far side; 0: not known
  uint32_t capacity_rx_bps = 0;
  double loss = 0;                      // received direction, last 5 s, 0..1
  double peer_loss = 0;                 // as the far side reports it
  std::string_view loss_kind = "none";  // of what we send: path/loss_kind.h
  double loss_burst = 1;                // packets lost in a row there, in the mean
  uint32_t rtt_ms = 0;                  // to the far device; 0: not measured yet
  uint32_t playout_delay_ms = 0;
  uint64_t recovered_ms = 0;
  uint64_t concealed_ms = 0;
  uint64_t bytes_tx = 0;  // of the call, signalling and headers included
  uint64_t bytes_rx = 0;
  Duration connected_for{};
  bool takes_keys = false;   // and that we press keys
  std::string keys_heard{};  // of their keypad: the last kKeysShown
  bool takes_notes = false;  // the far device understands that we hold or record
  bool is_held_there = false;
  bool is_recorded_there = false;
  bool is_stalled = false;
  Duration stalled_for{};  // nothing heard since
  // The same bytes by class; what is left is signalling, reports and measurements.
  uint64_t voice_bytes_tx = 0;
  uint64_t voice_bytes_rx = 0;
  uint64_t bulk_bytes_tx = 0;
  uint64_t bulk_bytes_rx = 0;
  uint32_t bulk_acknowledged = 0;           // of the stream that we send, by the far end
  uint32_t bulk_received = 0;               // of theirs
  uint32_t mouth_to_ear_ms = 0;             // from the far person's mouth to our ear; 0: not known yet
  bool is_direct = false;                   // past the relay
  std::optional<wire::VoiceCodec> heard{};  // of their newest speech
  std::optional<Cost> cost{};               // of this device's link, from connected on; nothing: no tariff known
  friend bool operator==(const CallStats&, const CallStats&) = default;
};

struct ContactView {
  std::string name;
  uint32_t devices = 0;
  bool blocked = false;
};

// Dropped packets by reason, and what else happened often.
struct Counters {
  uint64_t datagrams = 0;
  uint64_t malformed = 0;
  uint64_t unauthentic = 0;
  uint64_t replayed = 0;
  uint64_t unknown_session = 0;
  uint64_t unexpected = 0;
  uint64_t handshakes = 0;
  uint64_t bytes_sent = 0;  // on the wire, headers included
  uint64_t bytes_received = 0;
};

}  // namespace farline::client
