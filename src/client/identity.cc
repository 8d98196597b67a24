#include "client/identity.h"

#include "wire/cbor.h"
#include "wire/limits.h"

namespace farline::client {
namespace {

constexpr uint64_t kVersion = 1;

}  // namespace

ByteVector encode_identity(const Identity& identity) {
  const size_t bytes_max = 512 + (identity.issuers.size() + 1) * wire::kCertificateBytesMax;
  return wire::cbor_item(bytes_max, [&](wire::CborWriter& out) {
    out.array(8);
    out.unsigned_integer(kVersion);
    out.bytes(identity.static_keys.secret.bytes());
    out.bytes(identity.static_keys.public_key);
    out.bytes(identity.signing_keys.secret.bytes());
    out.bytes(identity.signing_keys.public_key);
    out.text(identity.name);
    out.bytes(identity.root_key);
    out.array(identity.issuers.size() + 1);
    for (const ByteVector& issuer : identity.issuers) out.bytes(issuer);
    out.bytes(identity.certificate);
  });
}

Result<Identity> decode_identity(Bytes bytes) {
  wire::CborReader r(bytes);
  Identity identity;
  r.expect_array(8);
  if (r.unsigned_integer() != kVersion && r.ok())
    return Error{Errc::unsupported, "the profile was written by a newer program; update this one"};
  identity.static_keys.secret = crypto::Secret<32>::copy_of(r.byte_array<32>());
  identity.static_keys.public_key = r.byte_array<32>();
  identity.signing_keys.secret = crypto::Secret<32>::copy_of(r.byte_array<32>());
  identity.signing_keys.public_key = r.byte_array<33>();
  identity.name = std::string(r.text());
  identity.root_key = r.byte_array<33>();
  const size_t count = r.array();
  if (count == 0 || count > wire::kCertificateChainMax)
    return Error{Errc::malformed, "the profile's identity is damaged; restore a backup or enroll again"};
  for (size_t i = 0; i + 1 < count; ++i) identity.issuers.push_back(to_vector(r.bytes()));
  identity.certificate = to_vector(r.bytes());
  if (const auto end = r.finish(); !end) return end.error();
  return identity;
}

}  // namespace farline::client
