// What node.db holds beside the records of the core (supernode/records.h): one of each, deterministic CBOR.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "crypto/keys.h"
#include "supernode/supernode.h"

namespace farline::app {

// Kinds; the core's are below 100.
enum class NodeRecord : uint8_t { identity = 200, organisation = 201, settings = 202 };

struct NodeIdentity {
  crypto::KeyPair static_keys;
  crypto::SigningKeyPair issuer_keys;
  std::vector<supernode::FormerKey> former_keys{};  // the latest last
};

struct NodeOrganisation {
  crypto::SigningPublicKey root_key{};
  ByteVector issuer_certificate;
  bool is_trial = false;
  std::optional<crypto::Secret<32>> root_secret;  // of a trial organisation
};

struct NodeSettings {
  std::string advertise;  // HOST:PORT that invitations name; empty: where it listens
  std::string listened;   // HOST:PORT of the last start

  friend bool operator==(const NodeSettings&, const NodeSettings&) = default;
};

ByteVector encode(const NodeIdentity& identity);
ByteVector encode(const NodeOrganisation& organisation);
ByteVector encode(const NodeSettings& settings);
// Strict; whether the certificate is the organisation's is for the caller to check.
Result<NodeIdentity> decode_identity(Bytes record);
Result<NodeOrganisation> decode_node_organisation(Bytes record);
Result<NodeSettings> decode_settings(Bytes record);

}  // namespace farline::app
