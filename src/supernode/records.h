// What a supernode saves (SaveRecord::kind). Presence, calls and addresses are never among it.
#pragma once

#include <array>
#include <cstdint>

namespace farline::supernode {

enum class RecordKind : uint8_t {
  // key: device id[8]; value: highest handshake counter u64, latest policy it held (generation u32, serial u32),
  // certificate[..]
  device = 1,
  // key: token hash[16]; value: role u8, uses left u24, certificate days u16, expires u48, with role & 0x80 the key id
  // of the root that it names[8], folded name[..] (empty: any)
  invitation = 2,
  policy_root = 10,  // key: SHA-256 of the payload[32]; value: when it came u64, signed root file[..]
  policy_site = 11,  // key: its pin in the root file[20]; value: signed site file[..]
  usage = 12,    // key: 'd', 'p' or 's', then device id, person or site; value: month u32, day u32, bytes u64, ms u64
  glass = 13,    // key: device id[8]; value: codes it has used, each hash[16], at u64
  order = 14,    // key: its id[8]; value: when all it permits is over u64
  renewal = 15,  // key: device id[8]; value: expires u64, role u8 (255: as before), certificate days u16
  issuer = 16,   // key: its certificate hash[8]; value: its certificate[..]
  audit = 20,    // key: device id[8], first 8 bytes of the report's SHA-256; value: wire::AuditRecord
  // In the store of mail (supernode/mail_store.h), not among kRecordKinds:
  mail_for = 40,   // key: recipient[8], message id[16]; value: age u64, expires u64, size u16, sender[8]
  mail_body = 41,  // key: message id[16]; value: the sealed message
};
inline constexpr std::array kRecordKinds{
    RecordKind::device, RecordKind::invitation, RecordKind::policy_root, RecordKind::policy_site, RecordKind::usage,
    RecordKind::glass,  RecordKind::order,      RecordKind::renewal,     RecordKind::issuer,      RecordKind::audit};

}  // namespace farline::supernode
