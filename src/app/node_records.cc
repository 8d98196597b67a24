#include "app/node_records.h"

#include "crypto/asymmetric.h"
#include "wire/cbor.h"
#include "wire/limits.h"

namespace farline::app {

ByteVector encode(const NodeIdentity& identity) {
  return wire::cbor_item(128 + identity.former_keys.size() * 64, [&](wire::CborWriter& out) {
    out.array(2 + 2 * identity.former_keys.size());
    out.bytes(identity.static_keys.secret.bytes());
    out.bytes(identity.issuer_keys.secret.bytes());
    for (const supernode::FormerKey& former : identity.former_keys) {
      out.bytes(former.keys.secret.bytes());
      out.unsigned_integer(former.until.seconds);
    }
  });
}

ByteVector encode(const NodeOrganisation& organisation) {
  return wire::cbor_item(128 + organisation.issuer_certificate.size(), [&](wire::CborWriter& out) {
    out.array(4);
    out.bytes(organisation.root_key);
    out.bytes(organisation.issuer_certificate);
    out.boolean(organisation.is_trial);
    out.bytes(organisation.root_secret ? Bytes(organisation.root_secret->bytes()) : Bytes());
  });
}

ByteVector encode(const NodeSettings& settings) {
  return wire::cbor_item(64 + settings.advertise.size() + settings.listened.size(), [&](wire::CborWriter& out) {
    out.array(2);
    out.text(settings.advertise);
    out.text(settings.listened);
  });
}

Result<NodeIdentity> decode_identity(Bytes record) {
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  wire::CborReader in(record);
  const size_t count = in.array();
  auto static_secret = crypto::Secret<32>::copy_of(in.byte_array<32>());
  auto issuer_secret = crypto::Secret<32>::copy_of(in.byte_array<32>());
  std::vector<supernode::FormerKey> former_keys;
  while (in.ok() && 2 + 2 * former_keys.size() < count && former_keys.size() < supernode::kFormerKeysMax) {
    auto secret = crypto::Secret<32>::copy_of(in.byte_array<32>());
    const auto key = asymmetric.public_key(secret);
    former_keys.push_back({.keys = {std::move(secret), key}, .until = {in.unsigned_integer()}});
  }
  if (const auto read = in.finish(); !read) return read.error();
  const auto static_public = asymmetric.public_key(static_secret);
  const auto issuer_public = asymmetric.signing_public_key(issuer_secret);
  if (!issuer_public) return issuer_public.error();
  return NodeIdentity{
      {std::move(static_secret), static_public}, {std::move(issuer_secret), *issuer_public}, std::move(former_keys)};
}

Result<NodeOrganisation> decode_node_organisation(Bytes record) {
  wire::CborReader in(record);
  NodeOrganisation organisation;
  in.expect_array(4);
  organisation.root_key = in.byte_array<33>();
  organisation.issuer_certificate = to_vector(in.bytes());
  organisation.is_trial = in.boolean();
  const Bytes secret = in.bytes();
  if (const auto read = in.finish(); !read) return read.error();
  if (secret.size() == 32)
    organisation.root_secret = crypto::Secret<32>::copy_of(secret);
  else if (!secret.empty())
    return Error{Errc::malformed, "root key has a wrong length"};
  return organisation;
}

Result<NodeSettings> decode_settings(Bytes record) {
  wire::CborReader in(record);
  NodeSettings settings;
  in.expect_array(2);
  settings.advertise = in.text();
  settings.listened = in.text();
  if (const auto read = in.finish(); !read) return read.error();
  return settings;
}

}  // namespace farline::app
