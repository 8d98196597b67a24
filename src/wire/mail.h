// What a client and its node say to each other about sealed messages that the node takes to other devices, at once or
// when they come (docs/PROTOCOL.md section 11). What is in a message, nobody here knows.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "wire/ids.h"

namespace farline::wire {

inline constexpr size_t kMailBytesMax = 1000;       // of one message
inline constexpr size_t kMailRecipientsMax = 64;    // of one MAIL_PUT, as far as they fit beside the message
inline constexpr size_t kMailPutBytesMax = 1160;    // recipients and message
inline constexpr size_t kMailItemsBytesMax = 1160;  // of one MAIL
inline constexpr size_t kMailItemOverheadMax = 10;  // of one message in it
inline constexpr size_t kMailPutsInFlightMax = 32;  // of one client; numbers of MAIL_PUT may repeat after 256

enum class MailRefusal : uint8_t {
  busy = 0,       // the node takes none now; the whole message
  box_full = 1,   // too much waits for this device
  quota = 2,      // too much of this sender's waits
  by_policy = 3,  // the sender may not write to this device now: MailRefused::rule
  no_such_device = 4,
  absent = 5,  // of a message that is not to be kept: not attached
};

// One message for one or more devices. `number` is the client's, for the answer; a node that has the same message of
// the same sender already takes it as a repetition.
struct MailPut {
  uint8_t number = 0;
  bool keep = true;    // for those who are not attached
  Bytes recipients{};  // device ids, 1..kMailRecipientsMax
  Bytes sealed{};      // 1..kMailBytesMax
  size_t recipient_count() const { return recipients.size() / 8; }
  DeviceId recipient(size_t i) const;
};
// What these numbers carried is taken or safe, for every recipient that no MAIL_REFUSED has named.
struct MailStored {
  Bytes numbers{};  // 1..kMailPutsInFlightMax
};
// For these recipients the message was not taken. The same again only after so many seconds; 0: never.
inline constexpr uint8_t kMailRuleMax = 15;
struct MailRefused {
  uint8_t number = 0;
  MailRefusal reason = MailRefusal::busy;
  uint16_t again_s = 0;
  Bytes recipients{};  // ids
  uint8_t rule = 0;    // by_policy: policy::Rule, at most kMailRuleMax
};
// Messages for this client, the newest first; `left` more wait. With none: the news that some wait.
struct Mail {
  uint8_t number = 0;
  uint16_t left = 0;
  Bytes items{};  // MailItems
};
// The client has what MAIL `number` carried, durably; the next may have `most` bytes of items (0: none now).
struct MailTaken {
  uint8_t number = 0;
  uint16_t most = 0;
};

struct MailItem {
  DeviceId sender;
  Bytes sealed;
};
class MailItems {
 public:
  explicit MailItems(Bytes items) : in_(items) {}
  // Nothing at the end, or when what follows is not an item (see ok()).
  std::optional<MailItem> next();
  bool ok() const { return in_.ok(); }

 private:
  Reader in_;
  std::optional<DeviceId> sender_;
};
// Appends an item; `same_sender`: as the item before.
void append_mail_item(const MailItem& item, bool same_sender, ByteVector& items);

// The bodies behind the type byte.
void put_body(const MailPut& message, Writer& out);
void put_body(const MailStored& message, Writer& out);
void put_body(const MailRefused& message, Writer& out);
void put_body(const Mail& message, Writer& out);
void put_body(const MailTaken& message, Writer& out);
MailPut read_mail_put(Reader& in);
MailStored read_mail_stored(Reader& in);
MailRefused read_mail_refused(Reader& in);
Mail read_mail(Reader& in);
MailTaken read_mail_taken(Reader& in);

}  // namespace farline::wire
