// What one device holds of an organisation's policy: the root file and its own site's. A bundle that exists has been
// verified against the pinned root keys; whether it may follow the one held before is check_succession's to say.
#pragma once

#include <optional>

#include "policy/decide.h"
#include "policy/signed_policy.h"
#include "wire/policy.h"

namespace farline::policy {

struct Bundle {
  ByteVector bytes;  // a .policy of the root file, then the site's where there is one
  RootPolicy root;
  std::optional<SitePolicy> site;
  Held held;
  Effective effective;
};

// The keys that this device or node was given when it was enrolled.
RootPin pin_of(const crypto::SigningPublicKey& root_key);

// The same after the .policy `file` was taken: by what it says, not verified again. For what this device has saved.
RootPin pin_after(Bytes file, const RootPin& pin);

struct BundleContext {
  const RootPin& pin;
  std::string_view site;  // of the device's name; empty: none
};
// From a .policy file, cut down to this device's: files of other sites are dropped unread. Errors as in
// signed_policy.h; a file of this site that does not go with the root refuses the whole.
Result<Bundle> open_bundle(Bytes file, const BundleContext& context, const crypto::Asymmetric& asymmetric);

inline wire::PolicyVersion version_of(const Bundle& bundle) {
  return {bundle.root.generation, bundle.root.serial};
}

}  // namespace farline::policy
