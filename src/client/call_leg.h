// One invitation between two devices, inside a call: a call to a person has a leg for each of their devices, an
// incoming call has one. Also the repetition of unanswered messages (docs/PROTOCOL.md section 2, Repetition).
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/noise.h"
#include "session/call_keys.h"
#include "wire/call.h"
#include "wire/control.h"

namespace farline::client {

// Sends the same encoded message again until stopped: first after `interval`, then doubling up to wire::kRepeatMax.
class Repeat {
 public:
  void start(Time now, ByteVector message, Duration interval, unsigned times = 1000) {
    message_ = std::move(message);
    interval_ = interval;
    due_ = now + interval;
    left_ = times;
  }
  void stop() { due_.reset(); }
  // The session is new: whatever waits is sent again at once.
  void hurry(Time now) {
    if (due_) due_ = now;
  }
  bool is_running() const { return due_.has_value(); }
  std::optional<Time> due() const { return due_; }
  // The message when it is time to send it; empty otherwise. Stops by itself after its last time.
  Bytes poll(Time now) {
    if (!due_ || now < *due_) return {};
    if (left_ == 0) {
      due_.reset();
      return {};
    }
    --left_;
    interval_ = std::min<Duration>(2 * interval_, std::max<Duration>(interval_, wire::kRepeatMax));
    due_ = now + interval_;
    return message_;
  }
  bool is_exhausted(Time now) const { return due_ && left_ == 0 && now >= *due_; }

 private:
  ByteVector message_;
  Duration interval_{};
  std::optional<Time> due_;
  unsigned left_ = 0;
};

struct Leg {
  enum class State : uint8_t {
    inviting,   // caller: INVITE sent, no RINGING yet
    ringing,    // both: message 2 exchanged
    chosen,     // this leg carries the call
    cancelled,  // caller: CANCEL sent; a RINGING that comes after all is hung up
    leaving,    // HANGUP sent, not acknowledged
    over,
  };

  wire::DeviceId device;
  wire::CallNumber number = 0;
  wire::Channel channel = 0;  // valid from ringing on
  bool continues = false;     // goes on with the call that runs, whose relay is gone,
  bool asks = false;          // or asks the caller of that call to do so
  State state = State::inviting;
  std::optional<crypto::Handshake> handshake;  // until RINGING
  std::optional<session::CallKeys> keys;       // from then on
  ByteVector ringing;                          // callee: the RINGING message, for a repeated INCOMING
  ByteVector confirm;                          // caller: the CONFIRM message, for a repeated RINGING
  bool confirmed = false;                      // callee: CONFIRM has come
  uint32_t peer_receive_max_bps = 0;
  bool peer_broke_glass = false;  // by a code: open there now
  bool peer_takes_notes = false;
  bool peer_takes_keys = false;
  bool peer_goes_direct = false;
  uint8_t peer_streams = 0;
  wire::PolicyVersion peer_policy;
  Duration peer_round_trip = wire::kRoundTripGuess;  // of the far device to its node
  Repeat repeat;
  std::optional<Time> forget_at;  // cancelled: when no late RINGING is expected any more

  // What an INVITE and a RINGING both say of their sender.
  template <typename Payload>
  void learn_peer(const Payload& payload) {
    peer_receive_max_bps = payload.receive_max_bps;
    peer_goes_direct = (payload.capabilities & wire::kCapabilityDirect) != 0;
    peer_broke_glass = (payload.capabilities & wire::kCapabilityGlass) != 0;
    peer_takes_notes = (payload.capabilities & wire::kCapabilityNotes) != 0;
    peer_takes_keys = (payload.capabilities & wire::kCapabilityKeys) != 0;
    peer_streams = payload.streams;
    peer_policy = payload.policy;
    if (payload.round_trip_ms != 0) peer_round_trip = std::chrono::milliseconds(payload.round_trip_ms);
  }
};

inline ByteVector encoded(const wire::ControlMessage& message) {
  ByteVector out(wire::kControlMessageMax);
  Writer w(out);
  wire::encode_control(message, w);
  out.resize(w.size());
  return out;
}

}  // namespace farline::client
