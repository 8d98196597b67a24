// Who this device is, as enrolment made it and the store keeps it.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "crypto/keys.h"

namespace farline::client {

struct Identity {
  crypto::KeyPair static_keys;
  crypto::SigningKeyPair signing_keys;
  std::string name;
  ByteVector certificate;           // this device's own
  std::vector<ByteVector> issuers;  // from the one the root signed down to the one that signed ours
  crypto::SigningPublicKey root_key{};
};

struct NodeTarget {
  Address address;
  crypto::PublicKey static_key{};
  std::string place{};  // HOST:PORT, as written; empty: nothing but the address is known
};

// As the profile's store keeps it: CBOR, sealed there.
ByteVector encode_identity(const Identity& identity);
Result<Identity> decode_identity(Bytes bytes);

}  // namespace farline::client
