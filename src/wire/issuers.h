// The issuers of one organisation that somebody knows: delegations of its root, of this node and of others, and those
// below them. Whoever holds an issuer's certificate checks what it signed, however often nodes and their delegations
// change; one that is not known is asked for by its hash, once (docs/PROTOCOL.md 2, CERTIFICATE_WANTED).
//
// Bounded by kIssuersMax: the one that expires first makes room. Errors: those of wire/certificate.h, and not_found:
// signed by an issuer that is not known here.
#pragma once

#include <map>

#include "wire/certificate.h"

namespace farline::wire {

inline constexpr size_t kIssuersMax = 64;

class Issuers {
 public:
  Issuers(const crypto::SigningPublicKey& root_key, const crypto::Asymmetric& asymmetric)
      : root_(root_authority(root_key)), asymmetric_(asymmetric) {}

  // Believed when its chain verifies. False: it was known.
  Result<bool> add(Bytes encoded);

  // Null: not known, or the root's own.
  const ByteVector* find(const CertificateHash& issuer) const;
  const Authority* authority(const CertificateHash& issuer) const;
  // Whether what it signed can be checked here.
  bool knows(const CertificateHash& issuer) const { return authority(issuer) != nullptr; }

  Result<Certificate> verify(Bytes encoded) const;
  // From the one that the root signed down to `encoded`, whose issuer is known; spans of what is kept here.
  std::vector<Bytes> chain_of(Bytes encoded) const;

 private:
  struct Entry {
    ByteVector encoded;
    Authority authority;
    CertificateHash above;
    size_t depth = 1;  // below the root
  };
  Authority root_;
  const crypto::Asymmetric& asymmetric_;
  std::map<CertificateHash, Entry> entries_;
};

}  // namespace farline::wire
