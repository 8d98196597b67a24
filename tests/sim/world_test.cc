// The world itself, with a toy core: that it delivers, keeps to the contract, and notices who does not.
#include <doctest/doctest.h>

#include "sim/toy.h"
#include "sim/trace.h"

namespace farline::sim {
namespace {

constexpr Address kServer = Address::v4(192, 0, 2, 1, 4500);
constexpr Address kInside = Address::v4(10, 0, 0, 2, 5000);
constexpr Address kNatOutside = Address::v4(203, 0, 113, 9, 20000);

emulate::LinkSpec link(std::string_view text) {
  auto spec = emulate::parse_spec(text);
  REQUIRE(spec);
  return *spec;
}

class PacketLog final : public Watcher {
 public:
  void turn_begins(Time, HostId, const Packet* question) override {
    if (question != nullptr) sources.push_back(question->from);
  }
  void transmitted(Time now, HostId host, const Transmit& out) override {
    trace.time(now);
    trace.number(host);
    trace.bytes(out.datagram.bytes());
    numbers.push_back(Reader(out.datagram.bytes().subspan(1)).u64());
  }
  void turn_ends(Time, HostId) override {}

  std::vector<Address> sources;
  std::vector<uint64_t> numbers;
  Trace trace;
};

struct Pair {
  explicit Pair(uint64_t seed, std::string_view link_text = "lan", bool nat = false)
      : world(seed, Time{} + 1h, findings) {
    world.set_watcher(&log);
    const auto nat_id = nat ? std::optional(world.network().add_nat({.external = kNatOutside})) : std::nullopt;
    server = world.add_machine({.inside = kServer, .link = link("clean")}, server_program);
    client =
        world.add_machine({.inside = kInside, .nat = nat_id, .link = link(link_text), .seed = seed}, client_program);
    world.boot(server);
    world.boot(client);
  }
  size_t answers() { return client_program.toy().answered.size(); }

  Findings findings;
  PacketLog log;
  ToyProgram server_program;
  ToyProgram client_program{kServer};
  World world;
  HostId server = 0;
  HostId client = 0;
};

TEST_CASE("pings are answered over every link that carries IP") {
  for (const auto& profile : emulate::profiles()) {
    if (!profile.is_ip()) continue;
    CAPTURE(profile.id);
    Pair pair(7, profile.id);
    CHECK(pair.world.run_for(5min));
    CHECK(pair.answers() > 3);
  }
}

TEST_CASE("a NAT hides the inside address and lets nobody else in") {
  Pair pair(1, "lan", true);
  CHECK(pair.world.run_for(10s));
  CHECK(pair.answers() >= 9);
  CHECK(pair.log.sources.front().ip == kNatOutside.ip);
  const Address stranger = Address::v4(198, 51, 100, 1, 9);
  pair.world.network().inject({.from = stranger, .to = kNatOutside, .bytes = ByteVector(9)});
  CHECK(pair.world.run_for(1s));
  CHECK(pair.world.network().filtered() == 1);
}

TEST_CASE("asleep, nothing arrives and no timer runs; awake, it goes on") {
  Pair pair(1);
  CHECK(pair.world.run_for(10500ms));
  pair.world.sleep(pair.client);
  const size_t before = pair.log.numbers.size();
  CHECK(pair.world.run_for(1h));
  CHECK(pair.log.numbers.size() == before);
  pair.world.wake(pair.client);
  CHECK(pair.world.run_for(10s));
  CHECK(pair.log.numbers.size() > before + 15);
}

TEST_CASE("a crash at any point of a turn repeats no number that was sent") {
  for (const auto point : {CrashPoint::before_save, CrashPoint::after_save, CrashPoint::amid_transmit}) {
    Pair pair(1);
    pair.world.network().set_cut(pair.server, true);
    for (int i = 0; i < 5; ++i) {
      CHECK(pair.world.run_for(2500ms));
      pair.world.crash_at(pair.client, point);
      CHECK(pair.world.run_for(2500ms));
      CHECK(!pair.world.is_on(pair.client));
      pair.world.boot(pair.client);
    }
    CHECK(std::ranges::adjacent_find(pair.log.numbers, std::greater_equal{}) == pair.log.numbers.end());
    CHECK(pair.log.numbers.size() >= 10);
  }
}

TEST_CASE("the same seed gives the same run, another seed another") {
  const auto hash = [](uint64_t seed) {
    Pair pair(seed, "gprs,duplicate=0.05,reorder=0.05,corrupt=0.01,loss=0.1");
    CHECK(pair.world.run_for(5min));
    return pair.log.trace.hash();
  };
  CHECK(hash(1) == hash(1));
  CHECK(hash(1) != hash(2));
}

class Spinner final : public ToyCore {
 public:
  using ToyCore::ToyCore;
  void handle_timeout(Time) override {}
};
class Chatterer final : public ToyCore {
 public:
  using ToyCore::ToyCore;
  bool poll_transmit(Transmit& out) override {
    out.to = kServer;
    out.datagram.size = 9;
    out.datagram.data.fill(0);
    return true;
  }
};

template <typename Bad>
class BadProgram final : public Program {
 public:
  void boot(Time now, const Disk&) override {
    core_ = std::make_unique<Bad>(ToyCore::Options{.call = kServer, .start = now + 1s});
  }
  void started(Time) override {}
  void crash() override {}
  Core& core() override { return *core_; }
  void drain_events(Time) override {}

 private:
  std::unique_ptr<Bad> core_;
};

template <typename Bad>
std::string finding_of() {
  Findings findings;
  BadProgram<Bad> program;
  World world(1, Time{} + 1h, findings);
  world.boot(world.add_machine({.inside = kInside, .link = link("lan")}, program));
  CHECK(!world.run_for(1min));
  return findings.what();
}

TEST_CASE("cores that break the contract are found") {
  CHECK(finding_of<Spinner>() == "spin: the deadline stays in the past and nothing happens");
  CHECK(finding_of<Chatterer>() == "a turn transmits without end");
}

}  // namespace
}  // namespace farline::sim
