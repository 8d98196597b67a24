#include "wire/backbone.h"

#include <algorithm>

#include "wire/packet.h"

namespace farline::wire {
namespace {

enum class FrameType : uint8_t { hello = 1, sealed = 2 };
enum class NodeMessageType : uint8_t {
  question = 1,
  answer = 2,
  signal = 3,
  media = 4,
  arrival = 5,
  mail = 6,
  mail_answer = 7
};

constexpr uint8_t kIsAttached = 1;
constexpr uint8_t kIsEmergency = 1;

Bytes read_certificate(Reader& r, size_t least) {
  const size_t size = r.u16();
  if (size < least || size > kCertificateBytesMax) r.fail();
  return r.bytes(size);
}

void put_with_size(Bytes bytes, Writer& out) {
  out.u16(static_cast<uint16_t>(bytes.size()));
  out.bytes(bytes);
}

// A flag octet of which only the lowest bit has a meaning.
bool read_flag(Reader& r) {
  const uint8_t flags = r.u8();
  if (flags > 1) r.fail();
  return flags == 1;
}

PresenceRecord read_presence(Reader& r) {
  PresenceRecord presence;
  presence.terms.sequence = r.u64();
  presence.terms.expires = {r.u64()};
  presence.signature = r.array<64>();
  return presence;
}

void put_presence(const PresenceRecord& presence, Writer& out) {
  out.u64(presence.terms.sequence);
  out.u64(presence.terms.expires.seconds);
  out.bytes(presence.signature);
}

NodeHello read_hello(Bytes bytes, Reader& r) {
  NodeHello hello;
  hello.static_key = r.array<32>();
  hello.incarnation = r.array<16>();
  hello.issued = {r.u64()};
  hello.certificate = read_certificate(r, 1);
  const size_t covered = bytes.size() - r.remaining();
  hello.signature = r.array<64>();
  hello.load.attached = r.u32();
  hello.load.capacity = r.u32();
  if (r.ok()) hello.signed_part = bytes.first(covered);
  return hello;
}

NodeQuestion read_question(Reader& r) {
  NodeQuestion question;
  question.number = r.u32();
  if (read_flag(r)) {
    question.device.bytes = r.array<8>();
    return question;
  }
  if (r.remaining() == 0 || r.remaining() > kNameBytesMax) r.fail();
  question.person = as_text(r.rest());
  return question;
}

NodeAnswer read_answer(Reader& r) {
  NodeAnswer answer;
  answer.number = r.u32();
  while (r.remaining() > 0) {
    if (answer.device_count == answer.devices.size()) {
      r.fail();
      break;
    }
    KnownDevice& device = answer.devices[answer.device_count++];
    device.attached = read_flag(r);
    if (device.attached) device.presence = read_presence(r);
    device.certificate = read_certificate(r, 1);
  }
  return answer;
}

NodeSignal read_signal(Reader& r) {
  NodeSignal signal;
  signal.is_emergency = read_flag(r);
  signal.from.bytes = r.array<8>();
  signal.to.bytes = r.array<8>();
  signal.certificate = read_certificate(r, 0);
  if (r.remaining() == 0 || r.remaining() > kControlMessageMax) r.fail();
  signal.message = r.rest();
  return signal;
}

NodeMedia read_media(Reader& r) {
  if (r.remaining() < kMediaBytesMin || r.remaining() > kDatagramBytesMax) r.fail();
  return {r.rest()};
}

NodeMail read_node_mail(Reader& r) {
  NodeMail mail;
  mail.number = r.u32();
  mail.to.bytes = r.array<8>();
  mail.items = r.rest();
  NodeMailItems items(mail.items);
  size_t count = 0;
  while (items.next()) ++count;
  if (!items.ok() || count == 0 || count > kNodeMailItemsMax) r.fail();
  return mail;
}

NodeMailAnswer read_mail_answer(Reader& r) {
  NodeMailAnswer answer;
  answer.number = r.u32();
  answer.to.bytes = r.array<8>();
  answer.results = r.rest();
  const auto is_known = [](uint8_t result) { return result <= static_cast<uint8_t>(NodeMailResult::never); };
  const size_t count = answer.results.size();
  if (count == 0 || count > kNodeMailItemsMax || !std::ranges::all_of(answer.results, is_known)) r.fail();
  return answer;
}

void put_message_type(NodeMessageType type, Writer& out) {
  out.u8(static_cast<uint8_t>(type));
}

void put_answer(const NodeAnswer& m, Writer& out) {
  put_message_type(NodeMessageType::answer, out);
  out.u32(m.number);
  for (const KnownDevice& device : std::span(m.devices).first(m.device_count)) {
    out.u8(device.attached ? kIsAttached : 0);
    if (device.attached) put_presence(device.presence, out);
    put_with_size(device.certificate, out);
  }
}

void put_signal(const NodeSignal& m, Writer& out) {
  put_message_type(NodeMessageType::signal, out);
  out.u8(m.is_emergency ? kIsEmergency : 0);
  out.bytes(m.from.bytes);
  out.bytes(m.to.bytes);
  put_with_size(m.certificate, out);
  out.bytes(m.message);
}

void put_question(const NodeQuestion& m, Writer& out) {
  put_message_type(NodeMessageType::question, out);
  out.u32(m.number);
  out.u8(m.person.empty() ? 1 : 0);
  out.bytes(m.person.empty() ? Bytes(m.device.bytes) : as_bytes(m.person));
}

}  // namespace

std::optional<NodeMailItem> NodeMailItems::next() {
  if (in_.remaining() == 0) return std::nullopt;
  NodeMailItem item;
  item.expires = {in_.u64()};
  item.sender.bytes = in_.array<8>();
  const size_t size = in_.u16();
  if (size == 0 || size > kMailBytesMax) in_.fail();
  item.sealed = in_.bytes(size);
  if (!in_.ok()) return std::nullopt;
  return item;
}

void append_node_mail_item(const NodeMailItem& item, ByteVector& items) {
  std::array<uint8_t, kNodeMailItemOverhead> head{};
  Writer out(head);
  out.u64(item.expires.seconds);
  out.bytes(item.sender.bytes);
  out.u16(static_cast<uint16_t>(item.sealed.size()));
  items.insert(items.end(), head.begin(), head.end());
  items.insert(items.end(), item.sealed.begin(), item.sealed.end());
}

ByteVector encode_and_sign(const NodeHello& hello, const crypto::SigningKeyPair& issuer_key,
                           const crypto::Asymmetric& asymmetric) {
  ByteVector out(59 + hello.certificate.size() + sizeof(crypto::Signature));
  Writer writer(out);
  writer.u8(static_cast<uint8_t>(FrameType::hello));
  writer.bytes(hello.static_key);
  writer.bytes(hello.incarnation);
  writer.u64(hello.issued.seconds);
  put_with_size(hello.certificate, writer);
  writer.bytes(asymmetric.sign(issuer_key, writer.written()));
  return out;
}

void put_load(const NodeLoad& load, Writer& out) {
  out.u32(load.attached);
  out.u32(load.capacity);
}

bool is_signed_by(const NodeHello& hello, const crypto::SigningPublicKey& issuer_key,
                  const crypto::Asymmetric& asymmetric) {
  return asymmetric.verify(issuer_key, hello.signed_part, hello.signature);
}

void put_sealed_header(const NodeId& sender, uint64_t counter, Writer& out) {
  out.u8(static_cast<uint8_t>(FrameType::sealed));
  out.bytes(sender.bytes);
  out.u64(counter);
}

Result<BackboneFrame> parse_backbone_frame(Bytes bytes) {
  if (bytes.size() > kBackboneBytesMax) return Error{Errc::limit, "longer than any frame between nodes"};
  Reader r(bytes);
  const uint8_t type = r.u8();
  if (type == static_cast<uint8_t>(FrameType::sealed)) {
    SealedFrame frame;
    frame.sender.bytes = r.array<8>();
    frame.counter = r.u64();
    frame.header = bytes.first(std::min(bytes.size(), kSealedHeaderBytes));
    frame.sealed = r.rest();
    if (frame.sealed.size() <= 16) return Error{Errc::truncated, "ends too early"};
    return BackboneFrame{frame};
  }
  if (type != static_cast<uint8_t>(FrameType::hello)) return Error{Errc::unsupported, "not a frame between nodes"};
  const NodeHello hello = read_hello(bytes, r);
  if (const auto end = r.finish(); !end) return end.error();
  return BackboneFrame{hello};
}

void encode_backbone(const BackboneMessage& message, Writer& out) {
  std::visit(Overloaded{
                 [&](const NodeQuestion& m) { put_question(m, out); },
                 [&](const NodeAnswer& m) { put_answer(m, out); },
                 [&](const NodeSignal& m) { put_signal(m, out); },
                 [&](const NodeMedia& m) {
                   put_message_type(NodeMessageType::media, out);
                   out.bytes(m.datagram);
                 },
                 [&](const NodeArrival& m) {
                   put_message_type(NodeMessageType::arrival, out);
                   out.bytes(m.device.bytes);
                   put_presence(m.presence, out);
                 },
                 [&](const NodeMail& m) {
                   put_message_type(NodeMessageType::mail, out);
                   out.u32(m.number);
                   out.bytes(m.to.bytes);
                   out.bytes(m.items);
                 },
                 [&](const NodeMailAnswer& m) {
                   put_message_type(NodeMessageType::mail_answer, out);
                   out.u32(m.number);
                   out.bytes(m.to.bytes);
                   out.bytes(m.results);
                 },
             },
             message);
}

Result<BackboneMessage> decode_backbone(Bytes bytes) {
  Reader r(bytes);
  BackboneMessage message;
  switch (static_cast<NodeMessageType>(r.u8())) {
    case NodeMessageType::question:
      message = read_question(r);
      break;
    case NodeMessageType::answer:
      message = read_answer(r);
      break;
    case NodeMessageType::signal:
      message = read_signal(r);
      break;
    case NodeMessageType::media:
      message = read_media(r);
      break;
    case NodeMessageType::arrival:
      message = NodeArrival{DeviceId{r.array<8>()}, read_presence(r)};
      break;
    case NodeMessageType::mail:
      message = read_node_mail(r);
      break;
    case NodeMessageType::mail_answer:
      message = read_mail_answer(r);
      break;
    default:
      return Error{Errc::unsupported, "not a message between nodes"};
  }
  if (const auto end = r.finish(); !end) return end.error();
  return message;
}

std::array<uint8_t, 64> presence_bytes(const crypto::PublicKey& node, const PresenceTerms& terms) {
  std::array<uint8_t, 64> out{};
  Writer writer(out);
  writer.bytes(as_bytes("farline presence"));
  writer.bytes(node);
  writer.u64(terms.sequence);
  writer.u64(terms.expires.seconds);
  return out;
}

}  // namespace farline::wire
