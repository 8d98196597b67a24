#include "wire/mail.h"

namespace farline::wire {
namespace {

constexpr uint8_t kLiveOnly = 0x80;  // beside the count of recipients
constexpr uint8_t kRuleStep = kMailRuleMax + 1;
constexpr uint16_t kSenderFollows = 0x8000;  // beside the size of an item

}  // namespace

DeviceId MailPut::recipient(size_t i) const {
  DeviceId id;
  std::ranges::copy(recipients.subspan(8 * i, 8), id.bytes.begin());
  return id;
}

std::optional<MailItem> MailItems::next() {
  if (in_.remaining() == 0) return std::nullopt;
  const uint16_t head = in_.u16();
  if ((head & kSenderFollows) != 0) sender_ = DeviceId{in_.array<8>()};
  const size_t size = head % kSenderFollows;
  if (!sender_ || size == 0 || size > kMailBytesMax) in_.fail();
  const Bytes sealed = in_.bytes(size);
  if (!in_.ok()) return std::nullopt;
  return MailItem{*sender_, sealed};
}

void append_mail_item(const MailItem& item, bool same_sender, ByteVector& items) {
  std::array<uint8_t, kMailItemOverheadMax> head{};
  Writer out(head);
  out.u16(static_cast<uint16_t>(item.sealed.size() | (same_sender ? 0 : kSenderFollows)));
  if (!same_sender) out.bytes(item.sender.bytes);
  const Bytes written = out.written();
  items.insert(items.end(), written.begin(), written.end());
  items.insert(items.end(), item.sealed.begin(), item.sealed.end());
}

void put_body(const MailPut& message, Writer& out) {
  const size_t count = message.recipient_count();
  INVARIANT(count > 0 && count <= kMailRecipientsMax && message.recipients.size() == 8 * count);
  INVARIANT(!message.sealed.empty() && message.sealed.size() <= kMailBytesMax);
  out.u8(message.number);
  out.u8(static_cast<uint8_t>(count | (message.keep ? 0 : kLiveOnly)));
  out.bytes(message.recipients);
  out.bytes(message.sealed);
}

void put_body(const MailStored& message, Writer& out) {
  out.bytes(message.numbers);
}

void put_body(const MailRefused& message, Writer& out) {
  out.u8(message.number);
  INVARIANT(message.rule <= kMailRuleMax && (message.rule == 0 || message.reason == MailRefusal::by_policy));
  out.u8(static_cast<uint8_t>(static_cast<uint8_t>(message.reason) + message.rule * kRuleStep));
  out.u16(message.again_s);
  out.bytes(message.recipients);
}

void put_body(const Mail& message, Writer& out) {
  out.u8(message.number);
  out.u16(message.left);
  out.bytes(message.items);
}

void put_body(const MailTaken& message, Writer& out) {
  out.u8(message.number);
  out.u16(message.most);
}

MailPut read_mail_put(Reader& in) {
  MailPut message;
  message.number = in.u8();
  const uint8_t head = in.u8();
  const size_t count = head % kLiveOnly;
  message.keep = (head & kLiveOnly) == 0;
  if (count == 0 || count > kMailRecipientsMax) in.fail();
  message.recipients = in.bytes(8 * count);
  message.sealed = in.rest();
  if (message.sealed.empty() || message.sealed.size() > kMailBytesMax) in.fail();
  return message;
}

MailStored read_mail_stored(Reader& in) {
  const MailStored message{in.rest()};
  if (message.numbers.empty() || message.numbers.size() > kMailPutsInFlightMax) in.fail();
  return message;
}

MailRefused read_mail_refused(Reader& in) {
  MailRefused message;
  message.number = in.u8();
  const uint8_t word = in.u8();
  const uint8_t reason = word % kRuleStep;
  message.rule = word / kRuleStep;
  if (reason > static_cast<uint8_t>(MailRefusal::absent)) in.fail();
  message.reason = static_cast<MailRefusal>(reason);
  if (message.rule != 0 && message.reason != MailRefusal::by_policy) in.fail();
  message.again_s = in.u16();
  message.recipients = in.rest();
  const size_t size = message.recipients.size();
  if (size == 0 || size % 8 != 0 || size > 8 * kMailRecipientsMax) in.fail();
  return message;
}

Mail read_mail(Reader& in) {
  Mail message;
  message.number = in.u8();
  message.left = in.u16();
  message.items = in.rest();
  MailItems items(message.items);
  while (items.next()) {
  }
  if (!items.ok() || message.items.size() > kMailItemsBytesMax) in.fail();
  return message;
}

MailTaken read_mail_taken(Reader& in) {
  MailTaken message;
  message.number = in.u8();
  message.most = in.u16();
  return message;
}

}  // namespace farline::wire
