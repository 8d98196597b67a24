// An organisation as enrolment would have left it: a root, a node that may enrol, and devices with their certificates.
#pragma once

#include <string>

#include "client/identity.h"
#include "crypto/asymmetric.h"
#include "policy/signed_policy.h"
#include "supernode/supernode.h"

namespace farline::sim {

client::Identity copy_of(const client::Identity& identity);

class Organisation {
 public:
  Organisation(Rng& rng, const crypto::Asymmetric& asymmetric, WallTime now);

  supernode::NodeKeys node_keys() const;
  client::Identity make_device(std::string name);
  ByteVector sign(const policy::RootPolicy& policy) const;
  const crypto::PublicKey& node_key() const { return node_static_.public_key; }

 private:
  Rng& rng_;
  const crypto::Asymmetric& asymmetric_;
  WallTime issued_;
  crypto::SigningKeyPair root_;
  crypto::SigningKeyPair issuer_;
  crypto::KeyPair node_static_;
  ByteVector issuer_certificate_;
};

}  // namespace farline::sim
