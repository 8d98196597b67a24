#include "supernode/orders.h"

#include "policy/vocabulary.h"
#include "wire/name.h"

namespace farline::supernode {
namespace {

constexpr uint8_t kRoleAsBefore = UINT8_MAX;
constexpr auto kGuest = static_cast<uint8_t>(policy::Role::guest);

}  // namespace

void Orders::load_taken(Bytes key, Bytes value) {
  Reader key_reader(key), reader(value);
  const auto id = key_reader.array<8>();
  const WallTime until{reader.u64()};
  if (key_reader.finish() && reader.finish() && taken_.size() < wire::kOrdersMax) taken_[id] = until;
}

void Orders::load_renewal(Bytes key, Bytes value) {
  Reader key_reader(key), reader(value);
  const wire::DeviceId device{key_reader.array<8>()};
  Renewal renewal{.expires = {reader.u64()}, .role = {}, .days = 0};
  const uint8_t role = reader.u8();
  renewal.days = reader.u16();
  if (!key_reader.finish() || !reader.finish() || renewals_.size() >= wire::kRenewalsMax) return;
  if (role > wire::kPersonRoleMax && role != kRoleAsBefore) return;
  if (role != kRoleAsBefore) renewal.role = role;
  renewals_[device] = renewal;
}

Result<OrderTaken> Orders::take(Time now, Bytes file) {
  const WallTime wall = parts_.clock.at(now);
  const auto root_keys = parts_.issuers.root_keys();
  const auto order = wire::verify_order(file, {root_keys, parts_.issuers.threshold()}, parts_.asymmetric);
  if (!order) return order.error();
  if (const auto open = parts_.enrolment.check_open(now); !open) return open.error();
  forget_what_is_over(wall);
  if (const auto allowed = check(*order, wall); !allowed) return allowed.error();

  for (const wire::OrderedInvitation& ordered : order->invitations) {
    const auto full = ordered.name.empty() ? std::string() : parts_.enrolment.full_name(ordered.name).value();
    const Invitations::Entry entry{.uses = ordered.uses,
                                   .expires = ordered.expires,
                                   .person = full.empty() ? full : wire::fold_name(full).value(),
                                   .role = ordered.role,
                                   .certificate_days = static_cast<uint16_t>(ordered.days),
                                   .root = order->root};
    INVARIANT(parts_.invitations.add(ordered.token, entry, wall));
  }
  for (const wire::OrderedRenewal& ordered : order->renewals) {
    renewals_[ordered.device] = {ordered.expires, ordered.role, static_cast<uint16_t>(ordered.days)};
    std::array<uint8_t, 11> value{};
    Writer writer(value);
    writer.u64(ordered.expires.seconds);
    writer.u8(ordered.role.value_or(kRoleAsBefore));
    writer.u16(static_cast<uint16_t>(ordered.days));
    parts_.out.save(RecordKind::renewal, ordered.device.bytes, value);
  }
  const WallTime until = wire::end_of(*order);
  taken_[order->id] = until;
  std::array<uint8_t, 8> value{};
  Writer(value).u64(until.seconds);
  parts_.out.save(RecordKind::order, order->id, value);
  return OrderTaken{order->invitations.size(), order->renewals.size(), until};
}

Result<void> Orders::check(const wire::Order& order, WallTime wall) const {
  const NodeKeys& keys = parts_.config.keys;
  const auto is_here = [&](const crypto::PublicKey& node) {
    const auto is_former = [&](const FormerKey& former) { return former.keys.public_key == node; };
    return node == keys.static_keys.public_key || std::ranges::any_of(keys.former_keys, is_former);
  };
  if (!order.nodes.empty() && std::ranges::none_of(order.nodes, is_here))
    return Error{Errc::denied, "it is for another node; write it for the key that `farline-node status` shows"};
  if (wall.seconds + wire::kCertificateClockSlackSeconds < order.issued.seconds)
    return Error{Errc::denied, "it was written in the future: is the clock of this machine right?"};
  if (wall >= wire::end_of(order)) return Error{Errc::denied, "it has expired; ask for a new one"};
  if (taken_.contains(order.id)) return Error{Errc::denied, "it has been taken before; an order is taken once"};
  for (const wire::OrderedInvitation& ordered : order.invitations)
    if (!ordered.name.empty() && !parts_.enrolment.full_name(ordered.name))
      return Error{Errc::denied, "it invites somebody whose name is not of this node's site"};
  if (taken_.size() >= wire::kOrdersMax || renewals_.size() + order.renewals.size() > wire::kRenewalsMax ||
      parts_.invitations.count() + order.invitations.size() > wire::kInvitationsMax)
    return Error{Errc::limit, "there are too many open orders or invitations"};
  return {};
}

const Orders::Renewal* Orders::renewal_of(const wire::DeviceId& device, WallTime wall) const {
  const auto found = renewals_.find(device);
  if (found == renewals_.end() || wall.seconds == 0 || wall >= found->second.expires) return nullptr;
  return &found->second;
}

// As it was issued; but a guest's day is not made longer.
Enrolment::Terms Orders::terms_of(const wire::Certificate& certificate, WallTime wall) {
  const bool is_guest = certificate.person_role == kGuest;
  return {.role = certificate.person_role,
          .seconds = certificate.expires.seconds - (is_guest ? wall : certificate.issued).seconds};
}

void Orders::move_to_first_root(Time now, const Device& device) {
  if (!parts_.enrolment.is_to_move(now, device)) return;
  const auto present = wire::parse_certificate(device.certificate);
  INVARIANT(present.has_value());
  parts_.enrolment.renew(now, device, terms_of(*present, parts_.clock.at(now)));
}

wire::Enrolled Orders::renew(Time now, const Device& device) {
  const WallTime wall = parts_.clock.at(now);
  const wire::DeviceId id = device.id;
  const auto present = wire::parse_certificate(device.certificate);
  INVARIANT(present.has_value());
  const Renewal* permission = renewal_of(id, wall);
  if (!permission && device.is_expired(wall)) return {.status = wire::EnrolStatus::invitation_over};
  Enrolment::Terms terms = terms_of(*present, wall);
  if (permission) terms = {.role = permission->role.value_or(terms.role), .seconds = permission->days * kDaySeconds};
  const bool is_due = permission || (present->person_role != kGuest && wall >= wire::renewal_due(*present));
  if (is_due && parts_.enrolment.is_open(now)) {
    if (permission) use_renewal(id);
    parts_.enrolment.renew(now, device, terms);
  }
  return parts_.enrolment.done(*parts_.directory.find(id));
}

void Orders::use_renewal(const wire::DeviceId& device) {
  INVARIANT(renewals_.erase(device) == 1);
  parts_.out.erase(RecordKind::renewal, device.bytes);
}

void Orders::forget_what_is_over(WallTime wall) {
  parts_.invitations.purge(wall);
  std::erase_if(taken_, [&](const auto& entry) {
    if (wall < entry.second) return false;
    parts_.out.erase(RecordKind::order, entry.first);
    return true;
  });
  std::erase_if(renewals_, [&](const auto& entry) {
    if (wall < entry.second.expires) return false;
    parts_.out.erase(RecordKind::renewal, entry.first.bytes);
    return true;
  });
}

}  // namespace farline::supernode
