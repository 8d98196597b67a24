#include "supernode/enrolment.h"

#include "wire/name.h"

namespace farline::supernode {
namespace {

wire::Authority authority_of(Bytes issuer_certificate) {
  const auto certificate = wire::parse_certificate(issuer_certificate);
  INVARIANT(certificate.has_value());  // the host verified it
  return wire::issuer_authority(*certificate, issuer_certificate);
}

}  // namespace

Enrolment::Enrolment(const Parts& parts) : parts_(parts), issuer_(authority_of(parts.config.keys.issuer_certificate)) {}

Result<wire::Certificate> Enrolment::verify(Bytes encoded) const {
  auto certificate = parts_.issuers.verify(encoded);
  if (certificate && certificate->role != wire::Role::device)
    return Error{Errc::denied, "certificate is not a device's"};
  return certificate;
}

Result<void> Enrolment::check_open(Time now) const {
  const WallTime wall = parts_.clock.at(now);
  if (wall.seconds == 0) return Error{Errc::denied, "the clock of this machine is not set"};
  if (parts_.issuers.is_withdrawn(issuer_.id))
    return Error{
        Errc::denied,
        "the policy has withdrawn this node (revoked_issuers): nobody can enrol here; invite people at another "
        "node, or set this one up anew in an empty folder"};
  if (!parts_.issuers.knows(issuer_.id))
    return Error{
        Errc::denied,
        "this node's delegation has not the signatures that the policy asks for (root_keys, threshold): request, "
        "delegate and adopt another"};
  if (wall < issuer_.issued)
    return Error{Errc::denied, "this node's delegation is not valid yet: is the clock of this machine right?"};
  if (wall >= issuer_.expires)
    return Error{Errc::denied, "this node's delegation has expired: request, delegate and adopt the next one"};
  return {};
}

Result<std::string> Enrolment::full_name(std::string_view name) const {
  if (auto checked = wire::check_name(name); !checked) return checked.error();
  std::string full(name);
  if (!parts_.config.site.empty() && wire::site_of(name).empty()) full += "@" + parts_.config.site;
  if (auto checked = wire::check_name(full); !checked) return checked.error();
  const std::string& site = issuer_.limits.site;
  if (!site.empty() && wire::site_of(full) != site) return Error{Errc::denied, "name is of another site"};
  return full;
}

std::optional<wire::Enrolled> Enrolment::handle(Time now, EnrolContext& context, const wire::Enrol& request) {
  const wire::DeviceId id = wire::device_id_of(context.static_key);
  if (context.done) return done(*parts_.directory.find(id), context.root);
  if (!is_open(now) || ++context.attempts > wire::kEnrolAttemptsMax) {
    ++parts_.counters.refused;
    return std::nullopt;
  }
  if (const auto status = objection(now, context, request)) {
    ++parts_.counters.refused;
    return wire::Enrolled{.status = *status};
  }
  const Device* known = parts_.directory.find(id);
  if (!known || known->is_expired(parts_.clock.at(now))) issue(now, context, request);
  context.done = true;
  return done(*parts_.directory.find(id), context.root);
}

// Cheap checks first.
std::optional<wire::EnrolStatus> Enrolment::objection(Time now, const EnrolContext& context,
                                                      const wire::Enrol& request) const {
  using enum wire::EnrolStatus;
  const WallTime wall = parts_.clock.at(now);
  const auto name = full_name(request.name);
  if (!name) return name_not_allowed;
  const std::string person = wire::fold_name(*name).value();
  const Device* known = parts_.directory.find(wire::device_id_of(context.static_key));
  if (known && !known->is_expired(wall)) {  // asks again, after its first answer was lost
    if (known->static_key != context.static_key || known->person != person) return name_not_allowed;
    if (known->signing_key != request.signing_key || !is_signed(context, request)) return signature_wrong;
    return std::nullopt;
  }
  const auto* invitation = parts_.invitations.find(context.invitation, wall);
  if (!invitation) return invitation_over;
  const bool is_for_person = invitation->person == person;
  if (!invitation->person.empty() && !is_for_person) return name_not_allowed;
  const bool may_join = is_for_person || parts_.config.is_trial;
  if (!may_join && !parts_.directory.devices_of(person).empty()) return name_taken;
  if (!parts_.directory.has_room_for(person, wall)) return name_taken;
  if (!is_signed(context, request)) return signature_wrong;
  return std::nullopt;
}

bool Enrolment::is_signed(const EnrolContext& context, const wire::Enrol& request) const {
  std::array<uint8_t, 13 + 32 + wire::kNameBytesMax + 33> covered{};
  Writer writer(covered);
  writer.bytes(as_bytes("farline enrol"));
  writer.bytes(context.handshake_hash);
  writer.bytes(as_bytes(request.name));
  writer.bytes(request.signing_key);
  return parts_.asymmetric.verify(request.signing_key, writer.written(), request.signature);
}

void Enrolment::issue(Time now, EnrolContext& context, const wire::Enrol& request) {
  const WallTime wall = parts_.clock.at(now);
  const Invitations::Entry& invitation = *parts_.invitations.find(context.invitation, wall);
  const Terms terms{
      .role = invitation.role, .seconds = invitation.certificate_days * kDaySeconds, .root = invitation.root};
  wire::Certificate certificate;
  certificate.name = full_name(request.name).value();
  certificate.static_key = context.static_key;
  certificate.signing_key = request.signing_key;
  parts_.invitations.use(context.invitation);
  put(wall, std::move(certificate), terms, context.counter);
  ++parts_.counters.enrolled;
}

void Enrolment::renew(Time now, const Device& device, const Terms& terms) {
  wire::Certificate certificate = wire::parse_certificate(device.certificate).value();
  put(parts_.clock.at(now), std::move(certificate), terms, device.counter);
}

bool Enrolment::is_behind(const Device& device) const {
  return parts_.issuers.root_of(device.issuer) != parts_.issuers.roots().data() ||
         parts_.issuers.signature_count(device.issuer) < parts_.issuers.signature_count(issuer_.id);
}

bool Enrolment::is_to_move(Time now, const Device& device) const {
  const WallTime wall = parts_.clock.at(now);
  const bool is_site_ours = issuer_.limits.site.empty() || wire::site_of(device.person) == issuer_.limits.site;
  return is_behind(device) && parts_.issuers.root_of(issuer_.id) == parts_.issuers.roots().data() && is_site_ours &&
         is_open(now) && !device.is_expired(wall);
}

const wire::Authority& Enrolment::issuer_for(const Terms& terms, WallTime wall) const {
  const wire::Authority* former = parts_.issuers.issuer_under(terms.root, issuer_.signing_key);
  const wire::Authority* own_root = parts_.issuers.root_of(issuer_.id, terms.root);
  const bool is_of_own_root = own_root != nullptr && own_root->id == terms.root;
  const bool is_good = former != nullptr && former->limits.site == issuer_.limits.site && wall >= former->issued &&
                       wall < former->expires;
  return is_good && !is_of_own_root ? *former : issuer_;
}

void Enrolment::put(WallTime wall, wire::Certificate certificate, const Terms& terms, uint64_t counter) {
  const wire::Authority& issuer = issuer_for(terms, wall);
  uint64_t seconds = std::min<uint64_t>(wire::kDeviceCertificateDays, issuer.limits.validity_days) * kDaySeconds;
  if (terms.seconds != 0) seconds = std::min(seconds, terms.seconds);
  certificate.role = wire::Role::device;
  certificate.issued = wall;
  certificate.expires = {std::min(wall.seconds + seconds, issuer.expires.seconds)};
  certificate.issuer = issuer.id;
  certificate.person_role = terms.role;
  const ByteVector encoded = wire::encode_and_sign(certificate, parts_.config.keys.issuer_keys, parts_.asymmetric);
  parts_.directory.put(certificate, encoded, counter, wall);
}

wire::Enrolled Enrolment::done(const Device& device, const wire::CertificateHash& told) const {
  const wire::Authority* root = parts_.issuers.root_of(device.issuer, told);
  wire::Enrolled out{.status = wire::EnrolStatus::done,
                     .root_key = root != nullptr ? root->signing_key : parts_.config.keys.root_key};
  for (const Bytes each : parts_.issuers.chain_of(device.certificate)) out.certificates[out.certificate_count++] = each;
  return out;
}

}  // namespace farline::supernode
