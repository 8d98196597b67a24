#include "policy/signed_policy.h"

#include <algorithm>
#include <utility>

#include "crypto/hash.h"
#include "policy/codec.h"
#include "policy/schema.h"
#include "wire/cbor.h"
#include "wire/certificate.h"
#include "wire/cose.h"

namespace farline::policy {
namespace {

bool is_signed_by_one(Bytes file) {
  wire::CborReader in(file);
  return in.peek() == wire::CborType::tag && in.tag() == wire::kCoseSign1Tag;
}

// Keys of the pin that signed, each counted once, and the payload.
struct Signed {
  Bytes payload;
  size_t keys = 0;
};

using Keys = std::span<const crypto::SigningPublicKey>;

Result<Signed> verify_one(Bytes file, Keys keys, const crypto::Asymmetric& asymmetric) {
  const auto parsed = wire::parse_cose_sign1(file);
  if (!parsed) return parsed.error();
  for (const crypto::SigningPublicKey& key : keys)
    if (wire::verify_cose_sign1(*parsed, {}, key, asymmetric)) return Signed{parsed->payload, 1};
  return Error{Errc::auth, "is not signed by a key of this organisation"};
}

Result<Signed> verify_several(Bytes file, Keys keys, const crypto::Asymmetric& asymmetric) {
  const auto parsed = wire::parse_cose_sign(file);
  if (!parsed) return parsed.error();
  Signed out{parsed->payload, 0};
  for (size_t k = 0; k < keys.size(); ++k) {
    const crypto::SigningPublicKey& key = keys[k];
    if (std::ranges::count(keys.first(k), key) > 0) continue;
    const wire::CertificateHash id = wire::key_id_of(key);
    for (size_t i = 0; i < parsed->signer_count; ++i) {
      const wire::CoseSigner& signer = parsed->signers[i];
      if (!equal(signer.key_id, id.bytes)) continue;
      if (asymmetric.verify(key, wire::cose_signed_bytes(*parsed, signer, {}), signer.signature)) ++out.keys;
      break;  // one look at each key, whatever the file repeats
    }
  }
  return out;
}

Result<Signed> verify_by(Bytes file, Keys keys, const crypto::Asymmetric& asymmetric) {
  return is_signed_by_one(file) ? verify_one(file, keys, asymmetric) : verify_several(file, keys, asymmetric);
}

}  // namespace

RootPin next_pin(const RootPolicy& policy, const RootPin& pin) {
  if (policy.root_keys.empty()) return pin;
  return {pin.organisation, policy.root_keys, policy.threshold.value_or(1), true};
}

ByteVector sign_root(const RootPolicy& policy, std::span<const crypto::SigningKeyPair> keys,
                     const crypto::Asymmetric& asymmetric) {
  INVARIANT(!keys.empty() && keys.size() <= kRootKeysMax);
  const ByteVector payload = encode(policy);
  const wire::CoseContent content{payload, {}};
  if (keys.size() == 1 && policy.threshold.value_or(1) == 1) return wire::cose_sign1(content, {}, keys[0], asymmetric);
  std::vector<wire::CoseSignature> signatures;
  for (const crypto::SigningKeyPair& key : keys)
    signatures.push_back(wire::cose_sign(content, wire::key_id_of(key.public_key).bytes, key, asymmetric));
  return wire::encode_cose_sign(payload, signatures);
}

ByteVector sign_site(const SitePolicy& policy, const crypto::SigningKeyPair& key,
                     const crypto::Asymmetric& asymmetric) {
  return wire::cose_sign1({encode(policy), {}}, {}, key, asymmetric);
}

Result<ByteVector> cosign_root(Bytes signed_file, const crypto::SigningKeyPair& key,
                               const crypto::Asymmetric& asymmetric) {
  const auto parsed = wire::parse_cose_sign(signed_file);
  if (!parsed) return Error{parsed.error().code, "is no policy that several keys sign (threshold)"};
  if (const auto decoded = decode_root(parsed->payload); !decoded) return decoded.error();
  if (parsed->signer_count == wire::kCoseSignersMax) return Error{Errc::limit, "has as many signatures as it can"};
  const wire::CertificateHash id = wire::key_id_of(key.public_key);
  std::vector<wire::CoseSignature> signatures;
  for (size_t i = 0; i < parsed->signer_count; ++i) {
    const wire::CoseSigner& signer = parsed->signers[i];
    if (equal(signer.key_id, id.bytes)) return Error{Errc::denied, "is signed by this key already"};
    signatures.push_back({to_vector(signer.key_id), signer.signature});
  }
  if (!equal(wire::encode_cose_sign(parsed->payload, signatures), signed_file))
    return Error{Errc::unsupported, "was not made by this program: its signatures cannot be kept"};
  signatures.push_back(wire::cose_sign({parsed->payload, {}}, id.bytes, key, asymmetric));
  return wire::encode_cose_sign(parsed->payload, signatures);
}

SitePin pin_of(Bytes signed_site, uint32_t serial) {
  const crypto::Hash hash = crypto::sha256({signed_site});
  SitePin pin;
  Writer out(pin.bytes);
  out.u32(serial);
  out.bytes(Bytes(hash).first(out.capacity_left()));
  return pin;
}

Result<RootPolicy> verify_root(Bytes signed_file, const RootPin& pin, const crypto::Asymmetric& asymmetric) {
  if (signed_file.size() > kSignedFileBytesMax) return Error{Errc::limit, "policy is larger than 64 KiB"};
  const auto verified = verify_by(signed_file, pin.keys, asymmetric);
  if (!verified) return verified.error();
  constexpr Error kTooFew{Errc::auth, "is not signed by enough keys of this organisation"};
  if (verified->keys == 0 || verified->keys < pin.threshold) return kTooFew;
  auto policy = decode_root(verified->payload);
  if (!policy) return policy;
  size_t named = verified->keys;
  if (!policy->root_keys.empty() && policy->root_keys != pin.keys) {
    const auto by_named = verify_by(signed_file, policy->root_keys, asymmetric);
    named = by_named ? by_named->keys : 0;
  } else if (policy->root_keys.empty() && pin.is_from_policy) {
    return Error{Errc::denied, "leaves out root_keys, which the policy before it has"};
  }
  if (named == 0 || named < policy->threshold.value_or(1)) return kTooFew;
  if (!pin.organisation.empty() && policy->organisation.text != pin.organisation)
    return Error{Errc::denied, "is of another organisation"};
  return policy;
}

Result<SitePolicy> verify_site(Bytes signed_file, const SiteContext& context, const crypto::Asymmetric& asymmetric) {
  if (signed_file.size() > kSignedFileBytesMax) return Error{Errc::limit, "policy is larger than 64 KiB"};
  const RootPin pin = next_pin(context.root, context.pin);
  const auto verified = verify_one(signed_file, pin.keys, asymmetric);
  if (!verified) return verified.error();
  auto policy = decode_site(verified->payload);
  if (!policy) return policy;
  const SitePin site = pin_of(signed_file, policy->serial);
  for (const SitePin& named : context.root.sites)
    if (named == site) return policy;
  return Error{Errc::denied, "site's policy is not the one that goes with this root"};
}

Result<Bytes> unverified_payload(Bytes signed_file) {
  if (is_signed_by_one(signed_file)) {
    const auto parsed = wire::parse_cose_sign1(signed_file);
    if (!parsed) return parsed.error();
    return parsed->payload;
  }
  const auto parsed = wire::parse_cose_sign(signed_file);
  if (!parsed) return parsed.error();
  return parsed->payload;
}

Held held_of(const RootPolicy& policy, Bytes signed_file) {
  return {policy.generation, policy.serial, crypto::sha256({unverified_payload(signed_file).value()})};
}

Result<void> check_succession(const Held& held, const Held& offered) {
  if (offered.hash == held.hash) return {};
  const bool rises = std::pair(offered.generation, offered.serial) > std::pair(held.generation, held.serial);
  if (!rises) return Error{Errc::denied, "is not newer than the policy that is held"};
  return {};
}

Result<PolicyFile> split_policy_file(Bytes file) {
  PolicyFile out;
  if (file.empty()) return Error{Errc::truncated, "policy file is empty"};
  for (size_t count = 0; !file.empty(); ++count) {
    if (count > kSitesMax) return Error{Errc::limit, "policy file has too many parts"};
    wire::CborReader in(file.first(std::min(file.size(), kSignedFileBytesMax)));
    in.skip();
    if (!in.ok()) return in.finish().error();
    const Bytes part = file.first(in.consumed());
    file = file.subspan(part.size());
    if (count == 0) {
      out.root = part;
    } else {
      out.sites.push_back(part);
    }
  }
  return out;
}

}  // namespace farline::policy
