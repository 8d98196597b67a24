#include "client/renewal.h"

#include <utility>

#include "wire/certificate.h"
#include "wire/name.h"

namespace farline::client {
namespace {

bool is_same_person(std::string_view a, std::string_view b) {
  const auto first = wire::fold_name(a), second = wire::fold_name(b);
  return first && second && *first == *second;
}

}  // namespace

Result<void> renew(Identity& identity, const wire::Enrolled& enrolled, const RenewalContext& context) {
  if (enrolled.status != wire::EnrolStatus::done) return Error{Errc::denied, "the supernode gives no new certificate"};
  const std::span<const Bytes> chain = std::span(enrolled.certificates).first(enrolled.certificate_count);
  const auto certificate =
      wire::verify_chain(chain, {enrolled.root_key, wire::Role::device, context.now}, context.asymmetric);
  if (!certificate) return certificate.error();
  if (certificate->static_key != identity.static_keys.public_key ||
      certificate->signing_key != identity.signing_keys.public_key || !is_same_person(certificate->name, identity.name))
    return Error{Errc::auth, "the certificate is for another device or person"};
  const auto present = wire::parse_certificate(identity.certificate);
  if (present && certificate->issued < present->issued)
    return Error{Errc::denied, "the certificate is older than the present one"};
  const bool is_early = certificate->issued.seconds > context.latest.seconds + wire::kCertificateClockSlackSeconds;
  if (is_early && present && certificate->issued < present->expires)
    return Error{Errc::denied, "the certificate is from the future: is the supernode's clock right?"};
  identity.root_key = enrolled.root_key;
  identity.certificate = to_vector(chain.back());
  identity.issuers.clear();
  for (const Bytes issuer : chain.first(chain.size() - 1)) identity.issuers.push_back(to_vector(issuer));
  return {};
}

Result<void> renew_from_record(Identity& identity, Bytes value, const crypto::Asymmetric& asymmetric) {
  const auto message = wire::decode_control(value, wire::ControlFrom::node);
  if (!message) return message.error();
  const auto* enrolled = std::get_if<wire::Enrolled>(&*message);
  if (enrolled == nullptr) return Error{Errc::malformed, "this is no certificate"};
  return renew(identity, *enrolled, {asymmetric, {}, {UINT32_MAX}});
}

void Renewal::attached(Time now, const wire::ResponsePayload& greeting, WallTime latest) {
  const auto certificate = wire::parse_certificate(setup_.identity.certificate);
  const bool is_due = certificate && std::min(greeting.time, latest) >= wire::renewal_due(*certificate);
  awaits_root_ = false;
  if (is_due || (greeting.capabilities & wire::kNodeHasCertificate) != 0) ask(now);
}

void Renewal::roots_changed(Time now) {
  if (std::exchange(awaits_root_, false)) ask(now);
}

void Renewal::ask(Time now) {
  ByteVector message = encoded(wire::Renew{});
  setup_.attachment.send_encoded(now, message);
  repeat_.start(now, std::move(message), setup_.attachment.repeat_interval(), kTries);
}

bool Renewal::handle(Time now, const wire::Enrolled& reply, WallTime latest) {
  if (!repeat_.is_running()) {
    ++out_.counters.unexpected;
    return false;
  }
  repeat_.stop();
  if (reply.status != wire::EnrolStatus::done) return false;
  if (reply.certificate_count > 0 &&
      equal(reply.certificates[reply.certificate_count - 1], setup_.identity.certificate))
    return false;
  awaits_root_ = !setup_.issuers.counts_as_root(reply.root_key);
  if (awaits_root_ || !renew(setup_.identity, reply, {setup_.asymmetric, setup_.attachment.wall_time(now), latest})) {
    ++out_.counters.unauthentic;
    return false;
  }
  out_.saves.push_back(make_record(RecordKind::certificate, {}, encoded(reply)));
  setup_.attachment.set_certificate(setup_.identity.certificate);
  return true;
}

void Renewal::handle_timeout(Time now) {
  if (const Bytes message = repeat_.poll(now); !message.empty()) setup_.attachment.send_encoded(now, message);
}

}  // namespace farline::client
