#include <doctest/doctest.h>

#include "support/seeded_rng.h"
#include "wire/audit.h"
#include "wire/cose.h"

using namespace farline;
using namespace farline::wire;

namespace {

const crypto::Asymmetric& real = crypto::real_asymmetric();

AuditReport sample() {
  AuditReport report{.number = 41,
                     .policy = {1, 12},
                     .build = {0, 2 << 10},
                     .first_hour = 498'600,
                     .health = {2, 1, 3, 4},
                     .rows = {}};
  report.rows = {{6, AuditUse::voice, 2, 14, 210}, {6, AuditUse::other, 0, 0, 9}, {7, AuditUse::emergency, 1, 3, 0}};
  return report;
}

struct Device {
  crypto::SigningKeyPair keys;
  CertificateHash certificate{{1, 2, 3, 4, 5, 6, 7, 8}};
  explicit Device(uint64_t seed) {
    testing::SeededRng rng(seed);
    keys = real.generate_signing_key_pair(rng);
  }
  ByteVector sign(const AuditReport& report) const { return sign_audit(encode(report), certificate, keys, real); }
};

}  // namespace

TEST_CASE("a report comes back as it was, from its device only") {
  const Device device(1);
  const ByteVector bytes = device.sign(sample());
  const auto verified = verify_audit(bytes, device.keys.public_key, real);
  REQUIRE(verified.has_value());
  CHECK((verified->report == sample()));
  CHECK((verified->certificate == device.certificate));
  CHECK(verify_audit(bytes, Device(2).keys.public_key, real).error().code == Errc::auth);
  for (size_t at = 0; at < bytes.size(); ++at) {
    ByteVector changed = bytes;
    changed[at] ^= static_cast<uint8_t>(1U << at % 8);
    CHECK_FALSE(verify_audit(changed, device.keys.public_key, real).has_value());
  }
}

TEST_CASE("a signature of the same key for something else is none for a report") {
  const Device device(1);
  const ByteVector other = cose_sign1({encode(sample()), as_bytes(std::string_view("farline order"))},
                                      device.certificate.bytes, device.keys, real);
  CHECK(parse_audit(other).has_value());
  CHECK(verify_audit(other, device.keys.public_key, real).error().code == Errc::auth);
}

TEST_CASE("a day of four uses in every hour fits one datagram") {
  AuditReport report = sample();
  report.policy = {3, 70'000};
  report.rows.clear();
  for (uint8_t hour = 0; hour < kAuditHours; ++hour)
    for (const AuditUse use : {AuditUse::voice, AuditUse::messages, AuditUse::other})
      report.rows.push_back({hour, use, 20, use == AuditUse::voice ? 40U : 0U, 9'999});
  const ByteVector payload = encode(report);
  CHECK(payload.size() <= kAuditPayloadBytesMax);
  CHECK(Device(1).sign(report).size() <= kAuditReportBytesMax);
  // A usual one: three hours of calls.
  CHECK(Device(1).sign(sample()).size() < 200);
}

TEST_CASE("rows have one order, and their numbers a range") {
  const auto refused = [](const std::vector<AuditRow>& rows) {
    AuditReport report = sample();
    report.rows = {{6, AuditUse::voice, 1, 1, 1}};
    ByteVector bytes = encode(report);
    // The one row is the end of the payload: an array head, then rows of single-byte numbers.
    bytes.resize(bytes.size() - 7);
    bytes.push_back(static_cast<uint8_t>(0x80 + rows.size()));
    for (const AuditRow& row : rows)
      for (const unsigned value :
           {0x85U, unsigned{row.hour}, static_cast<unsigned>(row.use), row.count, row.minutes, row.kilobytes}) {
        if (value >= 24 && value < 0x80) bytes.push_back(0x18);
        bytes.push_back(static_cast<uint8_t>(value));
      }
    return !decode_audit_report(bytes).has_value();
  };
  const AuditRow row{6, AuditUse::video, 1, 1, 1};
  CHECK_FALSE(refused({}));
  CHECK_FALSE(refused({row, {6, AuditUse::files, 1, 1, 1}, {7, AuditUse::voice, 1, 1, 1}}));
  CHECK(refused({row, row}));
  CHECK(refused({row, {6, AuditUse::voice, 1, 1, 1}}));
  CHECK(refused({row, {5, AuditUse::files, 1, 1, 1}}));
  CHECK(refused({{24, AuditUse::voice, 1, 1, 1}}));
  CHECK(refused({{6, static_cast<AuditUse>(kAuditUses), 1, 1, 1}}));
}
