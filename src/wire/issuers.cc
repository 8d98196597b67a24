#include "wire/issuers.h"

#include <algorithm>

#include "wire/limits.h"

namespace farline::wire {
namespace {

constexpr Error kUnknownIssuer{Errc::not_found, "signed by an issuer that is not known here"};

}  // namespace

const Authority* Issuers::authority(const CertificateHash& issuer) const {
  if (issuer == root_.id) return &root_;
  const auto found = entries_.find(issuer);
  return found == entries_.end() ? nullptr : &found->second.authority;
}

const ByteVector* Issuers::find(const CertificateHash& issuer) const {
  const auto found = entries_.find(issuer);
  return found == entries_.end() ? nullptr : &found->second.encoded;
}

Result<Certificate> Issuers::verify(Bytes encoded) const {
  const auto form = parse_certificate(encoded);
  if (!form) return form;
  const Authority* issuer = authority(form->issuer);
  if (issuer == nullptr) return kUnknownIssuer;
  return verify_certificate(encoded, *issuer, asymmetric_);
}

Result<bool> Issuers::add(Bytes encoded) {
  const CertificateHash hash = certificate_hash_of(encoded);
  if (entries_.contains(hash)) return false;
  const auto certificate = verify(encoded);
  if (!certificate) return certificate.error();
  if (certificate->role != Role::issuer) return Error{Errc::denied, "certificate is no issuer's"};
  const auto above = entries_.find(certificate->issuer);
  const size_t depth = above == entries_.end() ? 1 : above->second.depth + 1;
  if (depth >= kCertificateChainMax) return Error{Errc::limit, "certificate chain is too long"};
  if (entries_.size() >= kIssuersMax) {
    const auto first =
        std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.authority.expires; });
    entries_.erase(first);
  }
  entries_.emplace(hash,
                   Entry{to_vector(encoded), issuer_authority(*certificate, encoded), certificate->issuer, depth});
  return true;
}

std::vector<Bytes> Issuers::chain_of(Bytes encoded) const {
  std::vector<Bytes> chain{encoded};
  const auto certificate = parse_certificate(encoded);
  INVARIANT(certificate.has_value());
  for (auto above = entries_.find(certificate->issuer); above != entries_.end() && chain.size() < kCertificateChainMax;
       above = entries_.find(above->second.above))
    chain.insert(chain.begin(), above->second.encoded);
  return chain;
}

}  // namespace farline::wire
