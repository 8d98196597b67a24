// The organisation's folder on the administrator's machine: the root key and what is public about it. Everything here
// throws Failure (program.h).
//   org.key   the root's P-256 key, kept in a key-slot file (store/key_slot.h) in the place of a master key
//   org.cbor   [name, root public key, made (seconds since 1970)], deterministic CBOR
#pragma once

#include <string>

#include "app/key_file.h"
#include "base/time.h"
#include "wire/certificate.h"

namespace farline::app {

struct Organisation {
  std::string name;
  crypto::SigningPublicKey root_key{};
  WallTime made;
};
// As org.cbor holds it.
ByteVector encode(const Organisation& organisation);
Result<Organisation> decode_organisation(Bytes file);

struct NewOrganisation {
  std::string folder;
  std::string name;  // empty: the folder's own name
  KeyProtection protection;
  unsigned threshold = 1;
};
Organisation make_organisation(const NewOrganisation& wanted);
// Public keys of the folder: org.pem, then org-2.pem and so on as long as there is one.
std::vector<crypto::SigningPublicKey> root_keys_in(const std::string& folder);
// One more root key, org-N.key and org-N.pem; gives its path without the ending.
std::string add_root_key(const std::string& folder, const KeyProtection& protection);
Organisation read_organisation(const std::string& folder);

// The root key, which signs what it is asked to. `passphrase_file` as in key_file.h.
crypto::SigningKeyPair open_root_key(const std::string& folder, const std::string& passphrase_file);

struct DelegationOrder {
  std::string folder;
  std::string passphrase_file;
  std::string request_file;
  std::string out_file;
  wire::IssuerLimits limits;
  uint32_t days = 366;  // how long the issuer's certificate is valid
};
// Signs with the root and writes `out_file`; gives the issuer's certificate.
wire::Certificate delegate(const DelegationOrder& order);

}  // namespace farline::app
