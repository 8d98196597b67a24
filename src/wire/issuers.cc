#include "wire/issuers.h"

#include <algorithm>

#include "wire/limits.h"

namespace farline::wire {
namespace {

constexpr Error kUnknownIssuer{Errc::not_found, "signed by an issuer that is not known here"};

}  // namespace

void Issuers::follow(Keys roots, Keys withdrawn) {
  INVARIANT(!roots.empty());
  roots_.clear();
  for (const crypto::SigningPublicKey& key : roots) roots_.push_back(root_authority(key));
  withdrawn_.assign(withdrawn.begin(), withdrawn.end());
}

std::vector<CertificateHash> Issuers::line_of(const CertificateHash& issuer) const {
  std::vector<CertificateHash> line{issuer};
  for (auto entry = entries_.find(issuer); entry != entries_.end() && line.size() <= kCertificateChainMax;
       entry = entries_.find(line.back()))
    line.push_back(entry->second.above);
  return line;
}

bool Issuers::is_withdrawn(const CertificateHash& issuer) const {
  return std::ranges::any_of(line_of(issuer), [&](const CertificateHash& id) {
    const auto entry = entries_.find(id);
    return entry != entries_.end() &&
           std::ranges::find(withdrawn_, entry->second.authority.signing_key) != withdrawn_.end();
  });
}

std::vector<crypto::SigningPublicKey> Issuers::root_keys() const {
  std::vector<crypto::SigningPublicKey> keys;
  for (const Authority& root : roots_) keys.push_back(root.signing_key);
  return keys;
}

const Authority* Issuers::root_of(const CertificateHash& issuer) const {
  const auto root = std::ranges::find(roots_, line_of(issuer).back(), &Authority::id);
  return root == roots_.end() ? nullptr : &*root;
}

bool Issuers::counts_as_root(const crypto::SigningPublicKey& key) const {
  return std::ranges::find(roots_, key, &Authority::signing_key) != roots_.end();
}

const Authority* Issuers::authority(const CertificateHash& issuer) const {
  const Authority* root = root_of(issuer);
  const auto entry = entries_.find(issuer);
  if (root == nullptr || entry == entries_.end()) return root;
  return is_withdrawn(issuer) ? nullptr : &entry->second.authority;
}

const Authority* Issuers::issuer_under(const CertificateHash& root, const crypto::SigningPublicKey& signing_key) const {
  const Authority* longest = nullptr;
  for (const auto& [id, entry] : entries_) {
    const Authority* top = entry.authority.signing_key == signing_key && knows(id) ? root_of(id) : nullptr;
    const bool is_under = top != nullptr && top->id == root;
    if (is_under && (longest == nullptr || longest->expires < entry.authority.expires)) longest = &entry.authority;
  }
  return longest;
}

const ByteVector* Issuers::find(const CertificateHash& issuer) const {
  const auto found = entries_.find(issuer);
  return found == entries_.end() ? nullptr : &found->second.encoded;
}

Result<Certificate> Issuers::verify(Bytes encoded) const {
  auto opened = open_certificate(encoded);
  if (!opened) return opened.error();
  const Authority* issuer = authority(opened->claims.issuer);
  if (issuer == nullptr) return kUnknownIssuer;
  return verify_certificate(std::move(*opened), *issuer, asymmetric_);
}

Result<bool> Issuers::add(Bytes encoded) {
  if (knows(certificate_hash_of(encoded))) return false;
  const auto certificate = verify(encoded);
  if (!certificate) return certificate.error();
  if (certificate->role != Role::issuer) return Error{Errc::denied, "certificate is no issuer's"};
  if (line_of(certificate->issuer).size() >= kCertificateChainMax)
    return Error{Errc::limit, "certificate chain is too long"};
  put(*certificate, encoded);
  return true;
}

void Issuers::load(Bytes encoded) {
  const auto certificate = parse_certificate(encoded);
  if (certificate && certificate->role == Role::issuer) put(*certificate, encoded);
}

void Issuers::put(const Certificate& certificate, Bytes encoded) {
  const Authority authority = issuer_authority(certificate, encoded);
  if (entries_.contains(authority.id)) return;
  if (entries_.size() >= kIssuersMax)
    entries_.erase(
        std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.authority.expires; }));
  entries_.emplace(authority.id, Entry{to_vector(encoded), authority, certificate.issuer});
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
