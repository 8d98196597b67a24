#include "wire/issuers.h"

#include <algorithm>

#include "wire/limits.h"

namespace farline::wire {
namespace {

constexpr Error kUnknownIssuer{Errc::not_found, "signed by an issuer that is not known here"};
constexpr Error kTooFew{Errc::denied, "signed by fewer root keys than the policy asks for (threshold)"};

}  // namespace

void Issuers::follow(const RootKeys& roots, Keys withdrawn) {
  INVARIANT(!roots.keys.empty());
  roots_.clear();
  for (const crypto::SigningPublicKey& key : roots.keys) roots_.push_back(root_authority(key));
  threshold_ = roots.threshold;
  withdrawn_.assign(withdrawn.begin(), withdrawn.end());
  ++version_;
  for (auto& [id, entry] : entries_)
    if (entry.is_by_several) entry.signers = roots_that_signed(entry.encoded, roots.keys, asymmetric_);
}

void Issuers::follow(const Issuers& other) {
  follow({other.root_keys(), other.threshold_}, other.withdrawn_);
  for (const auto& [id, entry] : other.entries_) put(entry);
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

std::vector<CertificateHash> Issuers::signers_of(const CertificateHash& issuer) const {
  const std::vector<CertificateHash> line = line_of(issuer);
  const auto top = line.size() > 1 ? entries_.find(line[line.size() - 2]) : entries_.end();
  if (top != entries_.end() && top->second.is_by_several) return top->second.signers;
  if (std::ranges::find(roots_, line.back(), &Authority::id) == roots_.end()) return {};
  return {line.back()};
}

const Authority* Issuers::root_of(const CertificateHash& issuer, const CertificateHash& preferred) const {
  const std::vector<CertificateHash> signers = signers_of(issuer);
  if (signers.size() < threshold_) return nullptr;
  const Authority* first = nullptr;
  for (const Authority& root : roots_) {
    if (std::ranges::find(signers, root.id) == signers.end()) continue;
    if (root.id == preferred) return &root;
    if (first == nullptr) first = &root;
  }
  return first;
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
    const Authority* top = entry.authority.signing_key == signing_key && knows(id) ? root_of(id, root) : nullptr;
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
  if (opened->several) return verify_several(std::move(*opened), encoded);
  const Authority* issuer = authority(opened->claims.issuer);
  if (issuer == nullptr)
    return signers_of(opened->claims.issuer).empty() || is_withdrawn(opened->claims.issuer) ? kUnknownIssuer : kTooFew;
  return verify_certificate(std::move(*opened), *issuer, asymmetric_);
}

Result<Certificate> Issuers::verify_several(UnverifiedCertificate opened, Bytes encoded) const {
  const std::vector<CertificateHash> signers = roots_that_signed(encoded, root_keys(), asymmetric_);
  if (signers.empty()) return kUnknownIssuer;
  if (signers.size() < threshold_) return kTooFew;
  return std::move(opened.claims);  // a root may certify everything
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
  Entry entry{.encoded = to_vector(encoded),
              .authority = issuer_authority(certificate, encoded),
              .above = certificate.issuer,
              .signers = {}};
  entry.is_by_several = !is_signed_by_one(encoded);
  if (entry.is_by_several) entry.signers = roots_that_signed(encoded, root_keys(), asymmetric_);
  put(std::move(entry));
}

void Issuers::put(Entry entry) {
  if (entries_.contains(entry.authority.id)) return;
  if (entries_.size() >= kIssuersMax)
    entries_.erase(
        std::ranges::min_element(entries_, {}, [](const auto& known) { return known.second.authority.expires; }));
  ++version_;
  entries_.emplace(entry.authority.id, std::move(entry));
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
