// How a node gets the right to enrol devices from an organisation that keeps its root key elsewhere
// (docs/PROTOCOL.md section 8): the node's request travels to the root as text, the delegation comes back as text.
// Neither is secret. As with invitations, case, spaces, line breaks and dashes do not matter when text is read.
// Errors: malformed, truncated, unsupported, limit (the text), auth (a signature), each in words for a person.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/asymmetric.h"
#include "wire/certificate.h"

namespace farline::wire {

inline constexpr size_t kDelegationTextMax = 4096;  // as pasted, with whatever spacing

// Signed with the issuer key, which proves that the node has it.
struct DelegationRequest {
  crypto::PublicKey node_key{};
  crypto::SigningPublicKey issuer_key{};
};
std::string request_to_text(const crypto::PublicKey& node_key, const crypto::SigningKeyPair& issuer_key,
                            const crypto::Asymmetric& asymmetric);
Result<DelegationRequest> request_from_text(std::string_view text, const crypto::Asymmetric& asymmetric);

struct Delegation {
  crypto::SigningPublicKey root_key{};  // whether it is the right one is for a person to compare
  ByteVector issuer_certificate;
};
// Whether a file is meant to be one; says nothing about whether it is.
bool looks_like_delegation(std::string_view text);
std::string delegation_to_text(const Delegation& delegation);
// The certificate is one of an issuer and signed by the root key. Says nothing about the present: see check_validity.
Result<Delegation> delegation_from_text(std::string_view text, const crypto::Asymmetric& asymmetric);

}  // namespace farline::wire
