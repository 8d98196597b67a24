// The issuers of one organisation that somebody knows: delegations of its roots, of this node and of others, and those
// below them. Whoever holds an issuer's certificate checks what it signed, however often nodes and their delegations
// change; one that is not known is asked for by its hash, once (docs/PROTOCOL.md 2, CERTIFICATE_WANTED).
//
// Which roots count, how many of them have to sign, and which issuers do no more, the policy says (`root_keys`,
// `threshold`, `revoked_issuers`). With more than one to sign, no root certifies a device by itself. What was believed
// once stays here, so that it is known what a dropped root or a withdrawn issuer had signed; it is only not believed.
//
// Bounded by kIssuersMax: the one that expires first makes room. Errors: those of wire/certificate.h, and not_found:
// signed by an issuer that is not known here, or that counts no more.
#pragma once

#include <map>
#include <vector>

#include "wire/certificate.h"
#include "wire/root_signatures.h"

namespace farline::wire {

inline constexpr size_t kIssuersMax = 64;

class Issuers {
 public:
  Issuers(const crypto::SigningPublicKey& root_key, const crypto::Asymmetric& asymmetric)
      : roots_{root_authority(root_key)}, asymmetric_(asymmetric) {}

  // `roots`: at least one; certificates move to the first. `withdrawn`: issuers' signing keys, not the hashes of their
  // certificates, because of an ECDSA signature anybody can make a second one.
  using Keys = std::span<const crypto::SigningPublicKey>;
  void follow(const RootKeys& roots, Keys withdrawn);
  // As `other` of the same organisation judges, with all that it knows beside what is known here.
  void follow(const Issuers& other);
  // Another one: what is believed here may have changed.
  uint64_t version() const { return version_; }

  // Believed when its chain verifies. False: it was known.
  Result<bool> add(Bytes encoded);
  // One that was verified before it was saved: its root may count no more.
  void load(Bytes encoded);

  // Null: not known, or a root's own.
  const ByteVector* find(const CertificateHash& issuer) const;
  // Null: what it signed is not believed here.
  const Authority* authority(const CertificateHash& issuer) const;
  bool knows(const CertificateHash& issuer) const { return authority(issuer) != nullptr; }
  // Withdrawn itself, or below one that is.
  bool is_withdrawn(const CertificateHash& issuer) const;

  const std::vector<Authority>& roots() const { return roots_; }
  std::vector<crypto::SigningPublicKey> root_keys() const;
  bool counts_as_root(const crypto::SigningPublicKey& key) const;
  size_t threshold() const { return threshold_; }
  // One that `issuer` is or is below, `preferred` where it is among several; null: none, or fewer than have to be.
  const Authority* root_of(const CertificateHash& issuer, const CertificateHash& preferred = {}) const;
  // How many of the roots that count have signed for `issuer`, or for the one above it.
  size_t signature_count(const CertificateHash& issuer) const { return signers_of(issuer).size(); }

  // Of those certified for `signing_key` below `root`, the one that lasts longest; null: none that is believed.
  const Authority* issuer_under(const CertificateHash& root, const crypto::SigningPublicKey& signing_key) const;

  Result<Certificate> verify(Bytes encoded) const;
  // From the one that a root signed down to `encoded`, as far as they are known; spans of what is kept here.
  std::vector<Bytes> chain_of(Bytes encoded) const;

 private:
  struct Entry {
    ByteVector encoded;
    Authority authority;
    CertificateHash above;  // of several the first
    bool is_by_several = false;
    std::vector<CertificateHash> signers;  // of several: those of the present roots
  };
  void put(const Certificate& certificate, Bytes encoded);
  void put(Entry entry);
  // `issuer`, those above it, and last what is no entry: a root that counts, or not.
  std::vector<CertificateHash> line_of(const CertificateHash& issuer) const;
  std::vector<CertificateHash> signers_of(const CertificateHash& issuer) const;
  Result<Certificate> verify_several(UnverifiedCertificate opened, Bytes encoded) const;

  std::vector<Authority> roots_;
  size_t threshold_ = 1;
  uint64_t version_ = 0;
  std::vector<crypto::SigningPublicKey> withdrawn_;
  const crypto::Asymmetric& asymmetric_;
  std::map<CertificateHash, Entry> entries_;
};

}  // namespace farline::wire
