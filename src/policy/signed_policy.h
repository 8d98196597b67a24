// Signed policy files: who signed, for which organisation, and which of two is newer. docs/POLICY.md, "The files".
//
//   root file   COSE_Sign1, or COSE_Sign where several root keys must sign, over a RootPolicy
//   site file   COSE_Sign1 of one root key over a SitePolicy; valid only with the root file that names its hash
//   a .policy   both, one after the other (a CBOR sequence, RFC 8742): the root file, then any number of site files
// All ES256. There is no external data, so that any COSE library verifies them; the payload says which kind it is, and
// all else that these keys sign has external data.
//
// Nothing here keeps state or knows the time. Errors: malformed, truncated, limit, unsupported (the bytes), auth
// (signatures), denied (authentic, but of another organisation, older than what is held, or not of this root).
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "crypto/asymmetric.h"
#include "policy/policy.h"
#include "policy/schema.h"
#include "wire/root_signatures.h"

namespace farline::policy {

inline constexpr size_t kSignedFileBytesMax = 64 * 1024;

// Whose signatures count: pinned when a device is enrolled, and then whatever the policy that it holds says
// (`root_keys`, `threshold`).
struct RootPin {
  std::string organisation;                    // empty: any, for tools that were given nothing but keys
  std::vector<crypto::SigningPublicKey> keys;  // at most kRootKeysMax, all different
  size_t threshold = 1;                        // how many of them must sign; a policy may ask for more, not for fewer
  bool is_from_policy = false;
};
// After `policy` was taken under `pin`.
RootPin next_pin(const RootPolicy& policy, const RootPin& pin);

// --- Signing: 1 to kRootKeysMax keys ---------------------------------------------------------------------------------
ByteVector sign_root(const RootPolicy& policy, std::span<const crypto::SigningKeyPair> keys,
                     const crypto::Asymmetric& asymmetric);
ByteVector sign_site(const SitePolicy& policy, const crypto::SigningKeyPair& key, const crypto::Asymmetric& asymmetric);
// One more signature under a root file of several; denied when the key has signed already.
Result<ByteVector> cosign_root(Bytes signed_file, const crypto::SigningKeyPair& key,
                               const crypto::Asymmetric& asymmetric);
SitePin pin_of(Bytes signed_site, uint32_t serial);

// --- Verifying: at most 2 * kRootKeysMax signature checks a file -----------------------------------------------------
// A root file that names root keys is signed by enough of the pinned ones and by enough of those it names: so keys are
// replaced, and so a threshold reaches devices that were enrolled with one key (The Update Framework 1.0, section
// 5.3.4). From then on every file names them.
Result<RootPolicy> verify_root(Bytes signed_file, const RootPin& pin, const crypto::Asymmetric& asymmetric);
struct SiteContext {
  const RootPolicy& root;  // verified
  const RootPin& pin;
};
Result<SitePolicy> verify_site(Bytes signed_file, const SiteContext& context, const crypto::Asymmetric& asymmetric);

// What a signed file of either kind says, whoever signed it: for tools that show a policy, never for obeying one.
using wire::unverified_payload;

// Which root file is held: what a client keeps in two places, so that an older one never comes back.
struct Held {
  uint32_t generation = 0;
  uint32_t serial = 0;
  crypto::Hash hash{};  // of the payload: the same policy may carry other signatures
};
// Of a verified file.
Held held_of(const RootPolicy& policy, Bytes signed_file);
// The same policy again is fine; otherwise (generation, serial) must rise.
Result<void> check_succession(const Held& held, const Held& offered);

// --- The .policy file ------------------------------------------------------------------------------------------------
struct PolicyFile {  // views
  Bytes root;
  std::vector<Bytes> sites;
};
inline constexpr size_t kPolicyFileBytesMax = 4 * 1024 * 1024;
Result<PolicyFile> split_policy_file(Bytes file);

}  // namespace farline::policy
