#include <doctest/doctest.h>

#include "admin/audit.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::admin;
using wire::AuditUse;

namespace {

const crypto::Asymmetric& real = crypto::real_asymmetric();
constexpr uint32_t kDay = 20'780 * 24;  // 2026-11-23

// Devices with certificates of one issuer under one root.
struct Organisation {
  testing::SeededRng rng;
  crypto::SigningKeyPair root = real.generate_signing_key_pair(rng);
  crypto::SigningKeyPair issuer_keys = real.generate_signing_key_pair(rng);
  ByteVector issuer = wire::encode_and_sign(certificate(wire::Role::issuer, "node", {}), root, real);

  explicit Organisation(uint64_t seed) : rng(seed) {}

  wire::Certificate certificate(wire::Role role, const std::string& name, const crypto::PublicKey& key) const {
    const bool is_issuer = role == wire::Role::issuer;
    return {
        .role = role,
        .name = name,
        .static_key = key,
        .signing_key = is_issuer ? issuer_keys.public_key : crypto::SigningPublicKey{},
        .issued = {1'700'000'000},
        .expires = {1'720'000'000},
        .issuer = is_issuer ? wire::key_id_of(root.public_key) : wire::certificate_hash_of(issuer),
        .limits = is_issuer ? wire::IssuerLimits{"", wire::role_bit(wire::Role::device), 366} : wire::IssuerLimits{}};
  }
};
struct Reporter {
  crypto::SigningKeyPair keys;
  ByteVector certificate;
  const Organisation& organisation;

  Reporter(Organisation& of, const std::string& name) : keys(real.generate_signing_key_pair(of.rng)), organisation(of) {
    wire::Certificate content = of.certificate(wire::Role::device, name, of.rng.array<32>());
    content.signing_key = keys.public_key;
    certificate = wire::encode_and_sign(content, of.issuer_keys, real);
  }
  ByteVector record(const wire::AuditReport& report) const {
    const ByteVector bytes = wire::sign_audit(encode(report), wire::certificate_hash_of(certificate), keys, real);
    return encode(wire::AuditRecord{organisation.issuer, certificate, bytes});
  }
};

wire::AuditReport report(uint32_t number, std::vector<wire::AuditRow> rows) {
  return {.number = number,
          .policy = {1, 10 + number},
          .build = {0, 2 << 10},
          .first_hour = kDay,
          .health = {1, 2, 3, 4},
          .rows = std::move(rows)};
}

ByteVector joined(std::initializer_list<ByteVector> parts) {
  ByteVector out;
  for (const ByteVector& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

struct Sample {
  Organisation relief{1};
  Reporter anna{relief, "anna@kalemie"}, bela{relief, "bela@bukavu"};
  ByteVector file =
      joined({anna.record(report(1, {{6, AuditUse::voice, 2, 14, 210}, {6, AuditUse::emergency, 1, 0, 0}})),
              anna.record(report(4, {{6, AuditUse::voice, 1, 1, 100}, {7, AuditUse::files, 1, 0, 5000}})),
              bela.record(report(9, {{6, AuditUse::voice, 1, 2, 40}}))});
  AuditFile read() const {
    AuditFile out({relief.root.public_key}, real);
    out.add(file);
    return out;
  }
};

}  // namespace

TEST_CASE("reports are added up by device, site, hour and class") {
  const Sample sample;
  const AuditFile file = sample.read();
  REQUIRE(file.reports().size() == 3);
  CHECK(file.refused().empty());

  const AuditSummary devices = summarise(file.reports(), AuditBy::device);
  REQUIRE(devices.lines.size() == 2);
  const AuditLine& anna = devices.lines[0];
  CHECK(anna.key.starts_with("anna@kalemie "));
  CHECK(anna.reports == 2);
  CHECK(anna.missing == 2);  // numbers 2 and 3
  CHECK(anna.uses[0].count == 3);
  CHECK(anna.uses[0].minutes == 15);
  CHECK(anna.uses[0].kilobytes == 310);
  CHECK((anna.health == std::array<uint64_t, 4>{2, 4, 6, 8}));
  CHECK(policy_text(anna.policy) == "1.14");
  CHECK(build_text(anna.build) == "0.2.0 linux");
  CHECK(devices.lines[1].missing == 0);
  REQUIRE(devices.events.size() == 1);
  CHECK(hour_text(devices.events[0].hour) == "2026-11-23T06:00Z");
  CHECK(devices.events[0].who == anna.key);

  const AuditSummary sites = summarise(file.reports(), AuditBy::site);
  REQUIRE(sites.lines.size() == 2);
  CHECK(sites.lines[1].key == "kalemie");
  CHECK(sites.lines[1].missing == 2);
  const AuditSummary hours = summarise(file.reports(), AuditBy::hour);
  REQUIRE(hours.lines.size() == 2);
  CHECK(hours.lines[0].key == "2026-11-23T06:00Z");
  CHECK(hours.lines[0].uses[0].kilobytes == 350);
  const AuditSummary uses = summarise(file.reports(), AuditBy::use);
  REQUIRE(uses.lines.size() == 3);
  CHECK(uses.lines[2].key == "voice");
  CHECK(uses.lines[2].uses[0].count == 4);
}

TEST_CASE("what does not verify is refused by reason, and used for nothing") {
  const Sample sample;
  Organisation others{2};
  const Reporter stranger{others, "eve"};
  AuditFile file({sample.relief.root.public_key}, real);
  file.add(stranger.record(report(1, {})));
  // Another device's report under Anna's certificate, and one that a node has changed.
  const ByteVector belas = sample.bela.record(report(1, {}));
  const auto record = wire::decode_audit_record(belas);
  file.add(encode(wire::AuditRecord{record->issuer, sample.anna.certificate, record->report}));
  ByteVector changed = sample.anna.record(report(1, {{0, AuditUse::voice, 1, 1, 1}}));
  changed[changed.size() - 70] ^= 1;  // the last number of the payload
  file.add(changed);
  CHECK(file.reports().empty());
  CHECK(file.refused().at("of a device that is not of this organisation") == 1);
  CHECK(file.refused().at("not signed by its device") == 2);
}

TEST_CASE("the same report twice counts once") {
  const Sample sample;
  AuditFile file = sample.read();
  file.add(sample.file);
  CHECK(file.reports().size() == 3);
  CHECK(file.repeated() == 3);
}

TEST_CASE("behind damage nothing is read, and no damage is believed") {
  const Sample sample;
  for (size_t at = 0; at < sample.file.size(); at += 7) {
    ByteVector damaged = sample.file;
    damaged[at] ^= 0x15;
    AuditFile file({sample.relief.root.public_key}, real);
    file.add(damaged);
    CHECK(file.reports().size() < 3);
    CHECK_FALSE(file.refused().empty());
  }
  AuditFile cut({sample.relief.root.public_key}, real);
  cut.add(Bytes(sample.file).first(sample.file.size() - 1));
  CHECK(cut.reports().size() == 2);
}

TEST_CASE("shown: a table with straight columns, and a page without scripts") {
  const Sample sample;
  const AuditSummary summary = summarise(sample.read().reports(), AuditBy::device);
  const std::string text = to_text(summary);
  CHECK(text.starts_with("2026-11-23T06:00Z to 2026-11-23T08:00Z\n\ndevice"));
  CHECK(text.ends_with("emergency x1  " + summary.lines[0].key));
  const size_t first = text.find('\n', 45), second = text.find('\n', first + 1), third = text.find('\n', second + 1);
  CHECK(second - first == third - second);
  const std::string page = to_html(summary);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("5.3") != std::string::npos);
}
