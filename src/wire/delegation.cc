#include "wire/delegation.h"

#include "wire/cbor.h"
#include "wire/cose.h"
#include "wire/limits.h"
#include "wire/text_code.h"

namespace farline::wire {
namespace {

constexpr std::string_view kRequestAad = "farline delegation request";

// How a text begins, and what a person is told when it does not or when the rest is not right.
struct TextForm {
  std::string_view prefix;
  std::string_view folded_prefix;
  Error other;
  Error damaged;
};
constexpr TextForm kRequestForm{
    "farline-request1-",
    "farlinerequest1",
    {Errc::malformed, "this is no request of a node; it begins with farline-request1-"},
    {Errc::malformed, "the request is incomplete or was changed; copy it again from the node"}};
constexpr TextForm kDelegationForm{
    "farline-delegation1-",
    "farlinedelegation1",
    {Errc::malformed, "this is no delegation; it begins with farline-delegation1-"},
    {Errc::malformed, "the delegation is incomplete or was changed; copy it again from farline-admin"}};

Result<ByteVector> bytes_of(std::string_view text, const TextForm& form) {
  if (text.size() > kDelegationTextMax) return form.other;
  std::string folded;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') folded += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) folded += c;
  }
  if (!folded.starts_with(form.folded_prefix)) return form.other;
  auto bytes = from_base32(std::string_view(folded).substr(form.folded_prefix.size()));
  if (!bytes) return form.damaged;
  return bytes;
}

}  // namespace

std::string request_to_text(const crypto::PublicKey& node_key, const crypto::SigningKeyPair& issuer_key,
                            const crypto::Asymmetric& asymmetric) {
  std::array<uint8_t, 1 + 2 + 32 + 2 + 33> buffer{};
  CborWriter payload(buffer);
  payload.array(2);
  payload.bytes(node_key);
  payload.bytes(issuer_key.public_key);
  const CoseContent content{.payload = payload.written(), .external_aad = as_bytes(kRequestAad)};
  return std::string(kRequestForm.prefix) + to_base32(cose_sign1(content, {}, issuer_key, asymmetric));
}

Result<DelegationRequest> request_from_text(std::string_view text, const crypto::Asymmetric& asymmetric) {
  const auto bytes = bytes_of(text, kRequestForm);
  if (!bytes) return bytes.error();
  const auto signed_request = parse_cose_sign1(*bytes);
  if (!signed_request) return kRequestForm.damaged;
  CborReader payload(signed_request->payload);
  DelegationRequest request;
  payload.expect_array(2);
  request.node_key = payload.byte_array<32>();
  request.issuer_key = payload.byte_array<33>();
  if (!payload.finish()) return kRequestForm.damaged;
  if (!verify_cose_sign1(*signed_request, as_bytes(kRequestAad), request.issuer_key, asymmetric))
    return Error{Errc::auth, kRequestForm.damaged.what};
  return request;
}

bool looks_like_delegation(std::string_view text) {
  return text.starts_with(kDelegationForm.prefix);
}

std::string delegation_to_text(const Delegation& delegation) {
  std::array<uint8_t, 1 + 2 + 33 + 3 + kCertificateBytesMax> buffer{};
  CborWriter out(buffer);
  out.array(2);
  out.bytes(delegation.root_key);
  out.bytes(delegation.issuer_certificate);
  return std::string(kDelegationForm.prefix) + to_base32(out.written());
}

Result<Delegation> delegation_from_text(std::string_view text, const crypto::Asymmetric& asymmetric) {
  const auto bytes = bytes_of(text, kDelegationForm);
  if (!bytes) return bytes.error();
  CborReader in(*bytes);
  Delegation delegation;
  in.expect_array(2);
  delegation.root_key = in.byte_array<33>();
  delegation.issuer_certificate = to_vector(in.bytes());
  if (!in.finish()) return kDelegationForm.damaged;
  const std::array<Bytes, 1> chain{delegation.issuer_certificate};
  const auto verified = verify_chain(chain, {delegation.root_key, Role::issuer, {}}, asymmetric);
  if (!verified) return Error{verified.error().code, kDelegationForm.damaged.what};
  return delegation;
}

}  // namespace farline::wire
