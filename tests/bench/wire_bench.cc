// What everything costs on the wire and how long it takes: the two real cores in the simulator's virtual time, so each
// figure is exact and the same on every machine. Bytes include IPv4 and UDP headers and are those of one device's link,
// both directions, unless a line says otherwise. Keys and signatures are toys of the real sizes; nothing is lost.
#include <cstdlib>
#include <string>

#include "bench/bench.h"
#include "client/enrolment.h"
#include "sim/town.h"
#include "support/supernode_world.h"
#include "voice/ladder.h"

namespace farline {
namespace {

constexpr const char* kAnna = "Anna";
constexpr const char* kBela = "Bela";
constexpr const char* kLinks[] = {"iridium-dialup", "certus-100", "thuraya-gmprs", "bgan-stream32", "gprs",
                                  "edge",           "vsat-day",   "cap-32k",       "starlink"};

constexpr Address kNat = Address::v4(198, 18, 0, 1, 20'000);

class Bench {
 public:
  Bench(const std::string& link, uint32_t max_bps, std::optional<Duration> nat = {}) : town_(plan(link, max_bps, nat)) {
    town_.boot_node();
    town_.world().network().set_tap([this](sim::Packet& packet) {
      for (size_t i = 0; i < 2; ++i) {
        const sim::Network& network = town_.world().network();
        const Address device = network.nat_of(town_.host(i)) ? kNat : network.inside_address(town_.host(i));
        if (packet.from.ip == device.ip || packet.to.ip == device.ip) count(i, packet);
      }
      return true;
    });
  }

  // How long it takes until `done`, in steps of 1 ms.
  template <typename Done>
  double milliseconds_until(Done done) {
    const Time start = town_.world().now();
    while (!done() && town_.world().now() < start + 3min) town_.run_for(1ms);
    INVARIANT(done());
    return static_cast<double>(to_milliseconds(town_.world().now() - start));
  }
  double attach(size_t device) {
    town_.boot_device(device);
    return milliseconds_until([&] { return client(device).is_attached(); });
  }
  void learn_contacts() {
    call();
    town_.run_for(1min);
    town_.hang_up(0);
    town_.run_for(5min);
    forget_bytes();
  }
  void call() {
    INVARIANT(town_.call(0, kBela));
    milliseconds_until([&] { return connected(0) && connected(1); });
  }
  bool connected(size_t device) { return client(device).call_state() == client::CallState::connected; }

  client::Client& client(size_t device) { return town_.program(device).client(); }
  sim::Town& town() { return town_; }
  double signalling(size_t device) const { return static_cast<double>(bytes_[device].signalling); }
  double everything(size_t device) const {
    const Counts& counts = bytes_[device];
    return static_cast<double>(counts.signalling + counts.keepalives + counts.media);
  }
  double sent_media_bps(size_t device, Duration over) const {
    return static_cast<double>(bytes_[device].media_sent) * 8 / to_seconds(over);
  }
  void forget_bytes() { bytes_ = {}; }

 private:
  struct Counts {
    uint64_t signalling = 0;  // handshakes and control records
    uint64_t keepalives = 0;
    uint64_t media = 0;
    uint64_t media_sent = 0;
  };
  static sim::TownPlan plan(const std::string& link, uint32_t max_bps, std::optional<Duration> nat) {
    sim::TownPlan out;
    const sim::Habit answers{.answers = true, .after = 3s};
    out.devices = {{.person = kAnna, .link = link, .max_bps = max_bps, .habit = answers},
                   {.person = kBela, .link = link, .max_bps = max_bps, .habit = answers}};
    if (nat) out.devices[0].nat = emulate::Nat::Options{.external = kNat, .timeout = *nat};
    return out;
  }
  void count(size_t device, const sim::Packet& packet) {
    using enum wire::PacketType;
    const size_t size = packet.bytes.size() + 28;
    const auto type = wire::packet_type(packet.bytes);
    Counts& counts = bytes_[device];
    if (type == media) {
      counts.media += size;
      if (packet.origin == town_.host(device)) counts.media_sent += size;
    } else if (type == keepalive || type == keepalive_wanted || type == keepalive_answer || type == patience_question ||
               type == patience_answer) {
      counts.keepalives += size;
    } else {
      counts.signalling += size;
    }
  }

  std::array<Counts, 2> bytes_{};
  sim::Town town_;
};

void print_attach() {
  bench::section(
      "Attach (link without limits, 300 ms one way; initiation to the keepalive that commits, and its answer)");
  Bench bench("clean,delay_ms=300", 2'400);
  const double first_ms = bench.attach(0);
  bench.town().run_for(5s);
  bench::print("attach, device not known to the node", bench.everything(0), "B");
  bench::print("  until the client knows", first_ms / 600, "round trips");
  bench.town().world().crash(bench.town().host(0));
  bench.town().run_for(1min);
  bench.forget_bytes();
  const double known_ms = bench.attach(0);
  bench.town().run_for(5s);
  bench::print("attach, known device", bench.everything(0), "B");
  bench::print("  until the client knows", known_ms / 600, "round trips");
}

void print_idle() {
  bench::section("Attached and idle: keepalives and answers, by how long the NAT keeps a mapping (both directions)");
  for (const int seconds : {30, 60, 120, 300}) {
    Bench bench("clean,delay_ms=300", 2'400, std::chrono::seconds(seconds));
    bench.attach(0);
    bench.town().run_for(10s);
    const std::string nat = std::to_string(seconds) + " s: ";
    bench.forget_bytes();
    bench.town().run_for(1h);
    bench::print((nat + "first hour, learning it").c_str(), bench.everything(0) / 1000, "kB an hour");
    bench.forget_bytes();
    bench.town().run_for(1h);
    bench::print((nat + "second hour").c_str(), bench.everything(0) / 1000, "kB an hour");
  }
}

void print_enrolment() {
  bench::section("Enrolment (the client's core against the node's, by function calls)");
  testing::SupernodeWorld world;
  testing::SeededRng rng(7);
  wire::Invitation invitation{.root_key_hash = wire::root_key_hash_of(world.root.public_key),
                              .node_key = world.node_key(),
                              .token = world.invite(),
                              .expires = {testing::SupernodeWorld::kWall + 3600},
                              .host = "192.0.2.1",
                              .port = 4747};
  const auto node = Address::v4(192, 0, 2, 1, 4747), device = Address::v4(203, 0, 113, 2, 5004);
  client::Enrolment enrolment({.invitation = invitation, .node_address = node, .name = kAnna}, rng, world.asymmetric);
  enrolment.start(world.now, {testing::SupernodeWorld::kWall});
  while (!enrolment.is_finished()) {
    Transmit out;
    INVARIANT(enrolment.poll_transmit(out));
    world.deliver(device, out.datagram.bytes());
    for (; !world.sent.empty(); world.sent.pop_front())
      enrolment.handle_datagram(world.now, node, world.sent.front().datagram.bytes());
  }
  INVARIANT(enrolment.take_result().has_value());
  const client::Counters& counters = enrolment.counters();
  bench::print("enrolment, sent", static_cast<double>(counters.bytes_sent), "B");
  bench::print("enrolment, received", static_cast<double>(counters.bytes_received), "B");
}

void print_round_trips() {
  bench::section("Call set-up in round trips (both devices 300 ms from the node: 1,200 ms from device to device)");
  Bench bench("clean,delay_ms=300", 20'000);
  bench.attach(0);
  bench.attach(1);
  bench.learn_contacts();
  bench.town().habit(1).answers = false;
  INVARIANT(bench.town().call(0, kBela));
  const double ringing =
      bench.milliseconds_until([&] { return bench.client(0).call_state() == client::CallState::ringing_there; });
  bench::print("the caller hears ringing after", ringing / 1200, "round trips");
  bench.town().run_for(5s);
  bench.town().answer(1);
  const double connected = bench.milliseconds_until([&] { return bench.connected(0); });
  bench::print("answered until the caller is connected", connected / 1200, "round trips");
}

void print_set_up() {
  bench::section("Call set-up, contacts known (INVITE to ANSWER on one device's own link; both on the same kind)");
  for (const char* link : kLinks) {
    Bench bench(link, 2'160);
    bench.town().boot_device(0);
    bench.town().boot_device(1);
    bench.town().run_for(5min);
    INVARIANT(bench.town().all_attached());
    bench.learn_contacts();
    bench.call();
    bench::print((std::string(link) + ": caller's link").c_str(), bench.signalling(0), "B");
    bench::print((std::string(link) + ": callee's link").c_str(), bench.signalling(1), "B");
  }
}

void print_caps() {
  bench::section(
      "Voice on the wire by --max-bps (one direction, both talking, mean of 2 minutes, after 90 s to settle; codecs "
      "scripted, sizes real)");
  for (const uint32_t cap : {1'600U, 2'160U, 3'200U, 4'800U, 6'400U, 8'100U, 10'100U, 12'100U, 16'200U, 20'200U,
                             24'200U, 32'300U, 48'400U}) {
    Bench bench("clean,delay_ms=300", cap);
    bench.attach(0);
    bench.attach(1);
    bench.call();
    bench.town().run_for(90s);
    bench.forget_bytes();
    bench.town().run_for(2min);
    const client::CallStats stats = bench.client(0).call_stats(bench.town().world().now());
    const auto rung = std::ranges::find_if(voice::ladder(), [&](const voice::Rung& r) {
      return r.codec == stats.codec && r.codec_bps == stats.mode_bps && r.ptime_ms == stats.ptime_ms;
    });
    INVARIANT(rung != voice::ladder().end());
    bench::print((std::to_string(cap) + ": " + std::string(rung->name)).c_str(), bench.sent_media_bps(0, 2min),
                 "bit/s");
  }
}

}  // namespace
}  // namespace farline

int main() {
  farline::print_attach();
  farline::print_idle();
  farline::print_enrolment();
  farline::print_round_trips();
  farline::print_set_up();
  farline::print_caps();
  return EXIT_SUCCESS;
}
