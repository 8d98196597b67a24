#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

#include "host/address_text.h"
#include "host/clock.h"
#include "host/driver.h"
#include "host/system_rng.h"

using namespace farline;
using namespace farline::host;

namespace {

// Answers every datagram with its bytes, saves it first, and sends `hello` to `peer` when its timer runs out.
class EchoCore : public Core {
 public:
  void handle_datagram(Time now, const Address& from, Bytes datagram) override {
    times.push_back(now);
    received.push_back(to_vector(datagram));
    saves.push_back({1, {}, to_vector(datagram)});
    if (echo) send(from, datagram);
  }
  void handle_timeout(Time now) override {
    times.push_back(now);
    timeout.reset();
    send(peer, as_bytes("hello"));
  }
  bool poll_save(SaveRecord& out) override { return pop(saves, out); }
  bool poll_transmit(Transmit& out) override { return pop(transmits, out); }
  std::optional<Time> next_timeout() const override { return timeout; }

  void send(const Address& to, Bytes bytes) {
    Transmit out;
    out.to = to;
    out.datagram.assign(bytes);
    transmits.push_back(out);
  }

  bool echo = false;
  Address peer;
  std::optional<Time> timeout;
  std::vector<Time> times;
  std::vector<ByteVector> received;
  std::deque<SaveRecord> saves;
  std::deque<Transmit> transmits;

 private:
  template <typename T>
  static bool pop(std::deque<T>& from, T& out) {
    if (from.empty()) return false;
    out = std::move(from.front());
    from.pop_front();
    return true;
  }
};

class MemorySink : public RecordSink {
 public:
  Result<void> save(std::span<const SaveRecord> records) override {
    if (broken) return Error{Errc::io, "disk full"};
    count += records.size();
    return {};
  }
  bool broken = false;
  size_t count = 0;
};

constexpr Address loopback_v6(uint16_t port) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, port};
}

// Two cores on one loop; a stalled test ends after five seconds instead of never.
struct World {
  World() : guard(loop, [this] { loop.stop(); }) { guard.start(5s); }
  Loop loop;
  Timer guard;
  EchoCore client_core, server_core;
  MemorySink client_sink, server_sink;
};

void exchange(const Address& server_listen, const Address& server_name, const Address& client_listen) {
  World world;
  world.server_core.echo = true;
  auto server = Driver::open(world.loop, server_listen, world.server_core, world.server_sink, {});
  REQUIRE(server);
  world.client_core.peer = server_name;
  world.client_core.peer.port = (*server)->local_address().port;
  world.client_core.timeout = read_clock() + 20ms;
  const Time due = *world.client_core.timeout;
  DriverHooks hooks;
  hooks.after_turn = [&](Time) {
    if (!world.client_core.received.empty()) world.loop.stop();
  };
  auto client = Driver::open(world.loop, client_listen, world.client_core, world.client_sink, hooks);
  REQUIRE(client);
  world.loop.run();

  REQUIRE_EQ(world.server_core.received.size(), 1U);
  REQUIRE_EQ(world.client_core.received.size(), 1U);
  CHECK_EQ(as_text(world.client_core.received[0]), "hello");
  CHECK_EQ(world.server_sink.count, 1U);
  CHECK_GE(world.client_core.times[0], due);
  CHECK(std::ranges::is_sorted(world.client_core.times));
  const uint64_t on_wire = server_name.header_bytes() + 5;
  CHECK_EQ((*client)->traffic().packets_tx, 1U);
  CHECK_EQ((*client)->traffic().bytes_tx, on_wire);
  CHECK_EQ((*client)->traffic().bytes_rx, on_wire);
  CHECK_EQ((*server)->traffic().bytes_rx, on_wire);
}

}  // namespace

TEST_CASE("two drivers talk over IPv4") {
  exchange(Address::v4(127, 0, 0, 1, 0), Address::v4(127, 0, 0, 1, 0), Address::v4(0, 0, 0, 0, 0));
}

TEST_CASE("two drivers talk over IPv6") {
  exchange(loopback_v6(0), loopback_v6(0), Address{});
}

TEST_CASE("a socket on the unspecified address serves both families") {
  exchange(Address{}, Address::v4(127, 0, 0, 1, 0), Address::v4(127, 0, 0, 1, 0));
  exchange(Address{}, loopback_v6(0), loopback_v6(0));
}

