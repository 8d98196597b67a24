#include "wire/audit.h"

#include <array>

#include "wire/cbor.h"
#include "wire/cose.h"

namespace farline::wire {
namespace {

constexpr std::string_view kAuditAad = "farline audit";
constexpr Error kWrongRow{Errc::malformed, "audit report has a row out of order or out of range"};

enum Key : int64_t { kNumber = 1, kPolicy = 2, kBuild = 3, kFirstHour = 4, kHealth = 5, kRows = 6 };
constexpr size_t kKeys = 6;
constexpr size_t kRowsMax = kAuditHours * kAuditUses;
constexpr size_t kRowBytesMax = 1 + 2 + 1 + 3 * 5;
constexpr size_t kHeadBytesMax = 128;

bool follows(const AuditRow& row, const AuditRow& before) {
  return row.hour != before.hour ? row.hour > before.hour : row.use > before.use;
}

void expect_key(CborReader& in, Key key) {
  if (in.integer() != key) in.fail({Errc::malformed, "audit report has other fields than its format"});
}

uint32_t read_number(CborReader& in, uint64_t max = UINT32_MAX) {
  const uint64_t value = in.unsigned_integer();
  if (value > max) in.fail({Errc::malformed, "audit report has a number out of range"});
  return static_cast<uint32_t>(value);
}

void write_row(const AuditRow& row, CborWriter& out) {
  out.array(5);
  out.unsigned_integer(row.hour);
  out.unsigned_integer(static_cast<uint64_t>(row.use));
  out.unsigned_integer(row.count);
  out.unsigned_integer(row.minutes);
  out.unsigned_integer(row.kilobytes);
}

AuditRow read_row(CborReader& in) {
  in.expect_array(5);
  AuditRow row;
  row.hour = static_cast<uint8_t>(read_number(in, kAuditHours - 1));
  row.use = static_cast<AuditUse>(read_number(in, kAuditUses - 1));
  row.count = read_number(in);
  row.minutes = read_number(in);
  row.kilobytes = read_number(in);
  return row;
}

void read_rows(CborReader& in, std::vector<AuditRow>& out) {
  const size_t count = in.array();
  if (count > kRowsMax) in.fail(kWrongRow);
  for (size_t i = 0; i < count && in.ok(); ++i) {
    const AuditRow row = read_row(in);
    if (!out.empty() && !follows(row, out.back())) in.fail(kWrongRow);
    if (in.ok()) out.push_back(row);
  }
}

Result<CoseSign1> open_envelope_of_audit(Bytes encoded) {
  if (encoded.size() > kAuditReportBytesMax) return Error{Errc::limit, "audit report is longer than 900 bytes"};
  return parse_cose_sign1(encoded);
}

Result<SignedAudit> read_signed(const CoseSign1& envelope) {
  if (envelope.key_id.size() != sizeof(CertificateHash)) return Error{Errc::malformed, "audit report names no device"};
  auto report = decode_audit_report(envelope.payload);
  if (!report) return report.error();
  return SignedAudit{{Reader(envelope.key_id).array<8>()}, std::move(*report)};
}

}  // namespace

ByteVector encode(const AuditReport& report) {
  return cbor_item(kHeadBytesMax + report.rows.size() * kRowBytesMax, [&](CborWriter& out) {
    out.map(kKeys);
    out.integer(kNumber);
    out.unsigned_integer(report.number);
    out.integer(kPolicy);
    out.array(2);
    out.unsigned_integer(report.policy.generation);
    out.unsigned_integer(report.policy.serial);
    out.integer(kBuild);
    out.array(2);
    out.unsigned_integer(report.build.platform);
    out.unsigned_integer(report.build.version);
    out.integer(kFirstHour);
    out.unsigned_integer(report.first_hour);
    out.integer(kHealth);
    out.array(4);
    out.unsigned_integer(report.health.attachments_lost);
    out.unsigned_integer(report.health.stalls);
    out.unsigned_integer(report.health.calls_failed);
    out.unsigned_integer(report.health.calls_refused);
    out.integer(kRows);
    out.array(report.rows.size());
    for (const AuditRow& row : report.rows) {
      INVARIANT(row.hour < kAuditHours && (&row == report.rows.data() || follows(row, *(&row - 1))));
      write_row(row, out);
    }
  });
}

Result<AuditReport> decode_audit_report(Bytes payload) {
  CborReader in(payload);
  AuditReport out;
  if (in.map() != kKeys) in.fail({Errc::malformed, "audit report has other fields than its format"});
  expect_key(in, kNumber);
  out.number = read_number(in);
  expect_key(in, kPolicy);
  in.expect_array(2);
  out.policy.generation = read_number(in);
  out.policy.serial = read_number(in);
  expect_key(in, kBuild);
  in.expect_array(2);
  out.build.platform = static_cast<uint8_t>(read_number(in, UINT8_MAX));
  out.build.version = read_number(in);
  expect_key(in, kFirstHour);
  out.first_hour = read_number(in);
  expect_key(in, kHealth);
  in.expect_array(4);
  out.health.attachments_lost = read_number(in);
  out.health.stalls = read_number(in);
  out.health.calls_failed = read_number(in);
  out.health.calls_refused = read_number(in);
  expect_key(in, kRows);
  read_rows(in, out.rows);
  if (const auto finished = in.finish(); !finished) return finished.error();
  return out;
}

ByteVector sign_audit(Bytes payload, const CertificateHash& certificate, const crypto::SigningKeyPair& key,
                      const crypto::Asymmetric& asymmetric) {
  INVARIANT(payload.size() <= kAuditPayloadBytesMax);
  return cose_sign1({payload, as_bytes(kAuditAad)}, certificate.bytes, key, asymmetric);
}

Result<SignedAudit> parse_audit(Bytes encoded) {
  const auto envelope = open_envelope_of_audit(encoded);
  if (!envelope) return envelope.error();
  return read_signed(*envelope);
}

Result<SignedAudit> verify_audit(Bytes encoded, const crypto::SigningPublicKey& key,
                                 const crypto::Asymmetric& asymmetric) {
  const auto envelope = open_envelope_of_audit(encoded);
  if (!envelope) return envelope.error();
  if (const auto signature = verify_cose_sign1(*envelope, as_bytes(kAuditAad), key, asymmetric); !signature)
    return signature.error();
  return read_signed(*envelope);
}

ByteVector encode(const AuditRecord& record) {
  return cbor_item(16 + record.issuer.size() + record.device.size() + record.report.size(), [&](CborWriter& out) {
    out.array(3);
    out.bytes(record.issuer);
    out.bytes(record.device);
    out.bytes(record.report);
  });
}

Result<AuditRecord> decode_audit_record(Bytes encoded) {
  CborReader in(encoded);
  AuditRecord out;
  in.expect_array(3);
  out.issuer = in.bytes();
  out.device = in.bytes();
  out.report = in.bytes();
  if (const auto finished = in.finish(); !finished) return finished.error();
  return out;
}

}  // namespace farline::wire
