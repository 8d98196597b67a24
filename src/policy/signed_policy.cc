#include "policy/signed_policy.h"

#include <algorithm>
#include <utility>

#include "crypto/hash.h"
#include "policy/codec.h"
#include "policy/schema.h"
#include "wire/cbor.h"
#include "wire/certificate.h"
#include "wire/cose.h"
#include "wire/root_signatures.h"

namespace farline::policy {
namespace {

using Keys = std::span<const crypto::SigningPublicKey>;

// How many of the keys signed.
size_t count_signers(Bytes file, Keys keys, const crypto::Asymmetric& asymmetric) {
  const auto verified = wire::verify_by_roots(file, {}, keys, asymmetric);
  return verified ? verified->signers.size() : 0;
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
  if (keys.size() == 1 && policy.threshold.value_or(1) == 1)
    return wire::cose_sign1({payload, {}}, {}, keys[0], asymmetric);
  return wire::sign_by_roots(payload, {}, keys, asymmetric);
}

ByteVector sign_site(const SitePolicy& policy, const crypto::SigningKeyPair& key,
                     const crypto::Asymmetric& asymmetric) {
  return wire::cose_sign1({encode(policy), {}}, {}, key, asymmetric);
}

Result<ByteVector> cosign_root(Bytes signed_file, const crypto::SigningKeyPair& key,
                               const crypto::Asymmetric& asymmetric) {
  auto cosigned = wire::cosign_by_root(signed_file, {}, key, asymmetric);
  if (!cosigned) return cosigned;
  if (const auto decoded = decode_root(unverified_payload(*cosigned).value()); !decoded) return decoded.error();
  return cosigned;
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
  const auto verified = wire::verify_by_roots(signed_file, {}, pin.keys, asymmetric);
  if (!verified) return verified.error();
  constexpr Error kTooFew{Errc::auth, "is not signed by enough keys of this organisation"};
  if (verified->signers.empty()) return Error{Errc::auth, "is not signed by a key of this organisation"};
  if (verified->signers.size() < pin.threshold) return kTooFew;
  auto policy = decode_root(verified->payload);
  if (!policy) return policy;
  size_t named = verified->signers.size();
  if (!policy->root_keys.empty() && policy->root_keys != pin.keys) {
    named = count_signers(signed_file, policy->root_keys, asymmetric);
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
  const auto parsed = wire::parse_cose_sign1(signed_file);
  if (!parsed) return parsed.error();
  const auto verified = wire::verify_by_roots(signed_file, {}, pin.keys, asymmetric);
  if (!verified) return verified.error();
  if (verified->signers.empty()) return Error{Errc::auth, "is not signed by a key of this organisation"};
  auto policy = decode_site(verified->payload);
  if (!policy) return policy;
  const SitePin site = pin_of(signed_file, policy->serial);
  for (const SitePin& named : context.root.sites)
    if (named == site) return policy;
  return Error{Errc::denied, "site's policy is not the one that goes with this root"};
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
