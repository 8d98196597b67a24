// A client that loads records which something has damaged. It skips what it cannot have saved itself: it attaches, its
// address book works, calls go out and come in, and its counter still only rises. What it knows of a network has one
// form.
#include "client/network_memory.h"
#include "client/records.h"
#include "support/client_world.h"
#include "support/damaged_records.h"
#include "wire/name.h"

namespace farline {
namespace {

void use(testing::ClientWorld& world) {
  world.attach();
  INVARIANT(world.client.is_attached());
  for (const client::ContactView& contact : world.client.contacts()) {
    INVARIANT(wire::check_name(contact.name).has_value());
    (void)world.client.start_call(world.now, contact.name, {});
    world.settle();
    world.client.hang_up(world.now);
    world.settle();
  }
  testing::FakePeer bela = world.peer("Bela", 2), cesar = world.peer("Cesar", 3), other = world.peer("Bela", 4);
  world.call("bela");
  world.tell_devices(0, {&bela, &other});
  world.client.hang_up(world.now);
  world.settle();
  world.invite(cesar, 9, 9, 1000);
  world.client.set_blocked("Dora", false);
  world.client.set_blocked("Cesar", true);
  world.wait(70s);
  (void)world.client.contacts();
}

std::vector<SaveRecord> genuine_records() {
  testing::ClientWorld world;
  use(world);
  const std::array<uint8_t, 8> key{};
  const ByteVector network =
      client::encode_network({.send_bps = 30'000, .slack = 120ms, .patience = 2, .used = world.kWall});
  world.saved.push_back(client::make_record(client::RecordKind::network, key, network));
  return world.saved;
}

void check_counters(std::span<const SaveRecord> saved, uint64_t last) {
  for (const SaveRecord& record : saved) {
    if (record.kind != static_cast<uint8_t>(client::RecordKind::counter)) continue;
    const uint64_t next = Reader(record.value).u64();
    INVARIANT(next > last);
    last = next;
  }
}

}  // namespace
}  // namespace farline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  static const std::vector<SaveRecord> genuine = genuine_records();
  Reader in({data, size});
  testing::ClientWorld world;
  const SaveRecord& counter = *std::ranges::find(genuine, uint8_t{1}, &SaveRecord::kind);
  world.client.load(counter);
  for (const SaveRecord& record : testing::damaged_records(in, genuine)) {
    if (const auto network = client::decode_network(record.value))
      INVARIANT(equal(client::encode_network(*network), record.value));
    world.client.load(record);
  }
  use(world);
  check_counters(world.saved, Reader(counter.value).u64());
  return 0;
}
