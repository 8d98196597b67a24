#include <doctest/doctest.h>

#include "client/audit_log.h"
#include "support/fake_asymmetric.h"
#include "support/seeded_rng.h"
#include "wire/certificate.h"

using namespace farline;
using client::AuditLog;
using wire::AuditUse;

namespace {

constexpr WallTime kMidnight{20'780 * 86'400};

struct Device {
  testing::SeededRng rng{1};
  testing::FakeAsymmetric asymmetric;
  client::Identity identity;
  client::Outputs out;
  Time now{};
  AuditLog log{{identity, asymmetric, rng}, out};

  explicit Device(uint32_t days = 35, WallTime wall = kMidnight) {
    testing::SeededRng keys{7};
    identity.signing_keys = asymmetric.generate_signing_key_pair(keys);
    identity.certificate = {1, 2, 3};
    log.set_terms(now, AuditLog::Terms{{1, 12}, {0, 2048}, days});
    log.set_wall(now, wall);
  }
  // Time passes with every timer on the way; what is due is sent.
  void wait(Duration duration, bool in_call = false) {
    for (const Time until = now + duration;;) {
      const auto next = log.next_timeout();
      if (!next || *next > until) {
        now = until;
        return;
      }
      now = std::max(now, *next);
      log.handle_timeout(now, in_call);
      if (const Bytes report = log.due(now, !in_call); !report.empty()) sent.push_back(to_vector(report));
      REQUIRE((!log.next_timeout() || *log.next_timeout() > now));
    }
  }
  void day_is_over() { log.set_wall(now, {kMidnight.seconds + 86'400}); }
  wire::AuditReport report(size_t index) const {
    const auto verified = wire::verify_audit(sent.at(index), identity.signing_keys.public_key, asymmetric);
    REQUIRE(verified.has_value());
    CHECK((verified->certificate == wire::certificate_hash_of(identity.certificate)));
    return verified->report;
  }
  void restart_into(Device& other) {
    wait(5min);
    std::vector<SaveRecord> kept;
    for (const SaveRecord& save : out.saves) {
      std::erase_if(kept, [&](const SaveRecord& r) { return r.kind == save.kind && r.key == save.key; });
      if (!save.value.empty()) kept.push_back(save);
    }
    for (const SaveRecord& record : kept) other.log.load(record);
  }
  std::vector<ByteVector> sent;
};

}  // namespace

TEST_CASE("a day is one report: what, how much, in which hour") {
  Device device;
  device.log.set_wall(device.now, {kMidnight.seconds + 6 * 3600 + 59});
  device.log.count(device.now, AuditUse::voice, {1, 90s, 20'100});
  device.log.count(device.now, AuditUse::voice, {1, 10s, 100});
  device.log.set_wall(device.now, {kMidnight.seconds + 7 * 3600});
  device.log.count(device.now, AuditUse::other, {0, {}, 1});
  device.log.count(device.now, AuditLog::Trouble::stall);
  device.log.count(device.now, AuditLog::Trouble::call_failed);
  device.wait(2h);
  CHECK(device.sent.empty());
  device.day_is_over();
  device.wait(30min);
  REQUIRE(device.sent.size() >= 1);
  const wire::AuditReport report = device.report(0);
  CHECK(report.number == 1);
  CHECK((report.policy == wire::PolicyVersion{1, 12}));
  CHECK((report.build == wire::BuildClaim{0, 2048}));
  CHECK(report.first_hour == kMidnight.seconds / 3600);
  CHECK((report.health == wire::AuditHealth{0, 1, 1, 0}));
  const std::vector<wire::AuditRow> rows{{6, AuditUse::voice, 2, 2, 21}, {7, AuditUse::other, 0, 0, 1}};
  CHECK((report.rows == rows));
}

TEST_CASE("a report is sent again, rarer and rarer, until the node has it; then the next") {
  Device device;
  for (uint64_t day = 1; day <= 2; ++day) {
    device.log.count(device.now, AuditUse::voice, {1, 1s, 1});
    device.log.set_wall(device.now, {kMidnight.seconds + day * 86'400});
  }
  device.wait(10h);
  CHECK(device.sent.size() >= 12);
  CHECK(device.sent.size() <= 18);
  CHECK(device.report(device.sent.size() - 1).number == 1);
  device.log.acknowledged(device.now, 7);
  device.log.acknowledged(device.now, 1);
  device.sent.clear();
  device.wait(10s);
  REQUIRE(device.sent.size() == 1);
  CHECK(device.report(0).number == 2);
  device.log.acknowledged(device.now, 2);
  device.wait(10h);
  CHECK(device.sent.size() == 1);
}

TEST_CASE("voice never waits for a report") {
  Device device;
  device.log.count(device.now, AuditUse::voice, {1, 1s, 1});
  device.day_is_over();
  device.wait(3h, true);
  CHECK(device.sent.empty());
  device.wait(1min);
  CHECK(device.sent.size() == 1);
}

TEST_CASE("an emergency is told soon, not at midnight; once an hour at most") {
  Device device;
  const auto emergency = [&] {
    device.log.count(device.now, AuditUse::emergency, {1, {}, 0});
    device.log.keep();
    device.wait(1s, true);
    CHECK(device.sent.empty());
    device.log.handle_timeout(device.now, false);
  };
  emergency();
  device.wait(10s);
  REQUIRE(device.sent.size() == 1);
  CHECK(device.report(0).rows.at(0).use == AuditUse::emergency);
  device.log.acknowledged(device.now, 1);
  device.sent.clear();
  emergency();
  device.wait(30min);
  CHECK(device.sent.empty());
  device.log.set_wall(device.now, {kMidnight.seconds + 3600});
  device.log.handle_timeout(device.now, false);
  device.wait(10s);
  CHECK(device.sent.size() == 1);
}

TEST_CASE("a restart loses neither counts nor reports nor numbers") {
  Device before;
  before.log.count(before.now, AuditUse::voice, {1, 1s, 1});
  before.day_is_over();
  before.log.count(before.now, AuditUse::voice, {3, 100s, 30'000});
  before.log.count(before.now, AuditLog::Trouble::attachment_lost);
  Device after(35, {});
  before.restart_into(after);
  after.log.set_terms(after.now, AuditLog::Terms{{1, 12}, {0, 2048}, 35});
  after.log.set_wall(after.now, {kMidnight.seconds + 2 * 86'400});
  after.wait(30min);
  REQUIRE(after.sent.size() >= 1);
  CHECK(after.report(0).number == 1);
  after.sent.clear();
  after.log.acknowledged(after.now, 1);
  after.wait(1min);
  REQUIRE(after.sent.size() >= 1);
  CHECK(after.report(0).number == 2);
  CHECK(after.report(0).first_hour == kMidnight.seconds / 3600 + 24);
  CHECK((after.report(0).rows.at(0) == wire::AuditRow{0, AuditUse::voice, 3, 2, 30}));
  CHECK(after.report(0).health.attachments_lost == 1);
}

TEST_CASE("nothing is counted without a policy, without a time, or where it keeps no logs") {
  for (const int reason : {0, 1, 2}) {
    Device device(reason == 0 ? 0U : 35U, reason == 1 ? WallTime{} : kMidnight);
    if (reason == 2) device.log.set_terms(device.now, {});
    device.log.count(device.now, AuditUse::emergency, {1, 1s, 1});
    device.log.count(device.now, AuditLog::Trouble::stall);
    device.day_is_over();
    device.wait(10h);
    CHECK(device.sent.empty());
  }
}

TEST_CASE("a policy that keeps no logs forgets what was counted under another") {
  Device device;
  device.log.count(device.now, AuditUse::voice, {1, 1s, 1});
  device.day_is_over();
  device.log.count(device.now, AuditUse::voice, {1, 1s, 1});
  device.log.set_terms(device.now, AuditLog::Terms{{1, 13}, {0, 2048}, 0});
  Device after(35, {});
  device.restart_into(after);
  after.log.set_wall(after.now, {kMidnight.seconds + 2 * 86'400});
  after.wait(10h);
  CHECK(after.sent.empty());
  CHECK(device.sent.empty());
}

TEST_CASE("another policy begins another report") {
  Device device;
  device.log.count(device.now, AuditUse::voice, {1, 1s, 1});
  device.log.set_terms(device.now, AuditLog::Terms{{1, 13}, {0, 2048}, 35});
  device.wait(30min);
  REQUIRE(device.sent.size() >= 1);
  CHECK((device.report(0).policy == wire::PolicyVersion{1, 12}));
}

TEST_CASE("a device that is away for long keeps the last days only") {
  for (const uint32_t days : {5U, 35U, 400U}) {
    Device device(days);
    for (uint64_t day = 1; day <= 100; ++day) {
      device.log.count(device.now, AuditUse::voice, {1, 1s, 1});
      device.log.set_wall(device.now, {kMidnight.seconds + day * 86'400});
    }
    device.wait(1h);
    REQUIRE(device.sent.size() >= 1);
    CHECK(device.report(0).number == 101 - std::min(days, 35U));
  }
}

TEST_CASE("a day that does not fit one datagram is two reports") {
  Device device;
  for (uint64_t hour = 0; hour < 24; ++hour) {
    device.log.set_wall(device.now, {kMidnight.seconds + hour * 3600});
    for (size_t use = 0; use < wire::kAuditUses; ++use)
      device.log.count(device.now, static_cast<AuditUse>(use), {40, 3000s, 99'000'000'000});
  }
  device.day_is_over();
  size_t rows = 0;
  for (uint32_t number = 1; rows < 24 * wire::kAuditUses; ++number) {
    device.sent.clear();
    device.wait(1h);
    REQUIRE(device.sent.size() >= 1);
    const wire::AuditReport report = device.report(0);
    CHECK(report.number == number);
    rows += report.rows.size();
    device.log.acknowledged(device.now, number);
  }
  CHECK(rows == 24 * wire::kAuditUses);
}

TEST_CASE("records that no run can have saved are skipped") {
  Device device(35, {});
  for (const auto kind : {client::RecordKind::audit_counts, client::RecordKind::audit_report})
    for (const ByteVector& value : {ByteVector{}, ByteVector(7, 9), ByteVector(46, 0xff), ByteVector(24 + 22, 0)})
      device.log.load(client::make_record(kind, {}, value));
  device.log.set_wall(device.now, kMidnight);
  device.wait(10h);
  CHECK(device.sent.empty());
}
