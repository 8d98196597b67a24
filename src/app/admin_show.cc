#include "app/admin_show.h"

#include <cstdio>

#include "app/facts.h"
#include "app/program.h"
#include "host/clock.h"
#include "host/file.h"
#include "policy/vocabulary.h"
#include "wire/delegation.h"
#include "wire/invitation.h"
#include "wire/limits.h"

namespace farline::app {
namespace {

const char* word_for(wire::Role role) {
  switch (role) {
    case wire::Role::device:
      return "device";
    case wire::Role::node:
      return "node";
    case wire::Role::issuer:
      return "issuer";
  }
  return "";
}

std::string words_for(wire::RoleSet roles) {
  std::string out;
  for (const auto role : {wire::Role::device, wire::Role::node, wire::Role::issuer})
    if ((roles & wire::role_bit(role)) != 0) out += (out.empty() ? "" : ",") + std::string(word_for(role));
  return out;
}

// A file of that name, else the text itself.
ByteVector content_of(const std::string& what) {
  if (host::File::open(what, host::File::Mode::read)) {
    auto content = host::read_file(what, wire::kDelegationTextMax);
    if (!content) fail(ExitCode::bad_data, what, content.error());
    return std::move(*content);
  }
  return to_vector(as_bytes(what));
}

struct Shown {
  ByteVector certificate;
  std::string signed_by;  // in words
};

Shown certificate_in(Bytes content) {
  if (wire::parse_certificate(content)) return {to_vector(content), "not checked: the issuer is not known here"};
  const std::string_view text = as_text(content).substr(0, as_text(content).find_last_not_of(" \r\n") + 1);
  if (auto bytes = from_hex(text)) return {std::move(*bytes), "not checked: the issuer is not known here"};
  auto delegation = wire::delegation_from_text(text, crypto::real_asymmetric());
  if (!delegation)
    throw Failure(ExitCode::bad_data,
                  "this is neither a certificate (bytes or hexadecimal) nor a delegation, or it is "
                  "damaged");
  return {std::move(delegation->issuer_certificate), "root " + to_hex(delegation->root_key)};
}

}  // namespace

std::vector<std::string> show_certificate(const std::string& what, bool json) {
  const Shown shown = certificate_in(content_of(what));
  const auto certificate = wire::parse_certificate(shown.certificate);
  if (!certificate) fail(ExitCode::bad_data, "not a certificate", certificate.error());
  const auto valid = wire::check_validity(*certificate, host::read_wall_clock());
  Facts facts;
  facts.text("role", word_for(certificate->role))
      .text("name", certificate->name)
      .text("issued", date_text(certificate->issued))
      .text("expires", date_text(certificate->expires))
      .text("now", valid ? "within its time" : std::string(valid.error().what))
      .text("signed_by", shown.signed_by)
      .text("issuer", to_hex(certificate->issuer.bytes))
      .text("hash", to_hex(wire::certificate_hash_of(shown.certificate).bytes))
      .text("signing_key", to_hex(certificate->signing_key));
  if (certificate->role == wire::Role::issuer) {
    facts.text("may_certify", words_for(certificate->limits.roles))
        .text("site", certificate->limits.site)
        .number("days_max", certificate->limits.validity_days);
  } else {
    facts.text("static_key", to_hex(certificate->static_key))
        .text("device", to_hex(wire::device_id_of(certificate->static_key).bytes));
    if (certificate->role == wire::Role::device)
      facts.text("person", std::string(policy::name_of(static_cast<policy::Role>(certificate->person_role))));
  }
  return facts.number("bytes", shown.certificate.size()).lines(json);
}

std::vector<std::string> show_invitation(const std::string& text, bool json) {
  std::string given = text;
  if (text == "-") {
    given.resize(wire::kInvitationTextMax + 1);
    given.resize(std::fread(given.data(), 1, given.size(), stdin));
  }
  const auto invitation = wire::invitation_from_text(given);
  if (!invitation) fail(ExitCode::bad_data, "not an invitation", invitation.error());
  const WallTime now = host::read_wall_clock();
  return Facts()
      .text("host", invitation->host)
      .number("port", invitation->port)
      .text("expires", date_text(invitation->expires))
      .text("now", now < invitation->expires ? "within its time" : "expired; ask for another one")
      .text("root_key_hash", to_hex(invitation->root_key_hash))
      .text("node_key", to_hex(invitation->node_key))
      .lines(json);
}

}  // namespace farline::app
