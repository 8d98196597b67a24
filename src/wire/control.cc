#include "wire/control.h"

#include "wire/path.h"

namespace farline::wire {
namespace {

enum class Type : uint8_t {
  path_challenge = 0x01,
  path_response = 0x02,
  detach = 0x03,
  own_address = 0x04,
  lookup = 0x10,
  lookup_result = 0x11,
  certificate_wanted = 0x12,
  certificate = 0x13,
  enrol = 0x14,
  enrolled = 0x15,
  invite = 0x20,
  incoming = 0x21,
  ringing = 0x22,
  confirm = 0x23,
  answer = 0x24,
  hangup = 0x25,
  hangup_ack = 0x26,
  cancel = 0x27,
  cancelled = 0x28,
  call_failed = 0x29,
  channel_unknown = 0x2a,
  call_closing = 0x2b,
  policy_news = 0x30,
  policy_wanted = 0x31,
  policy_part = 0x32,
  build = 0x33,
  pass_wanted = 0x34,
  pass = 0x35,
  audit = 0x36,
  audit_ack = 0x37,
  renew = 0x38,
  break_glass = 0x39,
  glass_answer = 0x3a,
  link_probe = 0x40,
  link_answer = 0x41,
  mail_put = 0x58,
  mail_stored = 0x59,
  mail_refused = 0x5a,
  mail = 0x5b,
  mail_taken = 0x5c,
  presence = 0x50,
  presence_wanted = 0x51,
};

template <typename E>
uint8_t number(E value) {
  return static_cast<uint8_t>(value);
}
// An enumerator from the wire; the reader fails when it is above `last`.
template <typename E>
E enumerator(Reader& r, E last) {
  const uint8_t value = r.u8();
  if (value > number(last)) r.fail();
  return static_cast<E>(value);
}

Bytes sized(Reader& r, size_t max) {
  const size_t size = r.u16();
  if (size > max) r.fail();
  return r.bytes(size);
}

void put_sized(Bytes bytes, Writer& out) {
  out.u16(static_cast<uint16_t>(bytes.size()));
  out.bytes(bytes);
}

LookupResult decode_lookup_result(Reader& r) {
  LookupResult m;
  m.request = r.u8();
  m.status = enumerator(r, LookupStatus::no_such_name);
  while (r.remaining() > 0) {
    if (m.device_count == m.devices.size()) {
      r.fail();
      break;
    }
    LookupDevice& device = m.devices[m.device_count++];
    const uint8_t state = r.u8();
    if (state >> 1 > number(LookupSource::stale)) r.fail();
    device.attached = (state & 1) != 0;
    device.source = static_cast<LookupSource>(state >> 1);
    device.certificate = sized(r, kCertificateBytesMax);
  }
  return m;
}

Enrol decode_enrol(Reader& r) {
  Enrol m;
  const size_t size = r.u8();
  if (size == 0 || size > kNameBytesMax) r.fail();
  m.name = as_text(r.bytes(size));
  m.signing_key = r.array<33>();
  m.signature = r.array<64>();
  return m;
}

Enrolled decode_enrolled(Reader& r) {
  Enrolled m;
  m.status = enumerator(r, EnrolStatus::store_full);
  if (m.status != EnrolStatus::done) return m;
  m.root_key = r.array<33>();
  m.certificate_count = r.u8();
  if (m.certificate_count == 0 || m.certificate_count > m.certificates.size()) {
    r.fail();
    m.certificate_count = 0;
  }
  for (size_t i = 0; i < m.certificate_count; ++i) m.certificates[i] = sized(r, kCertificateBytesMax);
  return m;
}

Lookup decode_lookup(Reader& r) {
  Lookup m;
  m.request = r.u8();
  if (r.remaining() == 0 || r.remaining() > kNameBytesMax) r.fail();
  m.name = as_text(r.rest());
  return m;
}

CertificateReply decode_certificate(Reader& r) {
  CertificateReply m;
  m.by = enumerator(r, CertificateBy::certificate_hash);
  m.id = r.array<8>();
  if (r.remaining() > kCertificateBytesMax) r.fail();
  m.certificate = r.rest();
  return m;
}

ControlMessage decode_ringing(Reader& r, ControlFrom from) {
  if (from == ControlFrom::client) {
    RingingFromCallee m;
    m.channel = r.u16();
    m.noise = r.rest();
    return m;
  }
  RingingToCaller m;
  m.call = r.u32();
  m.channel = r.u16();
  m.noise = r.rest();
  return m;
}

ControlMessage decode_invite(Reader& r) {
  Invite m;
  m.callee.bytes = r.array<8>();
  m.call = r.u32();
  m.rate_kbps = r.u8();
  m.known_devices = r.u8();
  m.noise = r.rest();
  return m;
}

ControlMessage decode_incoming(Reader& r) {
  Incoming m;
  m.caller.bytes = r.array<8>();
  m.call = r.u32();
  m.channel = r.u16();
  m.rate_kbps = r.u8();
  m.noise = r.rest();
  return m;
}

ControlMessage decode_sealed(Type type, Reader& r) {
  SealedSignal m;
  m.kind = static_cast<SealedKind>(number(type));
  m.channel = r.u16();
  m.sealed = r.rest();
  return m;
}

// The rest of the message: 1 to `max` bytes.
Bytes some(Reader& r, size_t max) {
  if (r.remaining() == 0 || r.remaining() > max) r.fail();
  return r.rest();
}

CallFailed decode_call_failed(Reader& r) {
  CallFailed m;
  m.call = r.u32();
  m.reason = enumerator(r, CallFailure::by_policy);
  if (m.reason != CallFailure::by_policy) return m;
  m.rule = r.u8();
  m.until = read_u40_time(r);
  return m;
}

CallClosing decode_call_closing(Reader& r) {
  CallClosing m;
  m.channel = r.u16();
  m.rule = r.u8();
  m.seconds = r.u16();
  return m;
}

GlassAnswer decode_glass_answer(Reader& r) {
  GlassAnswer m;
  m.status = enumerator(r, GlassStatus::unknown_or_used);
  m.until = read_u40_time(r);
  return m;
}

// All that is left, which is zeros.
uint16_t zeros(Reader& r, uint16_t least) {
  const Bytes rest = r.rest();
  const bool is_good = rest.size() >= least && rest.size() <= kLinkZerosMax &&
                       std::ranges::all_of(rest, [](uint8_t byte) { return byte == 0; });
  if (!is_good) r.fail();
  return static_cast<uint16_t>(is_good ? rest.size() : 0);
}
LinkProbe decode_link_probe(Reader& r) {
  LinkProbe m{.number = r.u8(), .wanted = r.u16()};
  m.zeros = zeros(r, kLinkProbeZerosMin);
  return m;
}
LinkAnswer decode_link_answer(Reader& r) {
  LinkAnswer m{.number = r.u8(), .arrived_ms = r.u32()};
  m.zeros = zeros(r, 0);
  return m;
}
void put_zeros(uint16_t count, Writer& out) {
  INVARIANT(count <= kLinkZerosMax);
  const std::array<uint8_t, kLinkZerosMax> zeros{};
  out.bytes(Bytes(zeros).first(count));
}

ControlMessage decode_body(Type type, Reader& r, ControlFrom from) {
  switch (type) {
    case Type::path_challenge: return PathChallenge{r.array<8>()};
    case Type::path_response: return PathResponse{r.array<8>()};
    case Type::own_address: return OwnAddress{read_address(r)};
    case Type::detach: return Detach{enumerator(r, DetachReason::revoked)};
    case Type::lookup: return decode_lookup(r);
    case Type::lookup_result: return decode_lookup_result(r);
    case Type::certificate_wanted:
      return CertificateWanted{enumerator(r, CertificateBy::certificate_hash), r.array<8>()};
    case Type::certificate: return decode_certificate(r);
    case Type::enrol: return decode_enrol(r);
    case Type::enrolled: return decode_enrolled(r);
    case Type::invite: return decode_invite(r);
    case Type::incoming: return decode_incoming(r);
    case Type::ringing: return decode_ringing(r, from);
    case Type::confirm:
    case Type::answer:
    case Type::hangup: return decode_sealed(type, r);
    case Type::hangup_ack: return HangupAck{r.u16()};
    case Type::cancel: return Cancel{r.u32()};
    case Type::cancelled: return Cancelled{r.u16()};
    case Type::call_failed: return decode_call_failed(r);
    case Type::channel_unknown: return ChannelUnknown{r.u16()};
    case Type::call_closing: return decode_call_closing(r);
    case Type::policy_news: return PolicyNews{read_version(r)};
    case Type::policy_wanted: return read_policy_wanted(r);
    case Type::policy_part: return read_policy_part(r);
    case Type::build: return BuildHash{r.array<16>()};
    case Type::pass_wanted: return PassWanted{};
    case Type::pass: return Pass{some(r, kPassBytesMax)};
    case Type::audit: return Audit{some(r, kAuditReportBytesMax)};
    case Type::audit_ack: return AuditAck{r.u32()};
    case Type::renew: return Renew{};
    case Type::break_glass: return BreakGlass{r.array<10>()};
    case Type::glass_answer: return decode_glass_answer(r);
    case Type::link_probe: return decode_link_probe(r);
    case Type::link_answer: return decode_link_answer(r);
    case Type::mail_put: return read_mail_put(r);
    case Type::mail_stored: return read_mail_stored(r);
    case Type::mail_refused: return read_mail_refused(r);
    case Type::mail: return read_mail(r);
    case Type::mail_taken: return read_mail_taken(r);
    case Type::presence: return Presence{r.array<64>()};
    case Type::presence_wanted: return PresenceWanted{};
  }
  r.fail();
  return ControlMessage{};
}

bool may_send(ControlFrom from, Type type) {
  switch (type) {
    case Type::path_challenge:
    case Type::own_address:
    case Type::lookup_result:
    case Type::certificate:
    case Type::enrolled:
    case Type::incoming:
    case Type::cancelled:
    case Type::call_failed:
    case Type::call_closing:
    case Type::pass:
    case Type::audit_ack:
    case Type::glass_answer:
    case Type::link_answer:
    case Type::mail_stored:
    case Type::mail_refused:
    case Type::mail:
    case Type::presence_wanted: return from == ControlFrom::node;
    case Type::path_response:
    case Type::lookup:
    case Type::certificate_wanted:
    case Type::enrol:
    case Type::invite:
    case Type::cancel:
    case Type::build:
    case Type::pass_wanted:
    case Type::audit:
    case Type::renew:
    case Type::break_glass:
    case Type::link_probe:
    case Type::mail_put:
    case Type::mail_taken:
    case Type::presence: return from == ControlFrom::client;
    case Type::detach:
    case Type::ringing:
    case Type::confirm:
    case Type::answer:
    case Type::hangup:
    case Type::hangup_ack:
    case Type::channel_unknown:
    case Type::policy_news:
    case Type::policy_wanted:
    case Type::policy_part: return true;
  }
  return false;
}

void put_type(Type type, Writer& out) { out.u8(number(type)); }

void put(const LookupResult& m, Writer& out) {
  put_type(Type::lookup_result, out);
  out.u8(m.request);
  out.u8(number(m.status));
  for (const LookupDevice& device : std::span(m.devices).first(m.device_count)) {
    out.u8(static_cast<uint8_t>((device.attached ? 1 : 0) | number(device.source) << 1));
    put_sized(device.certificate, out);
  }
}

void put(const Enrol& m, Writer& out) {
  INVARIANT(!m.name.empty() && m.name.size() <= kNameBytesMax);
  put_type(Type::enrol, out);
  out.u8(static_cast<uint8_t>(m.name.size()));
  out.bytes(as_bytes(m.name));
  out.bytes(m.signing_key);
  out.bytes(m.signature);
}

void put(const Enrolled& m, Writer& out) {
  put_type(Type::enrolled, out);
  out.u8(number(m.status));
  if (m.status != EnrolStatus::done) return;
  out.bytes(m.root_key);
  out.u8(static_cast<uint8_t>(m.certificate_count));
  for (const Bytes certificate : std::span(m.certificates).first(m.certificate_count)) put_sized(certificate, out);
}

void put(const Invite& m, Writer& out) {
  put_type(Type::invite, out);
  out.bytes(m.callee.bytes);
  out.u32(m.call);
  out.u8(m.rate_kbps);
  out.u8(m.known_devices);
  out.bytes(m.noise);
}

void put(const Incoming& m, Writer& out) {
  put_type(Type::incoming, out);
  out.bytes(m.caller.bytes);
  out.u32(m.call);
  out.u16(m.channel);
  out.u8(m.rate_kbps);
  out.bytes(m.noise);
}

void put(const RingingToCaller& m, Writer& out) {
  put_type(Type::ringing, out);
  out.u32(m.call);
  out.u16(m.channel);
  out.bytes(m.noise);
}

void put(const CallFailed& m, Writer& out) {
  put_type(Type::call_failed, out);
  out.u32(m.call);
  out.u8(number(m.reason));
  if (m.reason != CallFailure::by_policy) return;
  out.u8(m.rule);
  put_u40_time(m.until, out);
}

void put(const CallClosing& m, Writer& out) {
  put_type(Type::call_closing, out);
  out.u16(m.channel);
  out.u8(m.rule);
  out.u16(m.seconds);
}

void put(const GlassAnswer& m, Writer& out) {
  put_type(Type::glass_answer, out);
  out.u8(number(m.status));
  put_u40_time(m.until, out);
}

void put_bytes(Type type, Bytes bytes, Writer& out) {
  put_type(type, out);
  out.bytes(bytes);
}

void put_channel(Type type, Channel channel, Bytes rest, Writer& out) {
  put_type(type, out);
  out.u16(channel);
  out.bytes(rest);
}

void put_id(Type type, CertificateBy by, Bytes id, Bytes rest, Writer& out) {
  put_type(type, out);
  out.u8(number(by));
  out.bytes(id);
  out.bytes(rest);
}

}  // namespace

void encode_control(const ControlMessage& message, Writer& out) {
  const auto call = [&](Type type, CallNumber n) {
    put_type(type, out);
    out.u32(n);
  };
  const auto body = [&](Type type, const auto& m) {
    put_type(type, out);
    put_body(m, out);
  };
  std::visit(Overloaded{
                 [&](const PathChallenge& m) { put_bytes(Type::path_challenge, m.nonce, out); },
                 [&](const PathResponse& m) { put_bytes(Type::path_response, m.nonce, out); },
                 [&](const OwnAddress& m) {
                   put_type(Type::own_address, out);
                   put_address(m.address, out);
                 },
                 [&](const Detach& m) {
                   put_type(Type::detach, out);
                   out.u8(number(m.reason));
                 },
                 [&](const Lookup& m) {
                   put_type(Type::lookup, out);
                   out.u8(m.request);
                   out.bytes(as_bytes(m.name));
                 },
                 [&](const CertificateWanted& m) { put_id(Type::certificate_wanted, m.by, m.id, {}, out); },
                 [&](const CertificateReply& m) { put_id(Type::certificate, m.by, m.id, m.certificate, out); },
                 [&](const RingingFromCallee& m) { put_channel(Type::ringing, m.channel, m.noise, out); },
                 [&](const SealedSignal& m) {
                   put_channel(static_cast<Type>(number(m.kind)), m.channel, m.sealed, out);
                 },
                 [&](const HangupAck& m) { put_channel(Type::hangup_ack, m.channel, {}, out); },
                 [&](const Cancel& m) { call(Type::cancel, m.call); },
                 [&](const Cancelled& m) { put_channel(Type::cancelled, m.channel, {}, out); },
                 [&](const ChannelUnknown& m) { put_channel(Type::channel_unknown, m.channel, {}, out); },
                 [&](const PolicyNews& m) { body(Type::policy_news, m); },
                 [&](const PolicyWanted& m) { body(Type::policy_wanted, m); },
                 [&](const PolicyPart& m) { body(Type::policy_part, m); },
                 [&](const MailPut& m) { body(Type::mail_put, m); },
                 [&](const MailStored& m) { body(Type::mail_stored, m); },
                 [&](const MailRefused& m) { body(Type::mail_refused, m); },
                 [&](const Mail& m) { body(Type::mail, m); },
                 [&](const MailTaken& m) { body(Type::mail_taken, m); },
                 [&](const BuildHash& m) { put_bytes(Type::build, m.hash, out); },
                 [&](const PassWanted&) { put_type(Type::pass_wanted, out); },
                 [&](const Pass& m) { put_bytes(Type::pass, m.pass, out); },
                 [&](const Audit& m) { put_bytes(Type::audit, m.report, out); },
                 [&](const AuditAck& m) { call(Type::audit_ack, m.number); },
                 [&](const Renew&) { put_type(Type::renew, out); },
                 [&](const Presence& m) { put_bytes(Type::presence, m.signature, out); },
                 [&](const PresenceWanted&) { put_type(Type::presence_wanted, out); },
                 [&](const BreakGlass& m) { put_bytes(Type::break_glass, m.code, out); },
                 [&](const LinkProbe& m) {
                   put_type(Type::link_probe, out);
                   out.u8(m.number);
                   out.u16(m.wanted);
                   put_zeros(m.zeros, out);
                 },
                 [&](const LinkAnswer& m) {
                   put_type(Type::link_answer, out);
                   out.u8(m.number);
                   out.u32(m.arrived_ms);
                   put_zeros(m.zeros, out);
                 },
                 [&](const auto& m) { put(m, out); },
             },
             message);
}

Result<ControlMessage> decode_control(Bytes bytes, ControlFrom from) {
  Reader r(bytes);
  const auto type = static_cast<Type>(r.u8());
  if (!may_send(from, type)) return Error{Errc::unsupported, "not a control message of that side"};
  const ControlMessage message = decode_body(type, r, from);
  if (auto end = r.finish(); !end) return end.error();
  return message;
}

}  // namespace farline::wire
