#include "wire/root_signatures.h"

#include <algorithm>

#include "wire/cbor.h"
#include "wire/certificate.h"
#include "wire/cose.h"

namespace farline::wire {
namespace {

std::optional<CertificateHash> hash_in(Bytes key_id) {
  if (key_id.size() != sizeof(CertificateHash)) return {};
  return CertificateHash{Reader(key_id).array<8>()};
}

Result<RootSigned> verify_one(Bytes file, Bytes external_aad, std::span<const crypto::SigningPublicKey> keys,
                              const crypto::Asymmetric& asymmetric) {
  const auto parsed = parse_cose_sign1(file);
  if (!parsed) return parsed.error();
  RootSigned out{parsed->payload, {}};
  for (const crypto::SigningPublicKey& key : keys) {
    if (!verify_cose_sign1(*parsed, external_aad, key, asymmetric)) continue;
    out.signers.push_back(key_id_of(key));
    break;
  }
  return out;
}

}  // namespace

bool is_signed_by_one(Bytes file) {
  CborReader in(file);
  return in.peek() == CborType::tag && in.tag() == kCoseSign1Tag;
}

Result<Bytes> unverified_payload(Bytes file) {
  if (is_signed_by_one(file)) {
    const auto parsed = parse_cose_sign1(file);
    if (!parsed) return parsed.error();
    return parsed->payload;
  }
  const auto parsed = parse_cose_sign(file);
  if (!parsed) return parsed.error();
  return parsed->payload;
}

Result<std::vector<CertificateHash>> named_signers(Bytes file) {
  std::vector<CertificateHash> out;
  const auto name = [&](Bytes key_id) {
    if (const auto id = hash_in(key_id)) out.push_back(*id);
  };
  if (is_signed_by_one(file)) {
    const auto parsed = parse_cose_sign1(file);
    if (!parsed) return parsed.error();
    name(parsed->key_id);
    return out;
  }
  const auto parsed = parse_cose_sign(file);
  if (!parsed) return parsed.error();
  for (size_t i = 0; i < parsed->signer_count; ++i) name(parsed->signers[i].key_id);
  return out;
}

Result<RootSigned> verify_by_roots(Bytes file, Bytes external_aad, std::span<const crypto::SigningPublicKey> keys,
                                   const crypto::Asymmetric& asymmetric) {
  if (is_signed_by_one(file)) return verify_one(file, external_aad, keys, asymmetric);
  const auto parsed = parse_cose_sign(file);
  if (!parsed) return parsed.error();
  RootSigned out{parsed->payload, {}};
  std::vector<CertificateHash> looked_at;
  for (size_t i = 0; i < parsed->signer_count; ++i) {
    const CoseSigner& signer = parsed->signers[i];
    const auto id = hash_in(signer.key_id);
    if (!id || std::ranges::find(looked_at, *id) != looked_at.end()) continue;
    const auto key = std::ranges::find_if(keys, [&](const auto& each) { return key_id_of(each) == *id; });
    if (key == keys.end()) continue;
    looked_at.push_back(*id);
    if (asymmetric.verify(*key, cose_signed_bytes(*parsed, signer, external_aad), signer.signature))
      out.signers.push_back(*id);
  }
  return out;
}

ByteVector sign_by_roots(Bytes payload, Bytes external_aad, std::span<const crypto::SigningKeyPair> keys,
                         const crypto::Asymmetric& asymmetric) {
  std::vector<CoseSignature> signatures;
  for (const crypto::SigningKeyPair& key : keys)
    signatures.push_back(cose_sign({payload, external_aad}, key_id_of(key.public_key).bytes, key, asymmetric));
  return encode_cose_sign(payload, signatures);
}

Result<ByteVector> cosign_by_root(Bytes file, Bytes external_aad, const crypto::SigningKeyPair& key,
                                  const crypto::Asymmetric& asymmetric) {
  const auto parsed = parse_cose_sign(file);
  if (!parsed) return Error{parsed.error().code, "was not made for several signatures (threshold)"};
  if (parsed->signer_count == kCoseSignersMax) return Error{Errc::limit, "has as many signatures as it can"};
  const CertificateHash id = key_id_of(key.public_key);
  std::vector<CoseSignature> signatures;
  for (size_t i = 0; i < parsed->signer_count; ++i) {
    const CoseSigner& signer = parsed->signers[i];
    if (equal(signer.key_id, id.bytes)) return Error{Errc::denied, "is signed by this key already"};
    signatures.push_back({to_vector(signer.key_id), signer.signature});
  }
  if (!equal(encode_cose_sign(parsed->payload, signatures), file))
    return Error{Errc::unsupported, "was not made by this program: its signatures cannot be kept"};
  signatures.push_back(cose_sign({parsed->payload, external_aad}, id.bytes, key, asymmetric));
  return encode_cose_sign(parsed->payload, signatures);
}

}  // namespace farline::wire
