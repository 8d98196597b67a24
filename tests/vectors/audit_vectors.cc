// Section 10 of docs/PROTOCOL.md: reports of devices.
#include "support/seeded_rng.h"
#include "vector_file.h"
#include "wire/audit.h"

namespace farline::vectors {
namespace {

using namespace wire;

constexpr uint32_t kFirstHour = 20'780 * 24;

struct Case {
  const char* about;
  AuditReport report;
};

std::vector<Case> reports() {
  AuditReport quiet{.number = 1, .first_hour = kFirstHour, .rows = {}};
  AuditReport usual{.number = 41,
                    .policy = {1, 12},
                    .build = {0, 2 << 10},
                    .first_hour = kFirstHour,
                    .health = {2, 1, 3, 4},
                    .rows = {{6, AuditUse::voice, 2, 14, 210},
                             {6, AuditUse::other, 0, 0, 9},
                             {7, AuditUse::emergency, 1, 0, 0},
                             {23, AuditUse::break_glass, 1, 0, 0}}};
  AuditReport long_day{.number = 0xffffffff, .policy = {0xffffffff, 0xffffffff}, .first_hour = kFirstHour, .rows = {}};
  for (uint8_t hour = 0; hour < kAuditHours; ++hour)
    for (const AuditUse use : {AuditUse::voice, AuditUse::files})
      long_day.rows.push_back({hour, use, 7, use == AuditUse::voice ? 60U : 0U, 9'999});
  return {{"a day on which nothing was used", quiet}, {"a usual day", usual}, {"a long day", long_day}};
}

}  // namespace

VectorFile audit_vectors() {
  VectorFile out("audits");
  const crypto::Asymmetric& real = crypto::real_asymmetric();
  testing::SeededRng rng(81);
  const crypto::SigningKeyPair device = real.generate_signing_key_pair(rng);
  const CertificateHash certificate{rng.array<8>()};
  for (const Case& given : reports()) {
    const AuditReport& report = given.report;
    const ByteVector encoded = sign_audit(encode(report), certificate, device, real);
    out.add("audit report", given.about).hex("encoded", encoded).hex("signing_key", device.public_key);
    out.hex("certificate_hash", certificate.bytes).number("size", encoded.size()).number("number", report.number);
    out.number("generation", report.policy.generation).number("serial", report.policy.serial);
    out.number("platform", report.build.platform).number("version", report.build.version);
    out.number("first_hour", report.first_hour).number("stalls", report.health.stalls);
    uint64_t kilobytes = 0;
    for (const AuditRow& row : report.rows) kilobytes += row.kilobytes;
    out.number("rows", report.rows.size()).number("kilobytes", kilobytes).boolean("valid", true);
    ByteVector changed = encoded;
    changed[changed.size() - 80] ^= 1;  // within the payload
    out.add("audit report", "a bit is changed").hex("encoded", changed).hex("signing_key", device.public_key);
    out.boolean("valid", verify_audit(changed, device.public_key, real).has_value());
  }
  return out;
}

}  // namespace farline::vectors
