#include <doctest/doctest.h>

#include <set>

#include "support/supernode_world.h"
#include "wire/audit.h"

using namespace farline;
using namespace farline::testing;

namespace {

constexpr uint32_t kHour = SupernodeWorld::kWall / 3600;

ByteVector report(const SupernodeWorld& world, const MiniClient& client, uint32_t number, uint32_t hour = kHour) {
  const wire::AuditReport content{.number = number,
                                  .policy = {1, 2},
                                  .build = {},
                                  .first_hour = hour - hour % 24,
                                  .health = {},
                                  .rows = {{0, wire::AuditUse::voice, 1, 1, 1}}};
  return wire::sign_audit(encode(content), wire::certificate_hash_of(client.certificate), client.signing_keys,
                          world.asymmetric);
}

// What the node answers.
std::optional<uint32_t> tell(SupernodeWorld& world, MiniClient& client, const ByteVector& bytes) {
  world.send(client, wire::Audit{bytes});
  const auto ack = world.take<wire::AuditAck>(client);
  return ack ? std::optional(ack->number) : std::nullopt;
}

size_t kept(const SupernodeWorld& world) {
  return world.node->status().audit_reports;
}

}  // namespace

TEST_CASE("a device's report is saved, acknowledged once and again, and kept with what proves it") {
  SupernodeWorld world;
  const auto ada = world.member("Ada");
  const ByteVector bytes = report(world, *ada, 5);
  CHECK(tell(world, *ada, bytes) == 5);
  CHECK(tell(world, *ada, bytes) == 5);  // the acknowledgement was lost
  CHECK(kept(world) == 1);
  world.start();
  REQUIRE(kept(world) == 1);
  const auto items = world.node->audit_reports({}, 10);
  REQUIRE(items.size() == 1);
  const auto record = wire::decode_audit_record(items[0].record);
  REQUIRE(record.has_value());
  CHECK(equal(record->report, bytes));
  const std::array<Bytes, 2> chain{record->issuer, record->device};
  const auto device = wire::verify_chain(chain, {world.root.public_key, wire::Role::device, {}}, world.asymmetric);
  REQUIRE(device.has_value());
  CHECK(wire::verify_audit(record->report, device->signing_key, world.asymmetric).has_value());
}

TEST_CASE("a report of another device, or one that was changed, is not taken") {
  SupernodeWorld world;
  const auto ada = world.member("Ada"), bela = world.member("Bela");
  CHECK_FALSE(tell(world, *ada, report(world, *bela, 1)).has_value());
  ByteVector changed = report(world, *ada, 1);
  changed.back() ^= 1;
  CHECK_FALSE(tell(world, *ada, changed).has_value());
  changed.resize(20);
  CHECK_FALSE(tell(world, *ada, changed).has_value());
  CHECK(kept(world) == 0);
  CHECK(world.node->counters().unauthentic == 2);
  CHECK(world.node->counters().refused == 1);
}

TEST_CASE("reports are given out page by page, each once") {
  SupernodeWorld world;
  std::set<ByteVector> told, seen;
  for (const char* name : {"Ada", "Bela", "Cesar"}) {
    const auto client = world.member(name);
    for (uint32_t number = 1; number <= 5; ++number) {
      const ByteVector bytes = report(world, *client, number);
      REQUIRE(tell(world, *client, bytes) == number);
      told.insert(bytes);
    }
  }
  ByteVector after;
  for (auto page = world.node->audit_reports(after, 4); !page.empty(); page = world.node->audit_reports(after, 4)) {
    CHECK(page.size() <= 4);
    for (const supernode::AuditItem& item : page) {
      CHECK(seen.insert(to_vector(wire::decode_audit_record(item.record)->report)).second);
      after = to_vector(item.key);
    }
  }
  CHECK((seen == told));
}

TEST_CASE("old reports go, and a device that has too many makes room by its oldest") {
  SupernodeWorld world;
  const auto ada = world.member("Ada"), bela = world.member("Bela");
  REQUIRE(tell(world, *bela, report(world, *bela, 1)).has_value());
  for (uint32_t number = 1; number <= wire::kAuditReportsPerDeviceMax + 3; ++number) {
    world.advance(wire::kAuditsEvery);
    REQUIRE(tell(world, *ada, report(world, *ada, number, kHour - 24 * 30 + number)).has_value());
  }
  CHECK(kept(world) == wire::kAuditReportsPerDeviceMax + 1);
  world.start();
  CHECK(kept(world) == wire::kAuditReportsPerDeviceMax + 1);
  REQUIRE(world.attach(*ada));
  world.advance(24h);  // Ada's have been of thirty days ago and later
  world.now += 37 * 24h;
  world.node->set_wall_time(world.now, {SupernodeWorld::kWall + 38 * 86'400});
  REQUIRE(world.attach(*ada));
  world.advance(wire::kSweepEvery);
  CHECK(kept(world) == 0);
  world.start();
  CHECK(kept(world) == 0);
}

TEST_CASE("a flood of reports does not cost a signature check each") {
  SupernodeWorld world;
  const auto ada = world.member("Ada");
  for (uint32_t number = 1; number <= 40; ++number) tell(world, *ada, report(world, *ada, number));
  CHECK(kept(world) == wire::kAuditsBurst);
  CHECK(world.node->counters().rate_limited == 40 - wire::kAuditsBurst);
}
