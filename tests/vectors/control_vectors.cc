// Section 2 of docs/PROTOCOL.md: control messages.
#include <utility>

#include "crypto/asymmetric.h"
#include "support/seeded_rng.h"
#include "vector_file.h"
#include "wire/control.h"

namespace farline::vectors {
namespace {

using namespace wire;

VectorFile& add(VectorFile& out, std::string_view name, bool from_client, const ControlMessage& message) {
  std::array<uint8_t, kControlMessageMax> buffer{};
  Writer w(buffer);
  encode_control(message, w);
  INVARIANT(decode_control(w.written(), from_client ? ControlFrom::client : ControlFrom::node).has_value());
  return out.add("control message", name).text("from", from_client ? "client" : "node").hex("message", w.written());
}

void add_session_messages(VectorFile& out, Rng& rng) {
  const auto nonce = rng.array<8>();
  const auto id = rng.array<8>();
  const ByteVector certificates[] = {to_vector(rng.array<190>()), to_vector(rng.array<193>())};
  add(out, "PATH_CHALLENGE", false, PathChallenge{nonce}).hex("nonce", nonce);
  add(out, "PATH_RESPONSE", true, PathResponse{nonce}).hex("nonce", nonce);
  for (const Address& address :
       {Address::v4(198, 51, 100, 7, 40000), Address{{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, 5004}})
    add(out, "OWN_ADDRESS", false, OwnAddress{address}).address(address);
  add(out, "DETACH", true, Detach{DetachReason::leaving}).number("reason", 0);
  add(out, "DETACH", false, Detach{DetachReason::revoked}).number("reason", 3);
  add(out, "LOOKUP", true, Lookup{200, "J\xc3\xbcrgen@hq"}).number("request", 200).text("name", "J\xc3\xbcrgen@hq");
  add(out, "LOOKUP_RESULT", false, LookupResult{200, LookupStatus::no_such_name, {}, 0})
      .number("request", 200)
      .number("status", 1)
      .hex("states", {})
      .hexes("certificates", {});
  add(out, "LOOKUP_RESULT", false,
      LookupResult{0,
                   LookupStatus::found,
                   {LookupDevice{true, certificates[0], LookupSource::other_node},
                    LookupDevice{false, certificates[1], LookupSource::stale}},
                   2})
      .number("request", 0)
      .number("status", 0)
      .hex("states", ByteVector{3, 4})
      .hexes("certificates", {certificates[0], certificates[1]});
  add(out, "CERTIFICATE_WANTED", true, CertificateWanted{CertificateBy::device_id, id}).number("by", 0).hex("id", id);
  add(out, "CERTIFICATE", false, CertificateReply{CertificateBy::certificate_hash, id, certificates[0]})
      .number("by", 1)
      .hex("id", id)
      .hex("certificate", certificates[0]);
  add(out, "CERTIFICATE", false, CertificateReply{CertificateBy::device_id, id, {}})
      .number("by", 0)
      .hex("id", id)
      .hex("certificate", {});
}

void add_enrolment_messages(VectorFile& out, Rng& rng) {
  const ByteVector certificates[] = {to_vector(rng.array<190>()), to_vector(rng.array<193>())};
  crypto::SigningPublicKey root_key = rng.array<33>();
  root_key[0] = 2;
  Enrolled enrolled{EnrolStatus::done, root_key, {certificates[0], certificates[1]}, 2};
  add(out, "ENROLLED", false, enrolled)
      .number("status", 0)
      .hex("root_key", root_key)
      .hexes("certificates", {certificates[0], certificates[1]});
  add(out, "ENROLLED", false, Enrolled{EnrolStatus::name_taken, {}, {}, 0}).number("status", 2);

  // ENROL is signed over the handshake it runs in.
  const crypto::SigningKeyPair signing = crypto::real_asymmetric().generate_signing_key_pair(rng);
  const crypto::Hash handshake_hash = rng.array<32>();
  ByteVector covered;
  for (const Bytes part :
       {as_bytes("farline enrol"), Bytes(handshake_hash), as_bytes("alice"), Bytes(signing.public_key)})
    covered.insert(covered.end(), part.begin(), part.end());
  add(out, "ENROL", true, Enrol{"alice", signing.public_key, crypto::real_asymmetric().sign(signing, covered)})
      .text("name", "alice")
      .hex("signing_key", signing.public_key)
      .hex("handshake_hash", handshake_hash);
}

void add_call_messages(VectorFile& out, Rng& rng) {
  constexpr CallNumber kCall = 0x01020304;
  const DeviceId device{rng.array<8>()};
  const ByteVector noise = to_vector(rng.array<57>());
  add(out, "INVITE", true, Invite{device, kCall, 3, 2, noise})
      .hex("device", device.bytes)
      .number("call", kCall)
      .number("rate", 3)
      .number("known_devices", 2)
      .hex("noise", noise);
  add(out, "INCOMING", false, Incoming{device, kCall, 0x1122, 3, noise})
      .hex("device", device.bytes)
      .number("call", kCall)
      .number("channel", 0x1122)
      .number("rate", 3)
      .hex("noise", noise);
  add(out, "RINGING", true, RingingFromCallee{0x1122, noise}).number("channel", 0x1122).hex("noise", noise);
  add(out, "RINGING", false, RingingToCaller{kCall, 0x3344, noise})
      .number("call", kCall)
      .number("channel", 0x3344)
      .hex("noise", noise);
  for (const auto& [name, kind] : {std::pair{"CONFIRM", SealedKind::confirm}, std::pair{"ANSWER", SealedKind::answer},
                                   std::pair{"HANGUP", SealedKind::hangup}})
    add(out, name, true, SealedSignal{kind, 0x3344, noise}).number("channel", 0x3344).hex("sealed", noise);
  add(out, "HANGUP_ACK", true, HangupAck{0x3344}).number("channel", 0x3344);
  add(out, "CANCEL", true, Cancel{kCall}).number("call", kCall);
  add(out, "CANCELLED", false, Cancelled{0x1122}).number("channel", 0x1122);
  add(out, "CALL_FAILED", false, CallFailed{kCall, CallFailure::not_attached})
      .number("call", kCall)
      .number("reason", 1);
  add(out, "CHANNEL_UNKNOWN", false, ChannelUnknown{0x3344}).number("channel", 0x3344);
}

void add_policy_messages(VectorFile& out, Rng& rng) {
  const PolicyVersion version{1, 0x01020304};
  const WallTime until{0x123456789a};
  const auto versioned = [&](std::string_view name, bool from_client, const ControlMessage& message) -> VectorFile& {
    return add(out, name, from_client, message)
        .number("generation", version.generation)
        .number("serial", version.serial);
  };
  add(out, "CALL_FAILED", false, CallFailed{7, CallFailure::by_policy, 8, until})
      .number("call", 7)
      .number("reason", 5)
      .number("rule", 8)
      .number("until", until.seconds);
  add(out, "CALL_CLOSING", false, CallClosing{0x3344, 8, 600})
      .number("channel", 0x3344)
      .number("rule", 8)
      .number("seconds", 600);
  versioned("POLICY_NEWS", true, PolicyNews{version});
  const PolicyBase base = rng.array<8>();
  versioned("POLICY_WANTED", true, PolicyWanted{version, base, 96, 48})
      .hex("base", base)
      .number("offset", 96)
      .number("most", 48);
  const ByteVector bytes = to_vector(rng.array<48>());
  versioned("POLICY_PART", false, PolicyPart{version, PolicyForm::delta, 178, 96, bytes})
      .number("form", 1)
      .number("total", 178)
      .number("offset", 96)
      .hex("bytes", bytes);
  const auto hash = rng.array<16>();
  add(out, "BUILD", true, BuildHash{hash}).hex("hash", hash);
  add(out, "PASS_WANTED", true, PassWanted{});
  add(out, "PASS", false, Pass{bytes}).hex("pass", bytes);
  add(out, "AUDIT", true, Audit{bytes}).hex("report", bytes);
  add(out, "AUDIT_ACK", false, AuditAck{9}).number("number", 9);
  add(out, "RENEW", true, Renew{});
  const auto code = rng.array<10>();
  add(out, "BREAK_GLASS", true, BreakGlass{code}).hex("code", code);
  add(out, "GLASS_ANSWER", false, GlassAnswer{GlassStatus::open, until})
      .number("status", 0)
      .number("until", until.seconds);
  const std::array<uint8_t, 9> zeros{};
  add(out, "LINK_PROBE", true, LinkProbe{4, 13, 9}).number("number", 4).number("wanted", 13).hex("zeros", zeros);
  add(out, "LINK_ANSWER", false, LinkAnswer{4, 0xfedcba98, 7})
      .number("number", 4)
      .number("arrived", 0xfedcba98)
      .hex("zeros", Bytes(zeros).first(7));
}

void add_mail_messages(VectorFile& out, Rng& rng) {
  const auto ids = rng.array<16>();
  const ByteVector sealed = to_vector(rng.array<40>());
  for (const bool keep : {true, false})
    add(out, "MAIL_PUT", true, MailPut{7, keep, ids, sealed})
        .number("number", 7)
        .number("keep", keep ? 1 : 0)
        .hex("recipients", ids)
        .hex("sealed", sealed);
  const std::array<uint8_t, 2> numbers{7, 9};
  add(out, "MAIL_STORED", false, MailStored{numbers}).hex("numbers", numbers);
  add(out, "MAIL_REFUSED", false, MailRefused{7, MailRefusal::box_full, 600, Bytes(ids).first(8)})
      .number("number", 7)
      .number("reason", 1)
      .number("again", 600)
      .hex("recipients", Bytes(ids).first(8));
  add(out, "MAIL_REFUSED", false, MailRefused{7, MailRefusal::by_policy, 5400, ids, 8})
      .number("number", 7)
      .number("reason", 3 + 16 * 8)
      .number("again", 5400)
      .hex("recipients", ids);
  const auto sender = DeviceId{rng.array<8>()};
  const ByteVector more = to_vector(rng.array<12>());
  ByteVector items;
  append_mail_item({sender, sealed}, false, items);
  append_mail_item({sender, more}, true, items);
  add(out, "MAIL", false, Mail{3, 260, items})
      .number("number", 3)
      .number("left", 260)
      .hexes("senders", {to_vector(sender.bytes), to_vector(sender.bytes)})
      .hexes("sealed", {sealed, more});
  const auto presence = rng.array<64>();
  add(out, "PRESENCE", true, Presence{presence}).hex("presence", presence);
  add(out, "PRESENCE_WANTED", false, PresenceWanted{});
  add(out, "MAIL_TAKEN", true, MailTaken{3, 1100}).number("number", 3).number("most", 1100);
}

}  // namespace

VectorFile control_vectors() {
  VectorFile out("control_messages");
  testing::SeededRng rng(120);
  add_session_messages(out, rng);
  add_enrolment_messages(out, rng);
  add_call_messages(out, rng);
  add_policy_messages(out, rng);
  add_mail_messages(out, rng);
  return out;
}

}  // namespace farline::vectors
