// What a device reports of its own use, once a day (docs/PROTOCOL.md section 10): how much of what in which hour, the
// policy and build it had, how its links did. No peers, no names, no times finer than an hour. The device signs it;
// supernodes collect it and cannot alter it.
//
// On the wire: COSE_Sign1 by the device's signing key over deterministic CBOR, the key id is the hash of its
// certificate, external_aad "farline audit"; at most kAuditReportBytesMax. Errors: malformed, truncated, unsupported,
// limit (the bytes), auth (the signature).
#pragma once

#include <vector>

#include "base/result.h"
#include "crypto/asymmetric.h"
#include "wire/ids.h"
#include "wire/limits.h"
#include "wire/policy.h"

namespace farline::wire {

// The first four are policy::Class. `other` is signalling, reports, measurements and what keeps sessions alive. The
// minutes and bytes of an emergency call are among those of voice.
enum class AuditUse : uint8_t { voice, video, messages, files, other, emergency, break_glass };
inline constexpr size_t kAuditUses = 7;
inline constexpr uint32_t kAuditHours = 24;  // of one report

// What a node keeps: 500 devices for 40 days, 13 MB at the longest. A device's oldest makes room.
inline constexpr size_t kAuditReportsMax = 20'000;
inline constexpr size_t kAuditReportsPerDeviceMax = 100;
// Of one session: each report costs a signature check.
inline constexpr uint32_t kAuditsBurst = 16;
inline constexpr Duration kAuditsEvery = 5s;

struct AuditRow {
  uint8_t hour = 0;  // after first_hour, below kAuditHours
  AuditUse use = AuditUse::voice;
  uint32_t count = 0;      // calls, messages, files, times
  uint32_t minutes = 0;    // of speech, begun ones
  uint32_t kilobytes = 0;  // both directions, headers included; 10^3 bytes, begun ones
  friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

struct AuditHealth {  // of the hours reported
  uint32_t attachments_lost = 0;
  uint32_t stalls = 0;  // of calls
  uint32_t calls_failed = 0;
  uint32_t calls_refused = 0;  // by policy
  friend bool operator==(const AuditHealth&, const AuditHealth&) = default;
};

struct AuditReport {
  uint32_t number = 0;  // of this device, each one more than the last: a gap is a report that is missing
  PolicyVersion policy{};
  BuildClaim build{};
  uint32_t first_hour = 0;  // since 1970 (UTC)
  AuditHealth health{};
  std::vector<AuditRow> rows;  // by hour, then use; each pair once
  friend bool operator==(const AuditReport&, const AuditReport&) = default;
};

// The payload, and what it is read from. `report` is well-formed: our mistake otherwise.
ByteVector encode(const AuditReport& report);
Result<AuditReport> decode_audit_report(Bytes payload);
// So many bytes a payload may have for the signed report to fit.
inline constexpr size_t kAuditPayloadBytesMax = kAuditReportBytesMax - 96;

ByteVector sign_audit(Bytes payload, const CertificateHash& certificate, const crypto::SigningKeyPair& key,
                      const crypto::Asymmetric& asymmetric);
struct SignedAudit {
  CertificateHash certificate;  // of the signer, as the report says
  AuditReport report;
};
// Form only: whose it is shows verify_audit.
Result<SignedAudit> parse_audit(Bytes encoded);
Result<SignedAudit> verify_audit(Bytes encoded, const crypto::SigningPublicKey& key,
                                 const crypto::Asymmetric& asymmetric);

// What a node keeps and hands out: the report with all that is needed to check it against the root.
struct AuditRecord {
  Bytes issuer;  // certificates; views
  Bytes device;
  Bytes report;
};
ByteVector encode(const AuditRecord& record);
Result<AuditRecord> decode_audit_record(Bytes encoded);

}  // namespace farline::wire
