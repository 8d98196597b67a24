// How a site's supernode is found on its own network when neither a name nor a known address leads to it: a device asks
// a multicast group for the holder of a key, and that node answers with its port. Nobody without the node's key, which
// only its organisation's devices have, can tell whose question or answer it is or make one: all of it looks random,
// and no two are alike. That a datagram of this size was sent to this group is seen by everybody there, and who has
// recorded a question can ask it again: so both ends do it only where they were told to.
//   question  random 16 || tag 16 || random 32    tag: HMAC-SHA256(k, "question" || random), its first half
//   answer    random 16 || sealed port u16        ChaCha20-Poly1305, HKDF-Expand(k, "answer" || question || random)
// with k = HKDF-Extract("farline lan 1", key of the node). An answer is shorter than its question: it amplifies
// nothing. It says nothing about the node either: whoever attaches there proves the key as everywhere (1.1).
//
// Where no node answers, a device of its own may stand in for it (PROTOCOL 1.9). The question for one is longer than
// any answer, which brings that device's certificate; tag and key as above, with "stand-in" and "standing in".
//   question  random 16 || tag 16 || random 568
//   answer    random 16 || sealed (port u16 || certificate)
#pragma once

#include <optional>

#include "base/address.h"
#include "base/rng.h"
#include "crypto/aead.h"
#include "wire/limits.h"

namespace farline::wire {

inline constexpr Address kLanGroup = Address::v4(239, 255, 70, 76, 4748);  // of the local scope, RFC 2365 section 6.1
inline constexpr size_t kLanRandomBytes = 16;
using LanQuestion = std::array<uint8_t, 64>;
using LanAnswer = std::array<uint8_t, kLanRandomBytes + 2 + crypto::kTagBytes>;

LanQuestion make_lan_question(const crypto::PublicKey& node, Rng& rng);
bool is_lan_question(const crypto::PublicKey& node, Bytes datagram);

// REQUIRES is_lan_question(). `port`: where the node takes UDP, at the address that the answer comes from.
LanAnswer make_lan_answer(const crypto::PublicKey& node, Bytes question, uint16_t port, Rng& rng);
// Nothing: not this node's answer to this question.
std::optional<uint16_t> read_lan_answer(const crypto::PublicKey& node, const LanQuestion& question, Bytes datagram);

using StandInQuestion = std::array<uint8_t, 600>;
inline constexpr size_t kStandInAnswerMax = kLanRandomBytes + 2 + kCertificateBytesMax + crypto::kTagBytes;
static_assert(kStandInAnswerMax < std::tuple_size_v<StandInQuestion>);
struct StandInAnswer {
  uint16_t port = 0;
  ByteVector certificate{};  // not verified
};
StandInQuestion make_stand_in_question(const crypto::PublicKey& node, Rng& rng);
bool is_stand_in_question(const crypto::PublicKey& node, Bytes datagram);
// REQUIRES is_stand_in_question() and a certificate of 1 to kCertificateBytesMax bytes.
ByteVector make_stand_in_answer(const crypto::PublicKey& node, Bytes question, const StandInAnswer& answer, Rng& rng);
std::optional<StandInAnswer> read_stand_in_answer(const crypto::PublicKey& node, const StandInQuestion& question,
                                                  Bytes datagram);

}  // namespace farline::wire
