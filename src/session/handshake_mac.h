// The two MACs in front of the handshake, and the stateless cookie behind the second (docs/PROTOCOL.md 1.1, 1.3): a
// node does no Diffie-Hellman for a packet whose mac1 is wrong, and under load none for an address that has not shown
// that it receives. After WireGuard (Donenfeld, NDSS 2017, section 5.4.4).
#pragma once

#include <array>
#include <optional>

#include "base/address.h"
#include "base/bytes.h"
#include "base/rng.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "wire/handshake.h"

namespace farline::session {

using Mac = std::array<uint8_t, wire::kMac1Bytes>;

Mac mac1(const crypto::PublicKey& node, Bytes covered);
Mac mac2(const wire::Cookie& cookie, Bytes covered);

// The node's side.
class CookieIssuer {
 public:
  explicit CookieIssuer(Rng& rng) : rng_(rng) {}

  // The reply to an initiation from `to`; no longer than any initiation.
  wire::CookieReplyFrame reply(Time now, const crypto::PublicKey& node, const wire::InitiationFrame& question,
                               const Address& to);
  // Whether mac2 was made with a cookie given to this address in this or the previous period.
  bool accepts(Time now, const wire::InitiationFrame& frame, const Address& from);

 private:
  void rotate(Time now);
  wire::Cookie cookie(const crypto::Secret<32>& secret, const Address& address) const;

  Rng& rng_;
  crypto::Secret<32> current_;
  crypto::Secret<32> previous_;
  std::optional<Time> since_;
};

// The client's side: nothing when the reply is not an answer to the initiation that had this mac1.
std::optional<wire::Cookie> open_cookie_reply(const wire::CookieReplyFrame& reply, const crypto::PublicKey& node,
                                              const Mac& mac1_sent);

// The answer of a node that has too much to do: sealed, so that nobody can send it but who has seen the question.
wire::BusyFrame make_busy(Rng& rng, const crypto::PublicKey& node, const wire::InitiationFrame& question,
                          uint8_t retry_after_seconds);
// Nothing when it is not the answer to the initiation that had this mac1.
std::optional<uint8_t> open_busy(const wire::BusyFrame& busy, const crypto::PublicKey& node, const Mac& mac1_sent);

}  // namespace farline::session
