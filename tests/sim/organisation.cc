#include "sim/organisation.h"

#include "wire/certificate.h"

namespace farline::sim {
namespace {

constexpr uint64_t kDay = 24 * 3600;

}  // namespace

client::Identity copy_of(const client::Identity& identity) {
  return {identity.static_keys.copy(),
          identity.signing_keys.copy(),
          identity.name,
          identity.certificate,
          identity.issuers,
          identity.root_key};
}

// Everything was issued a month ago and holds for a year, so that wall clocks have room to be wrong in.
Organisation::Organisation(Rng& rng, const crypto::Asymmetric& asymmetric, WallTime now)
    : rng_(rng),
      asymmetric_(asymmetric),
      issued_{now.seconds - 30 * kDay},
      root_(asymmetric.generate_signing_key_pair(rng)),
      issuer_(asymmetric.generate_signing_key_pair(rng)),
      node_static_(asymmetric.generate_key_pair(rng)) {
  const wire::Certificate issuer{
      .role = wire::Role::issuer,
      .name = "node",
      .static_key = {},
      .signing_key = issuer_.public_key,
      .issued = issued_,
      .expires = {issued_.seconds + 730 * kDay},
      .issuer = wire::key_id_of(root_.public_key),
      .limits = {.site = {}, .roles = wire::role_bit(wire::Role::device), .validity_days = 400}};
  issuer_certificate_ = wire::encode_and_sign(issuer, root_, asymmetric_);
}

supernode::NodeKeys Organisation::node_keys() const {
  return {node_static_.copy(), issuer_.copy(), issuer_certificate_, root_.public_key};
}

ByteVector Organisation::sign(const policy::RootPolicy& policy) const {
  return policy::sign_root(policy, std::array{root_.copy()}, asymmetric_);
}

client::Identity Organisation::make_device(std::string name) {
  client::Identity out{.static_keys = asymmetric_.generate_key_pair(rng_),
                       .signing_keys = asymmetric_.generate_signing_key_pair(rng_),
                       .name = std::move(name),
                       .certificate = {},
                       .issuers = {issuer_certificate_},
                       .root_key = root_.public_key};
  const wire::Certificate device{.role = wire::Role::device,
                                 .name = out.name,
                                 .static_key = out.static_keys.public_key,
                                 .signing_key = out.signing_keys.public_key,
                                 .issued = issued_,
                                 .expires = {issued_.seconds + 365 * kDay},
                                 .issuer = wire::certificate_hash_of(issuer_certificate_),
                                 .limits = {}};
  out.certificate = wire::encode_and_sign(device, issuer_, asymmetric_);
  return out;
}

}  // namespace farline::sim
