#include "client/issuer_book.h"

#include <algorithm>

#include "wire/pass.h"

namespace farline::client {
namespace {

std::optional<wire::CertificateHash> issuer_of(Bytes certificate) {
  const auto parsed = wire::parse_certificate(certificate);
  return parsed ? std::optional(parsed->issuer) : std::nullopt;
}

}  // namespace

IssuerBook::IssuerBook(const Identity& identity, const crypto::Asymmetric& asymmetric, Attachment& attachment,
                       Outputs& out)
    : attachment_(attachment), out_(out), known_(identity.root_key, asymmetric) {
  for (const ByteVector& issuer : identity.issuers) known_.load(issuer);
}

void IssuerBook::load(const SaveRecord& record) {
  known_.load(record.value);
}

void IssuerBook::follow(const wire::RootKeys& roots, wire::Issuers::Keys withdrawn) {
  known_.follow(roots, withdrawn);
  unknown_to_all_.clear();  // who was of no root may be now
}

void IssuerBook::learn(std::span<const ByteVector> issuers) {
  for (const ByteVector& issuer : issuers) {
    (void)known_.add(issuer);
    const wire::CertificateHash hash = wire::certificate_hash_of(issuer);
    if (known_.knows(hash)) out_.saves.push_back(make_record(RecordKind::issuer, hash.bytes, issuer));
  }
}

std::optional<wire::CertificateHash> IssuerBook::unknown_in(const wire::ControlMessage& message) const {
  std::vector<wire::CertificateHash> named;
  const auto name = [&](const auto& issuer) {
    if (issuer) named.push_back(*issuer);
  };
  if (const auto* found = std::get_if<wire::LookupResult>(&message)) {
    for (const auto& device : std::span(found->devices).first(found->device_count)) name(issuer_of(device.certificate));
  } else if (const auto* reply = std::get_if<wire::CertificateReply>(&message)) {
    if (reply->by == wire::CertificateBy::device_id) name(issuer_of(reply->certificate));
  } else if (const auto* pass = std::get_if<wire::Pass>(&message)) {
    name(wire::issuer_of_pass(pass->pass));
  }
  const auto unknown = std::ranges::find_if(
      named, [&](const auto& issuer) { return !known_.knows(issuer) && !unknown_to_all_.contains(issuer); });
  return unknown == named.end() ? std::nullopt : std::optional(*unknown);
}

bool IssuerBook::keeps(Time now, const wire::ControlMessage& message) {
  const auto issuer = unknown_in(message);
  if (!issuer) return false;
  ByteVector bytes = encoded(message);
  const bool is_there =
      std::ranges::any_of(kept_, [&](const Kept& kept) { return kept.issuer == *issuer && kept.message == bytes; });
  if (is_there) return true;
  if (kept_.size() >= kKeptMax) kept_.pop_front();
  Kept& kept = kept_.emplace_back(Kept{*issuer, std::move(bytes), {}, now + kKeepFor});
  ByteVector request = encoded(wire::CertificateWanted{wire::CertificateBy::certificate_hash, issuer->bytes});
  attachment_.send_encoded(now, request);
  kept.request.start(now, std::move(request), attachment_.repeat_interval(), kTries);
  return true;
}

std::vector<ByteVector> IssuerBook::take(const wire::CertificateHash& issuer) {
  std::vector<ByteVector> out;
  std::erase_if(kept_, [&](Kept& kept) {
    if (kept.issuer != issuer) return false;
    out.push_back(std::move(kept.message));
    return true;
  });
  return out;
}

void IssuerBook::give_up(const wire::CertificateHash& issuer) {
  if (unknown_to_all_.size() >= kUnknownMax) unknown_to_all_.clear();
  unknown_to_all_.insert(issuer);
}

std::vector<ByteVector> IssuerBook::handle(const wire::CertificateReply& reply) {
  const wire::CertificateHash issuer{reply.id};
  if (std::ranges::find(kept_, issuer, &Kept::issuer) == kept_.end()) {
    ++out_.counters.unexpected;
    return {};
  }
  if (wire::certificate_hash_of(reply.certificate) == issuer && known_.add(reply.certificate)) {
    out_.saves.push_back(make_record(RecordKind::issuer, issuer.bytes, reply.certificate));
  } else {
    ++out_.counters.unauthentic;
    give_up(issuer);
  }
  return take(issuer);
}

std::vector<ByteVector> IssuerBook::handle_timeout(Time now) {
  std::vector<ByteVector> out;
  for (Kept& kept : kept_)
    if (const Bytes request = kept.request.poll(now); !request.empty()) attachment_.send_encoded(now, request);
  while (!kept_.empty() && now >= kept_.front().forget_at) {
    const wire::CertificateHash issuer = kept_.front().issuer;
    give_up(issuer);
    for (ByteVector& message : take(issuer)) out.push_back(std::move(message));
  }
  return out;
}

std::optional<Time> IssuerBook::next_timeout() const {
  std::optional<Time> next;
  for (const Kept& kept : kept_) next = earliest(next, earliest(kept.request.due(), kept.forget_at));
  return next;
}

}  // namespace farline::client
