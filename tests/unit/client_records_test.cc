#include <doctest/doctest.h>

#include "client/records.h"
#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::RecordKind;

TEST_CASE("a saved counter that no run can have saved is skipped: it would wrap, and be refused as a replay") {
  for (const std::initializer_list<uint8_t> damaged :
       {std::initializer_list<uint8_t>{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0xff, 0xff}, {}}) {
    ClientWorld w;
    w.client.load(client::make_record(RecordKind::counter, {}, ByteVector(damaged)));
    w.attach();
    REQUIRE_EQ(w.saved.front().kind, static_cast<uint8_t>(RecordKind::counter));
    CHECK_EQ(Reader(w.saved.front().value).u64(), ClientWorld::kWall.seconds);
  }
}

TEST_CASE("people come back from their records, but not from another device's") {
  ClientWorld w;
  const FakePeer bela = w.peer("Bela", 2), cesar = w.peer("Cesar", 3);
  for (int i = 0; i < 2; ++i) w.client.load(client::make_record(RecordKind::device, bela.id().bytes, bela.certificate));
  w.client.load(client::make_record(RecordKind::device, bela.id().bytes, cesar.certificate));
  w.client.load(client::make_record(RecordKind::device, cesar.id().bytes, Bytes(cesar.certificate).first(100)));
  w.client.load(client::make_record(RecordKind::blocked, as_bytes("bela"), as_bytes("1")));
  const auto contacts = w.client.contacts();
  REQUIRE_EQ(contacts.size(), 1);
  CHECK_EQ(contacts[0].name, "Bela");
  CHECK_EQ(contacts[0].devices, 1);
  CHECK(contacts[0].blocked);
}
