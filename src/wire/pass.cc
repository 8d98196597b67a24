#include "wire/pass.h"

#include "wire/cbor.h"
#include "wire/cose.h"
#include "wire/limits.h"

namespace farline::wire {
namespace {

constexpr std::string_view kPassAad = "farline pass";
// Claims of RFC 8392 section 4, and a confirmation by key id of RFC 8747 section 3.4.
constexpr int64_t kPassExpires = 4;
constexpr int64_t kPassConfirmation = 8;
constexpr int64_t kPassKeyId = 3;

Result<PassClaims> decode_claims(Bytes payload) {
  constexpr Error kWrong{Errc::malformed, "pass has other claims than its format"};
  CborReader in(payload);
  PassClaims claims;
  if (in.map() != 2 || in.integer() != kPassExpires) in.fail(kWrong);
  claims.expires = {in.unsigned_integer()};
  if (in.integer() != kPassConfirmation || in.map() != 1 || in.integer() != kPassKeyId) in.fail(kWrong);
  claims.device = {in.byte_array<8>()};
  if (const auto finished = in.finish(); !finished) return finished.error();
  return claims;
}

}  // namespace

ByteVector sign_pass(const PassClaims& claims, const CertificateHash& issuer, const crypto::SigningKeyPair& issuer_key,
                     const crypto::Asymmetric& asymmetric) {
  std::array<uint8_t, 64> buffer{};
  CborWriter out(buffer);
  out.map(2);
  out.integer(kPassExpires);
  out.unsigned_integer(claims.expires.seconds);
  out.integer(kPassConfirmation);
  out.map(1);
  out.integer(kPassKeyId);
  out.bytes(claims.device.bytes);
  return cose_sign1({out.written(), as_bytes(kPassAad)}, issuer.bytes, issuer_key, asymmetric);
}

std::optional<CertificateHash> issuer_of_pass(Bytes encoded) {
  const auto envelope = encoded.size() > kPassBytesMax ? Error{Errc::limit, {}} : parse_cose_sign1(encoded);
  if (!envelope || envelope->key_id.size() != sizeof(CertificateHash)) return {};
  return CertificateHash{Reader(envelope->key_id).array<8>()};
}

Result<PassClaims> verify_pass(Bytes encoded, const Authority& issuer, const crypto::Asymmetric& asymmetric) {
  if (encoded.size() > kPassBytesMax) return Error{Errc::limit, "pass is too long"};
  const auto envelope = parse_cose_sign1(encoded);
  if (!envelope) return envelope.error();
  if (!equal(envelope->key_id, issuer.id.bytes)) return Error{Errc::auth, "pass is from another node"};
  const auto claims = decode_claims(envelope->payload);
  if (!claims) return claims;
  const auto verified = verify_cose_sign1(*envelope, as_bytes(kPassAad), issuer.signing_key, asymmetric);
  if (!verified) return verified.error();
  return claims;
}

}  // namespace farline::wire
