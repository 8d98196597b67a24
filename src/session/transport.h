// One established session between a client and its node: seals and opens control records and keepalives
// (docs/PROTOCOL.md 1.4, 1.5). Holds keys and counters only; who is at which address is the owner's business. Nothing
// changes by opening until a tag has verified.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "crypto/noise.h"
#include "session/replay_window.h"
#include "wire/packet.h"

namespace farline::session {

enum class Side : uint8_t { client, node };

enum class OpenError : uint8_t { malformed, replayed, unauthentic };

class Transport {
 public:
  // `keys` as Noise's split gave them to this side. `peer_index` is what the peer calls this session in long headers
  // and keepalives.
  Transport(Side side, crypto::TransportKeys keys, wire::SessionIndex peer_index, Time now);

  // Appends a sealed record to `out`, which has room for the message and 28 bytes more.
  void seal(Time now, bool long_header, Bytes message, Writer& out);
  // Returns the message, in `plaintext`; one that does not fit there is malformed.
  std::optional<Bytes> open(Bytes datagram, MutableBytes plaintext, OpenError& error);

  // `more` is authenticated with it.
  void seal_keepalive(wire::PacketType type, Writer& out, Bytes more = {});
  bool open_keepalive(Bytes datagram, OpenError& error);

 private:
  void rekey_if_due(Time now);
  struct Record {
    uint64_t counter;
    Bytes associated_data;
    Bytes sealed;
  };
  Result<size_t> open_ahead(bool key_phase, const Record& record, MutableBytes plaintext);

  wire::SessionIndex peer_index_;
  crypto::CipherState send_;
  crypto::CipherState receive_;
  std::optional<crypto::CipherState> receive_previous_;  // records of the old phase may still be on their way
  bool send_phase_ = false;
  bool receive_phase_ = false;
  uint64_t send_counter_ = 0;
  uint64_t sent_under_key_ = 0;
  Time key_since_;
  ReplayWindow received_;
  crypto::Secret<16> keepalive_send_;
  crypto::Secret<16> keepalive_receive_;
  uint64_t keepalive_counter_ = 0;
  uint64_t keepalive_next_ = 0;  // the lowest counter still acceptable
};

}  // namespace farline::session
