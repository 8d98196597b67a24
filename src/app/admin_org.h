// The organisation's folder on the administrator's machine: its root keys and what is public about it. Everything here
// throws Failure (program.h).
//   org.key, org-2.key, ...   P-256 keys, each in a key-slot file (store/key_slot.h) in the place of a master key
//   org.pem, org-2.pem, ...   their public halves
//   org.cbor   [name, root public key, made (seconds since 1970), threshold], deterministic CBOR; the root key that
//              signs delegations, orders and invitations, and how many have to (left out: 1)
//   nodes      a line for each node that was delegated to: its key, 64 hexadecimal digits
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/key_file.h"
#include "base/time.h"
#include "wire/certificate.h"

namespace farline::app {

struct Organisation {
  std::string name;
  crypto::SigningPublicKey root_key{};
  WallTime made;
  unsigned threshold = 1;
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
// The same, the one that signs delegations first: as a policy names them.
std::vector<crypto::SigningPublicKey> root_keys_to_name(const std::string& folder);
// From now on delegations, orders and invitations have the signature of org-N.key; 1: org.key.
Organisation use_root_key(const std::string& folder, size_t number);
// How many root keys have to sign delegations and orders from now on.
Organisation set_threshold(const std::string& folder, unsigned threshold);
Organisation read_organisation(const std::string& folder);

// Key files of root keys, all different, at most policy::kRootKeysMax. `passphrase_file` as in key_file.h.
struct KeyFiles {
  std::vector<std::string> paths;
  std::string passphrase_file;
};
std::vector<crypto::SigningKeyPair> open_root_keys(const KeyFiles& files);
// The organisation's root key, which signs first, and those of the files beside it.
std::vector<crypto::SigningKeyPair> open_signers(const std::string& folder, const KeyFiles& others);
// To whoever signs with fewer keys than have to; says how to go on.
void note_missing_signatures(size_t signatures, unsigned threshold);

struct DelegationOrder {
  std::string folder;
  KeyFiles keys;  // beside the organisation's own
  std::string request_file;
  std::string out_file;
  wire::IssuerLimits limits;
  uint32_t days = 366;  // how long the issuer's certificate is valid
};
// A node's key: 64 digits.
std::optional<crypto::PublicKey> node_key_from_hex(std::string_view text);
// Keys of the nodes that this folder has delegated to. None where there is no such folder: who signs policies only may
// have no more than a key.
std::vector<crypto::PublicKey> certified_nodes(const std::string& folder);
// Signs with the root and writes `out_file`; gives the issuer's certificate.
wire::Certificate delegate(const DelegationOrder& order);

}  // namespace farline::app