TEST_CASE("where the sink keeps what it could not save, that turn says nothing, and the next ones do") {
  World world;
  world.client_sink.broken = true;
  bool failed = false;
  int turns = 0;
  DriverHooks hooks;
  hooks.after_turn = [&](Time) { ++turns; };
  hooks.save_failed = [&](const Error&) { failed = true; };
  hooks.goes_on = [] { return true; };
  auto driver = Driver::open(world.loop, Address::v4(127, 0, 0, 1, 0), world.client_core, world.client_sink, hooks);
  REQUIRE(driver);
  const Address self = (*driver)->local_address();
  const auto say = [&](bool saves) {
    (*driver)->turn([&](Time) {
      if (saves) world.client_core.saves.push_back({1, {}, {}});
      world.client_core.send(self, as_bytes("done"));
    });
  };
  say(true);
  CHECK_EQ((*driver)->traffic().packets_tx, 0U);
  CHECK_EQ((*driver)->traffic().send_dropped, 1U);
  say(false);
  CHECK_EQ((*driver)->traffic().packets_tx, 1U);
  world.client_sink.broken = false;
  say(true);
  CHECK_EQ((*driver)->traffic().packets_tx, 2U);
  CHECK_EQ(turns, 3);
  CHECK_FALSE(failed);
}

TEST_CASE("what could not be saved is not acknowledged, and nothing follows") {
  World world;
  world.server_core.echo = true;
  world.server_sink.broken = true;
  DriverHooks hooks;
  int failures = 0;
  hooks.save_failed = [&](const Error& error) {
    CHECK_EQ(error.what, "disk full");
    ++failures;
    world.loop.stop();
  };
  auto server = Driver::open(world.loop, Address::v4(127, 0, 0, 1, 0), world.server_core, world.server_sink, hooks);
  REQUIRE(server);
  auto client = Driver::open(world.loop, Address::v4(127, 0, 0, 1, 0), world.client_core, world.client_sink, {});
  REQUIRE(client);
  const Address to = (*server)->local_address();
  (*client)->turn([&](Time) { world.client_core.send(to, as_bytes("keep this")); });
  world.loop.run();
  CHECK_EQ(failures, 1);
  CHECK_EQ((*server)->traffic().packets_tx, 0U);
  bool ran = false;
  (*server)->turn([&](Time) { ran = true; });
  CHECK_FALSE(ran);
}

TEST_CASE("a command given inside after_turn is a turn of its own, followed by its own after_turn") {
  World world;
  std::unique_ptr<Driver> driver;
  std::vector<int> trace;
  DriverHooks hooks;
  hooks.after_turn = [&](Time) {
    trace.push_back(1);
    if (trace.size() < 3) driver->turn([&](Time) { trace.push_back(2); });
    trace.push_back(3);
  };
  auto opened = Driver::open(world.loop, Address::v4(127, 0, 0, 1, 0), world.client_core, world.client_sink, hooks);
  REQUIRE(opened);
  driver = std::move(*opened);
  driver->turn([&](Time) { trace.push_back(0); });
  CHECK_EQ(trace, std::vector<int>{0, 1, 2, 3, 1, 3});
}

TEST_CASE("sends that cannot leave are losses") {
  World world;
  auto driver = Driver::open(world.loop, Address::v4(127, 0, 0, 1, 0), world.client_core, world.client_sink, {});
  REQUIRE(driver);
  (*driver)->turn([&](Time) { world.client_core.send(loopback_v6(9), as_bytes("no IPv6 here")); });
  CHECK_EQ((*driver)->traffic().send_dropped, 1U);
  CHECK_EQ((*driver)->traffic().packets_tx, 0U);
}

TEST_CASE("a taken port is told apart") {
  World world;
  auto first = Driver::open(world.loop, Address::v4(127, 0, 0, 1, 0), world.client_core, world.client_sink, {});
  REQUIRE(first);
  const auto second = Driver::open(world.loop, (*first)->local_address(), world.server_core, world.server_sink, {});
  REQUIRE_FALSE(second);
  CHECK_EQ(second.error().what, "another program listens on that port; choose another one");
}

TEST_CASE("addresses from and to text") {
  for (const char* text : {"192.0.2.1:3478", "[2001:db8::1]:3478", "[::]:0", "0.0.0.0:65535"}) {
    const auto address = parse_address(text);
    REQUIRE(address);
    CHECK_EQ(to_text(*address), text);
  }
  CHECK_EQ(*parse_address(":7"), Address{{}, 7});
  CHECK_EQ(*parse_address("*:7"), Address{{}, 7});
  CHECK_EQ(parse_address("localhost:7")->port, 7);
  for (const char* text : {"", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "2001:db8::1:3478",
                           "[2001:db8::g]:1", "[192.0.2.1]:1", "[]:1", "a:b:1", "192.0.2.1:1x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_address(text));
  }
}

TEST_CASE("the system's random source and clock") {
  SystemRng rng;
  CHECK_NE(rng.u64(), rng.u64());
  const Time first = read_clock();
  CHECK_LE(first, read_clock());
  CHECK_GT(read_wall_clock().seconds, 1'600'000'000U);
}
