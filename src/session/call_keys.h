// The end-to-end secrets of one call between two devices (docs/PROTOCOL.md sections 3, 4): the Noise KK handshake
// inside INVITE and RINGING, the sealed signals that follow, and the SFrame keys of the media and of what the devices
// say about the path between them. The supernode sees none of it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/rng.h"
#include "crypto/asymmetric.h"
#include "crypto/noise.h"
#include "crypto/sframe.h"
#include "session/replay_window.h"
#include "wire/control.h"
#include "wire/ids.h"

namespace farline::session {

enum class CallSide : uint8_t { caller, callee };

// What both sides mix into the handshake's prologue.
struct CallBinding {
  wire::CallNumber call = 0;
  wire::DeviceId caller{};
  wire::DeviceId callee{};
};

struct CallParty {
  const crypto::Asymmetric& asymmetric;
  Rng& rng;
  const crypto::KeyPair& self;
  const crypto::PublicKey& peer;
};

crypto::Handshake call_handshake(CallSide side, const CallBinding& binding, const CallParty& party);

// CONFIRM, ANSWER and HANGUP. A counter in the open, strictly rising; at most 255 signals each way.
class SignalSeal {
 public:
  SignalSeal(crypto::Secret<32> send, crypto::Secret<32> receive);

  ByteVector seal(wire::SealedKind kind, Bytes payload);
  std::optional<ByteVector> open(wire::SealedKind kind, Bytes sealed);

 private:
  crypto::CipherState send_;
  crypto::CipherState receive_;
  uint8_t send_counter_ = 0;
  unsigned receive_next_ = 0;
};

// What is sealed has counters of its own: path messages get lost in NATs, and must not look like lost media.
enum class SealUse : uint8_t { media = 0, path = 2 };  // KID of the caller

// SFrame both ways, each frame accepted once.
class MediaSeal {
 public:
  MediaSeal(CallSide side, SealUse use, const crypto::Secret<32>& exporter);

  // The same media under the next keys: counters and the replay window go on where `before` is, and what its far side
  // still has under way opens as well.
  void take_over(MediaSeal&& before);

  // By its KID: whether this seal, or one of another use, is meant. Nothing is verified.
  bool is_for(Bytes sframe) const;

  // Appends the SFrame ciphertext of `payload` to `out` and returns its counter.
  uint64_t seal(Bytes payload, Writer& out);

  struct Opened {
    uint64_t counter = 0;
    Bytes payload;
  };
  enum class Failure : uint8_t { malformed, replayed, unauthentic };
  // `plaintext` has room for the ciphertext's size.
  std::optional<Opened> open(Bytes sframe, MutableBytes plaintext, Failure& failure);

  // Whether open would succeed; nothing changes by asking.
  bool is_authentic(Bytes sframe) const;

  // The highest counter accepted so far.
  std::optional<uint64_t> newest() const { return received_.any() ? std::optional(received_.highest()) : std::nullopt; }

  // Most that SFrame adds: config byte, 8 bytes of counter, tag.
  static constexpr size_t kOverheadMax = 1 + 8 + 8;

 private:
  crypto::SFrameKey send_;
  crypto::SFrameKey receive_;
  std::optional<crypto::SFrameKey> former_;  // of theirs, before take_over
  uint64_t send_counter_ = 0;
  ReplayWindow received_;
};

struct CallKeys {
  SignalSeal signals;
  MediaSeal media;
  MediaSeal path;
};
CallKeys make_call_keys(CallSide side, crypto::TransportKeys keys);

}  // namespace farline::session
