#include "app/admin_cosign.h"

#include "app/admin_files.h"
#include "app/facts.h"
#include "policy/vocabulary.h"
#include "wire/delegation.h"
#include "wire/order.h"

namespace farline::app {
namespace {

template <typename Cosign>
ByteVector with_signatures(const SigningOrder& order, ByteVector content, Cosign cosign) {
  for (const crypto::SigningKeyPair& key : open_root_keys(order.keys)) {
    auto more = cosign(content, key, crypto::real_asymmetric());
    if (!more) fail(code_for_signed(more.error()), order.source, more.error());
    content = std::move(*more);
  }
  return content;
}

uint64_t signature_count(Bytes file) {
  return wire::named_signers(file).value().size();
}

std::vector<std::string> cosign_delegation(const SigningOrder& order, std::string_view text) {
  auto delegation = wire::delegation_from_text(text, crypto::real_asymmetric());
  if (!delegation) fail(ExitCode::bad_data, order.source, delegation.error());
  auto& certificate = delegation->issuer_certificate;
  certificate = with_signatures(order, std::move(certificate), wire::cosign_certificate);
  write_output(order.out_file, as_bytes(wire::delegation_to_text(*delegation) + "\n"));
  const auto issuer = wire::parse_certificate(certificate).value();
  return Facts()
      .text("delegation", issuer.name)
      .text("issuer_key", to_hex(issuer.signing_key))
      .text("site", issuer.limits.site)
      .text("expires", date_text(issuer.expires))
      .number("signatures", signature_count(certificate))
      .text("written", order.out_file)
      .lines(false);
}

std::string permission_in_words(const wire::OrderedInvitation& invitation) {
  return (invitation.name.empty() ? "anybody" : invitation.name) + ", " +
         std::string(policy::name_of(static_cast<policy::Role>(invitation.role))) + ", " +
         std::to_string(invitation.uses) + " devices, until " + date_text(invitation.expires);
}

std::string permission_in_words(const wire::OrderedRenewal& renewal) {
  const std::string role =
      renewal.role ? std::string(policy::name_of(static_cast<policy::Role>(*renewal.role))) : "role as before";
  return to_hex(renewal.device.bytes) + ", " + role + ", until " + date_text(renewal.expires);
}

std::vector<std::string> cosign_people(const SigningOrder& order, ByteVector file) {
  file = with_signatures(order, std::move(file), wire::cosign_order);
  const auto content = wire::read_unverified_order(file);
  if (!content) fail(ExitCode::bad_data, order.source, content.error());
  write_output(order.out_file, file);
  Facts facts;
  for (const wire::OrderedInvitation& invitation : content->invitations)
    facts.text("invites", permission_in_words(invitation));
  for (const wire::OrderedRenewal& renewal : content->renewals) facts.text("renews", permission_in_words(renewal));
  return facts.number("signatures", signature_count(file)).text("written", order.out_file).lines(false);
}

}  // namespace

std::vector<std::string> cosign_file(const SigningOrder& order) {
  ByteVector file = read_input(order.source, policy::kPolicyFileBytesMax);
  if (wire::looks_like_delegation(as_text(file))) return cosign_delegation(order, as_text(file));
  if (wire::looks_like_order(file)) return cosign_people(order, std::move(file));
  return cosign_policy(order);
}

}  // namespace farline::app
