#include "wire/order.h"

#include "wire/cbor.h"
#include "wire/certificate.h"
#include "wire/cose.h"
#include "wire/limits.h"
#include "wire/name.h"

namespace farline::wire {
namespace {

constexpr std::string_view kOrderAad = "farline order";
constexpr Error kWrongOrder{Errc::malformed, "order permits what no order may"};

// What a reader refuses and a writer must not write.
bool is_permission(WallTime expires, WallTime issued, uint64_t days) {
  const uint64_t latest = issued.seconds + uint64_t{3600} * kInvitationHoursMax;
  return expires > issued && expires.seconds <= latest && days <= kDeviceCertificateDays;
}
bool is_allowed(const OrderedInvitation& invitation, WallTime issued) {
  const bool has_name = !invitation.name.empty();
  return invitation.uses >= 1 && invitation.uses <= kInvitationUsesMax &&
         (!has_name || check_name(invitation.name).has_value()) && invitation.role <= kPersonRoleMax &&
         is_permission(invitation.expires, issued, invitation.days);
}
bool is_allowed(const OrderedRenewal& renewal, WallTime issued) {
  return renewal.role.value_or(0) <= kPersonRoleMax && is_permission(renewal.expires, issued, renewal.days);
}
bool is_allowed(const Order& order) {
  if (order.issued.seconds >= uint64_t{1} << 40 || order.nodes.size() > kOrderNodesMax) return false;
  if (order.invitations.size() > kOrderInvitationsMax || order.renewals.size() > kOrderRenewalsMax) return false;
  if (order.invitations.empty() && order.renewals.empty()) return false;
  for (const OrderedInvitation& invitation : order.invitations)
    if (!is_allowed(invitation, order.issued)) return false;
  for (const OrderedRenewal& renewal : order.renewals)
    if (!is_allowed(renewal, order.issued)) return false;
  return true;
}

template <typename T>
T order_number(CborReader& in) {
  const uint64_t value = in.unsigned_integer();
  if (value > std::numeric_limits<T>::max()) in.fail(kWrongOrder);
  return static_cast<T>(value);
}

OrderedInvitation read_ordered_invitation(CborReader& in) {
  OrderedInvitation out;
  in.expect_array(6);
  out.token = in.byte_array<16>();
  out.uses = order_number<uint32_t>(in);
  out.expires.seconds = in.unsigned_integer();
  out.name = in.text();
  out.role = order_number<uint8_t>(in);
  out.days = order_number<uint32_t>(in);
  return out;
}

OrderedRenewal read_ordered_renewal(CborReader& in) {
  OrderedRenewal out;
  in.expect_array(4);
  out.device = {in.byte_array<8>()};
  out.expires.seconds = in.unsigned_integer();
  if (in.peek() == CborType::null) {
    in.null();
  } else {
    out.role = order_number<uint8_t>(in);
  }
  out.days = order_number<uint32_t>(in);
  return out;
}

template <typename T, typename Read>
std::vector<T> read_list(CborReader& in, size_t count_max, Read read) {
  std::vector<T> out;
  const size_t count = in.array();
  if (count > count_max) in.fail({Errc::limit, "order has too many parts"});
  for (size_t i = 0; i < count && in.ok(); ++i) out.push_back(read(in));
  return out;
}

Result<Order> decode_order(Bytes payload) {
  CborReader in(payload);
  Order out;
  in.expect_array(5);
  out.id = in.byte_array<8>();
  out.issued.seconds = in.unsigned_integer();
  out.nodes = read_list<crypto::PublicKey>(in, kOrderNodesMax, [](CborReader& r) { return r.byte_array<32>(); });
  out.invitations = read_list<OrderedInvitation>(in, kOrderInvitationsMax, read_ordered_invitation);
  out.renewals = read_list<OrderedRenewal>(in, kOrderRenewalsMax, read_ordered_renewal);
  if (const auto finished = in.finish(); !finished) return finished.error();
  if (!is_allowed(out)) return kWrongOrder;
  return out;
}

void write_permission(CborWriter& out, const OrderedInvitation& invitation) {
  out.array(6);
  out.bytes(invitation.token);
  out.unsigned_integer(invitation.uses);
  out.unsigned_integer(invitation.expires.seconds);
  out.text(invitation.name);
  out.unsigned_integer(invitation.role);
  out.unsigned_integer(invitation.days);
}

void write_permission(CborWriter& out, const OrderedRenewal& renewal) {
  out.array(4);
  out.bytes(renewal.device.bytes);
  out.unsigned_integer(renewal.expires.seconds);
  if (renewal.role) {
    out.unsigned_integer(*renewal.role);
  } else {
    out.null();
  }
  out.unsigned_integer(renewal.days);
}

}  // namespace

WallTime end_of(const Order& order) {
  WallTime end;
  for (const OrderedInvitation& invitation : order.invitations) end = std::max(end, invitation.expires);
  for (const OrderedRenewal& renewal : order.renewals) end = std::max(end, renewal.expires);
  return end;
}

namespace {

ByteVector payload_of(const Order& order) {
  INVARIANT(is_allowed(order));
  return cbor_item(kOrderBytesMax, [&](CborWriter& out) {
    out.array(5);
    out.bytes(order.id);
    out.unsigned_integer(order.issued.seconds);
    out.array(order.nodes.size());
    for (const crypto::PublicKey& node : order.nodes) out.bytes(node);
    out.array(order.invitations.size());
    for (const OrderedInvitation& invitation : order.invitations) write_permission(out, invitation);
    out.array(order.renewals.size());
    for (const OrderedRenewal& renewal : order.renewals) write_permission(out, renewal);
  });
}

}  // namespace

ByteVector encode_and_sign(const Order& order, const crypto::SigningKeyPair& root_key,
                           const crypto::Asymmetric& asymmetric) {
  return cose_sign1({payload_of(order), as_bytes(kOrderAad)}, key_id_of(root_key.public_key).bytes, root_key,
                    asymmetric);
}

ByteVector encode_and_sign(const Order& order, std::span<const crypto::SigningKeyPair> root_keys,
                           const crypto::Asymmetric& asymmetric) {
  return sign_by_roots(payload_of(order), as_bytes(kOrderAad), root_keys, asymmetric);
}

Result<ByteVector> cosign_order(Bytes file, const crypto::SigningKeyPair& root_key,
                                const crypto::Asymmetric& asymmetric) {
  return cosign_by_root(file, as_bytes(kOrderAad), root_key, asymmetric);
}

Result<Order> verify_order(Bytes file, const RootKeys& roots, const crypto::Asymmetric& asymmetric) {
  if (file.size() > kOrderBytesMax) return Error{Errc::limit, "order is longer than 48 KiB"};
  const auto verified = verify_by_roots(file, as_bytes(kOrderAad), roots.keys, asymmetric);
  if (!verified) return verified.error();
  if (verified->signers.empty()) return Error{Errc::auth, "order is from another organisation"};
  if (verified->signers.size() < roots.threshold)
    return Error{Errc::auth, "order has fewer signatures than the policy asks for (threshold): farline-admin cosign"};
  auto order = decode_order(verified->payload);
  if (order) order->root = verified->signers.front();
  return order;
}

Result<Order> read_unverified_order(Bytes file) {
  const auto payload = unverified_payload(file);
  if (!payload) return payload.error();
  return decode_order(*payload);
}

bool looks_like_order(Bytes file) {
  const auto payload = unverified_payload(file);
  return payload && CborReader(*payload).peek() == CborType::array;
}

}  // namespace farline::wire
