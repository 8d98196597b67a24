#include "policy/bundle.h"

#include "policy/codec.h"
#include "wire/name.h"

namespace farline::policy {
namespace {

// Nothing of what it says is believed yet.
bool claims_site(Bytes signed_site, const std::string& folded) {
  const auto payload = unverified_payload(signed_site);
  if (!payload) return false;
  const auto policy = decode_site(*payload);
  if (!policy) return false;
  const auto name = wire::fold_name(policy->name.text);
  return name && *name == folded;
}

}  // namespace

RootPin pin_of(const crypto::SigningPublicKey& root_key) {
  return {.organisation = {}, .keys = {root_key}, .threshold = 1};
}

RootPin pin_after(Bytes file, const RootPin& pin) {
  const auto parts = split_policy_file(file);
  if (!parts) return pin;
  const auto payload = unverified_payload(parts->root);
  if (!payload) return pin;
  const auto root = decode_root(*payload);
  return root ? next_pin(*root, pin) : pin;
}

Result<Bundle> open_bundle(Bytes file, const BundleContext& context, const crypto::Asymmetric& asymmetric) {
  const auto parts = split_policy_file(file);
  if (!parts) return parts.error();
  auto root = verify_root(parts->root, context.pin, asymmetric);
  if (!root) return root.error();
  Bundle out{.bytes = to_vector(parts->root), .root = std::move(*root), .site = {}, .held = {}, .effective = {}};
  const auto site_name = wire::fold_name(context.site);
  for (const Bytes part : parts->sites) {
    if (!site_name || !claims_site(part, *site_name)) continue;
    auto site = verify_site(part, {out.root, context.pin}, asymmetric);
    if (!site) return site.error();
    out.bytes.insert(out.bytes.end(), part.begin(), part.end());
    out.site = std::move(*site);
    break;
  }
  out.held = held_of(out.root, parts->root);
  out.effective = merge(out.root, out.site ? &*out.site : nullptr);
  return out;
}

}  // namespace farline::policy
