// Orders: what an organisation's root decides for a node that it does not reach, as a signed file
// (docs/PROTOCOL.md 8.1). Holds hashes of tokens, no token, so it is no secret. Whether it is for this node, in
// time and not taken before is the node's to say.
//
// Reading is bounded by kOrderBytesMax. Errors: malformed, truncated, unsupported, limit (the bytes), auth (not signed
// by enough of the keys).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/asymmetric.h"
#include "wire/ids.h"
#include "wire/invitation.h"
#include "wire/root_signatures.h"

namespace farline::wire {

inline constexpr size_t kOrderBytesMax = 48 * 1024;
inline constexpr size_t kOrderInvitationsMax = 400;
inline constexpr size_t kOrderRenewalsMax = 100;
inline constexpr size_t kOrderNodesMax = 32;

struct OrderedInvitation {
  TokenHash token{};
  uint32_t uses = 1;  // 1..kInvitationUsesMax
  WallTime expires;   // at most kInvitationHoursMax after `issued`
  std::string name;   // as wire/name.h; empty: any
  uint8_t role = 0;   // of the person: Certificate::person_role
  uint32_t days = 0;  // the longest certificate, at most kDeviceCertificateDays; 0: as long as the node may give
};

// Lets a device have a new certificate once, also when its own has expired or is a guest's.
struct OrderedRenewal {
  DeviceId device;
  WallTime expires;             // of this permission; as above
  std::optional<uint8_t> role;  // nothing: as before
  uint32_t days = 0;            // as above
};

struct Order {
  std::array<uint8_t, 8> id{};  // random: a node takes each order once
  WallTime issued;
  std::vector<crypto::PublicKey> nodes;  // whom it is for; empty: every node of the organisation
  std::vector<OrderedInvitation> invitations;
  std::vector<OrderedRenewal> renewals;
  CertificateHash root{};  // key_id_of the root key that signed it first: not in what is signed
};

// When all that it permits is over.
WallTime end_of(const Order& order);

// `order` is within its limits and permits something: our mistake otherwise.
ByteVector encode_and_sign(const Order& order, const crypto::SigningKeyPair& root_key,
                           const crypto::Asymmetric& asymmetric);
// A COSE_Sign, to which others add theirs. REQUIRES 1 to kCoseSignersMax keys.
ByteVector encode_and_sign(const Order& order, std::span<const crypto::SigningKeyPair> root_keys,
                           const crypto::Asymmetric& asymmetric);
Result<ByteVector> cosign_order(Bytes file, const crypto::SigningKeyPair& root_key,
                                const crypto::Asymmetric& asymmetric);
Result<Order> verify_order(Bytes file, const RootKeys& roots, const crypto::Asymmetric& asymmetric);
// What it says, whoever signed it: for tools that show it, never for obeying it.
Result<Order> read_unverified_order(Bytes file);

// Whether a file is meant to be an order; says nothing about whether it is one.
bool looks_like_order(Bytes file);

}  // namespace farline::wire
