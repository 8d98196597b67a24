// Invitations: everything a new device needs to enrol, in a file, a QR code or text that a person can read out
// (docs/PROTOCOL.md section 7). Text: `farline1-` and base32; case, spaces, line breaks and dashes do not matter when
// it is read, and a checksum tells a typing mistake from an invitation that is over.
//
// Whether an invitation is expired or used up is the node's decision; `expires` lets a client say so beforehand.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "wire/handshake.h"

namespace farline::wire {

inline constexpr size_t kInvitationHostMax = 64;  // host names in the field are shorter; keeps a QR code readable
inline constexpr size_t kInvitationBytesMax = 75 + kInvitationHostMax;
inline constexpr size_t kInvitationTextMax = 4096;  // as pasted, with whatever spacing

using RootKeyHash = std::array<uint8_t, 16>;

struct Invitation {
  RootKeyHash root_key_hash{};  // the device refuses an ENROLLED with another root key
  crypto::PublicKey node_key{};
  Token token{};
  WallTime expires;  // whole minutes on the wire, rounded up
  std::string host;  // IPv4 or IPv6 (without brackets) in numbers, or a DNS name
  uint16_t port = 0;
};

RootKeyHash root_key_hash_of(const crypto::SigningPublicKey& root_key);

// What is kept of a token where enrolments are allowed: tells nobody the token.
using TokenHash = std::array<uint8_t, 16>;
TokenHash token_hash_of(const Token& token);

// `invitation` has a host of 1..kInvitationHostMax bytes and a port; check_invitation_host tells.
ByteVector encode_invitation(const Invitation& invitation);
Result<Invitation> parse_invitation(Bytes encoded);
Result<void> check_invitation_host(std::string_view host);

std::string invitation_to_text(const Invitation& invitation);
// Errors say in words for a person whether it is incomplete, mistyped, or no invitation at all.
Result<Invitation> invitation_from_text(std::string_view text);

}  // namespace farline::wire
