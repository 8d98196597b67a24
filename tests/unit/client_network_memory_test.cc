#include <doctest/doctest.h>

#include "client/network_memory.h"

namespace farline::client {
namespace {

constexpr WallTime kNow{1'700'000'000};
constexpr uint64_t kDay = 86'400;
const crypto::Secret<32> kSecret;

Address address(uint8_t network, uint8_t host = 1) {
  return Address::v4(198, 51, network, host, 4000);
}

// What was saved by one run, for the next.
struct Run {
  Outputs out;
  NetworkMemory memory{kSecret.bytes(), out};
};
void reload(const Run& from, Run& into) {
  std::map<ByteVector, ByteVector> store;
  for (const SaveRecord& record : from.out.saves) {
    CHECK_EQ(record.kind, static_cast<uint8_t>(RecordKind::network));
    if (record.value.empty())
      store.erase(record.key);
    else
      store[record.key] = record.value;
  }
  for (const auto& [key, value] : store) into.memory.load(key, value);
}

TEST_CASE("what a network gave is known in the next run, by its prefix and the local subnet") {
  Run first;
  first.memory.learn_call(kNow, 5000, 120ms);  // nowhere yet
  CHECK(first.out.saves.empty());
  CHECK(first.memory.enter(kNow, address(1), {}));
  CHECK_EQ(first.memory.here().send_bps, 0);
  first.memory.learn_call(kNow, 30'000, 120ms);
  first.memory.learn_patience(kNow, 2);
  CHECK_FALSE(first.memory.enter(kNow, address(1, 200), {}));
  CHECK(first.memory.enter(kNow, address(1), Address::v4(192, 168, 7, 3, 1)));
  first.memory.learn_call(kNow, 2'000, 120ms);

  Run second;
  reload(first, second);
  CHECK(second.memory.enter(kNow, address(1, 77), Address::v4(10, 1, 2, 3, 0)));  // a provider's: does not count
  CHECK_EQ(second.memory.here().send_bps, 30'000);
  CHECK(second.memory.here().slack == 120ms);
  CHECK_EQ(second.memory.here().patience, 2);
  CHECK(second.memory.enter(kNow, address(1), Address::v4(192, 168, 7, 99, 1)));
  CHECK_EQ(second.memory.here().send_bps, 2'000);
  CHECK_EQ(second.memory.here().patience, 0);
  CHECK(second.memory.enter(kNow, address(2), {}));
  CHECK_EQ(second.memory.here().send_bps, 0);
}

TEST_CASE("the same network looks different in another device's records") {
  Run one;
  Outputs out;
  NetworkMemory other(std::array<uint8_t, 32>{1}, out);
  for (NetworkMemory* memory : {&one.memory, &other}) {
    memory->enter(kNow, address(1), {});
    memory->learn_call(kNow, 1, 120ms);
  }
  CHECK(one.out.saves.front().key != out.saves.front().key);
}

TEST_CASE("what is older than 30 days is void, unless no clock is known") {
  Run first;
  first.memory.enter(kNow, address(1), {});
  first.memory.learn_call(kNow, 30'000, 120ms);
  struct Row {
    WallTime now;
    bool known;
  };
  for (const Row& row : {Row{{kNow.seconds + 29 * kDay}, true}, Row{{kNow.seconds + 31 * kDay}, false},
                         Row{{kNow.seconds - 31 * kDay}, false}, Row{{}, true}}) {
    Run second;
    reload(first, second);
    second.memory.enter(row.now, address(1), {});
    CHECK_EQ(second.memory.here().send_bps, row.known ? 30'000 : 0);
  }
}

TEST_CASE("32 networks are kept, those used last") {
  Run first;
  for (uint8_t i = 0; i < 40; ++i) {
    const WallTime now{kNow.seconds + i * 60};
    first.memory.enter(now, address(i), {});
    first.memory.learn_call(now, 1000 + i, 120ms);
  }
  Run second;
  reload(first, second);
  for (uint8_t i = 0; i < 40; ++i) {
    second.memory.enter(kNow, address(i), {});
    CHECK_EQ(second.memory.here().send_bps, i < 8 ? 0 : 1000 + i);
  }
}

TEST_CASE("a network that is used stays young, at one record a day") {
  Run first;
  first.memory.enter(kNow, address(1), {});
  first.memory.learn_call(kNow, 30'000, 120ms);
  Run second;
  reload(first, second);
  second.memory.enter({kNow.seconds + kDay / 2}, address(1), {});
  CHECK(second.out.saves.empty());
  second.memory.enter({kNow.seconds + 2 * kDay}, address(2), {});
  second.memory.enter({kNow.seconds + 2 * kDay}, address(1), {});
  REQUIRE_EQ(second.out.saves.size(), 1);
  CHECK_EQ(decode_network(second.out.saves[0].value)->used.seconds, kNow.seconds + 2 * kDay);
}

TEST_CASE("damaged records are skipped") {
  const Network network{.send_bps = 30'000, .slack = 120ms, .patience = 3, .used = kNow};
  const ByteVector good = encode_network(network);
  for (size_t i = 0; i < good.size(); ++i) CHECK_FALSE(decode_network(Bytes(good).first(i)).has_value());
  CHECK_FALSE(decode_network(encode_network({.send_bps = 30'000, .patience = 4, .used = kNow})).has_value());
  CHECK_FALSE(decode_network(encode_network({.send_bps = 200'000'000, .used = kNow})).has_value());
  CHECK_FALSE(decode_network(encode_network({.slack = 11s, .used = kNow})).has_value());
  Run run;
  run.memory.load(Bytes(good).first(7), good);
  for (uint16_t i = 0; i < 300; ++i)
    run.memory.load(std::array<uint8_t, 8>{static_cast<uint8_t>(i), uint8_t(i >> 8)}, good);
  run.memory.enter(kNow, address(1), {});
  run.memory.learn_call(kNow, 1, 120ms);
  CHECK_EQ(run.out.saves.size(), 2);  // one in, one out: never more than 32 were taken
}

}  // namespace
}  // namespace farline::client
