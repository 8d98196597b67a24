#include "sim/random_run.h"

#include <cstdio>

#include "sim/town.h"
#include "wire/limits.h"

namespace farline::sim {
namespace {

// After healing. A client notices a lost node by keepalives that stay unanswered: up to 2 * 160 s, then three
// questions; its tries are up to 75 s apart.
constexpr Duration kReattachMax = 8min;
constexpr Duration kConnectMax = 60s;
constexpr Duration kGoodbyeMax = 3min;
constexpr size_t kDiskBytesMax = 8 * 512;  // five devices at most, and each certificate is about 205 bytes

constexpr const char* kPeople[] = {"Canary-Anna", "Canary-Bela", "Canary-Chidi", "Canary-Dilnoza"};
constexpr uint32_t kCaps[] = {1'600, 2'160, 2'400, 6'000, 16'000, 30'000, 60'000};

class RandomRun {
 public:
  explicit RandomRun(const RunOptions& options)
      : options_(options), prng_(options.seed, 0x5eed), plan_(make_plan()), town_(plan_) {}

  RunResult run() {
    settle_in();
    if (alive()) chaos();
    if (alive()) heal();
    if (alive()) check_calls_agree();
    if (alive()) check_everybody_can_call();
    if (alive()) check_nothing_is_left();
    return result();
  }

 private:
  // --- The town ---
  TownPlan make_plan() {
    TownPlan plan{.seed = options_.seed, .real = options_.real, .verbose = options_.verbose};
    plan.start = Time{} + 1h + prng_.up_to(Duration{100 * 24h});
    const int64_t devices = 2 + prng_.up_to(int64_t{3});
    const int64_t people = std::min<int64_t>(2 + prng_.up_to(int64_t{2}), devices);
    for (int64_t i = 0; i < devices; ++i)
      plan.devices.push_back(make_device(i < people ? i : prng_.up_to(people - 1), i));
    if (prng_.chance(700'000)) plan.mallory = make_mallory();
    return plan;
  }

  DevicePlan make_device(int64_t person, int64_t index) {
    DevicePlan device{.person = kPeople[person], .link = random_link()};
    device.max_bps = random_cap(device.link);
    device.sound_ppm = static_cast<int>(prng_.up_to(int64_t{1'000})) - 500;
    device.habit = random_habit();
    if (prng_.chance(200'000)) device.wall_error_seconds = prng_.up_to(int64_t{2'000'000'000}) - 1'000'000'000;
    if (prng_.chance(700'000)) {
      const auto kind = [&] { return prng_.up_to(int64_t{2}); };
      device.nat = emulate::Nat::Options{.mapping = static_cast<emulate::NatMapping>(kind()),
                                         .filtering = static_cast<emulate::NatFiltering>(kind()),
                                         .external = Address::v4(198, 18, 0, static_cast<uint8_t>(index + 1),
                                                                 static_cast<uint16_t>(20'000 + 100 * index)),
                                         .timeout = prng_.chance(500'000) ? Duration{30s} : Duration{120s}};
    }
    return device;
  }

  Mallory::Options make_mallory() {
    const auto share = [&](int64_t ppm_max) {
      return prng_.chance(500'000) ? emulate::Ppm{0} : static_cast<emulate::Ppm>(prng_.up_to(ppm_max));
    };
    return {.seed = options_.seed,
            .damage = share(30'000),
            .cut = share(20'000),
            .replay = share(100'000),
            .reflect = share(20'000),
            .move = share(20'000),
            .forge = share(100'000)};
  }

  std::string random_link() {
    const auto all = emulate::profiles();
    const emulate::LinkProfile* profile = nullptr;
    do profile = &all[prng_.next() % all.size()];
    while (!profile->is_ip());
    std::string link(profile->id);
    if (prng_.chance(200'000)) link += ",loss=0.1";
    if (prng_.chance(200'000)) link += ",duplicate=0.05";
    if (prng_.chance(200'000)) link += ",reorder=0.05";
    if (prng_.chance(200'000)) link += ",corrupt=0.02";
    return link;
  }

  uint32_t random_cap(std::string_view link) {
    const auto spec = emulate::parse_spec(link);
    INVARIANT(spec);
    const uint64_t rate = std::min(spec->up.rate_bps, spec->down.rate_bps);
    uint32_t cap = kCaps[prng_.next() % std::size(kCaps)];
    if (rate > 0 && cap > rate) cap = std::max<uint32_t>(kCaps[0], static_cast<uint32_t>(rate * 9 / 10));
    return cap;
  }

  Habit random_habit() {
    Habit habit{.answers = prng_.chance(850'000), .after = prng_.up_to(Duration{10s})};
    habit.declines = !habit.answers && prng_.chance(500'000);
    if (prng_.chance(700'000)) habit.talks = 1s + prng_.up_to(Duration{20s});
    return habit;
  }

  // --- Phases ---
  bool alive() { return !town_.findings().failed(); }
  size_t any_device() { return static_cast<size_t>(prng_.up_to(static_cast<int64_t>(town_.device_count()) - 1)); }
  HostId host(size_t device) { return town_.host(device); }
  void say(const char* what, size_t device) {
    if (options_.verbose)
      std::printf("%12.3f      %s host %zu\n", to_seconds(town_.world().now().time_since_epoch()), what, host(device));
  }

  void settle_in() {
    town_.world().after(prng_.up_to(Duration{5s}), [this] { town_.boot_node(); });
    for (size_t device = 0; device < town_.device_count(); ++device)
      town_.world().after(prng_.up_to(Duration{8s}), [this, device] { town_.boot_device(device); });
    town_.run_for(10s + prng_.up_to(Duration{20s}));
  }

  void chaos() {
    const Time end = town_.world().now() + 30s + prng_.up_to(Duration{120s});
    while (alive() && town_.world().now() < end) {
      misfortune();
      town_.run_for(1s + prng_.up_to(Duration{12s}));
    }
  }

  void misfortune() {
    const size_t device = any_device();
    switch (prng_.up_to(int64_t{19})) {
      case 0:
      case 1:
        cut(device);
        break;
      case 2:
        rebind(device);
        break;
      case 3:
        crash(device);
        break;
      case 4:
        crash_node();
        break;
      case 5:
        sleep(device);
        break;
      case 6:
        step_clock(device);
        break;
      case 7:
        change_link(device);
        break;
      case 8:
        town_.mallory().flood(static_cast<unsigned>(prng_.up_to(int64_t{300})));
        break;
      case 9:
        town_.network_changed(device);
        break;
      case 10:
      case 11:
      case 12:
        town_.hang_up(device);
        break;
      case 13:
        glare();
        break;
      default:
        call(device);
        break;
    }
  }

  void call(size_t device) {
    // Mostly somebody else; now and then oneself, which must do no harm.
    const size_t other = any_device();
    if (town_.program(other).name() == town_.program(device).name() && !prng_.chance(100'000)) return;
    if (town_.call(device, town_.program(other).name())) ++calls_;
    say("calls:", device);
  }

  void glare() {
    const size_t a = any_device();
    const size_t b = any_device();
    if (town_.program(a).name() == town_.program(b).name()) return;
    say("glare:", a);
    if (town_.call(a, town_.program(b).name())) ++calls_;
    town_.run_for(prng_.up_to(Duration{2s}));
    if (town_.call(b, town_.program(a).name())) ++calls_;
  }

  void cut(size_t device) {
    const Duration length = prng_.chance(100'000) ? Duration{5min} : 1s + prng_.up_to(Duration{40s});
    say("cut:", device);
    town_.world().network().set_cut(host(device), true);
    town_.world().after(length, [this, device] { town_.world().network().set_cut(host(device), false); });
  }

  void rebind(size_t device) {
    say("new address:", device);
    Network& network = town_.world().network();
    ++addresses_;
    const auto fresh =
        Address::v4(198, 19, static_cast<uint8_t>(addresses_), 1, static_cast<uint16_t>(30'000 + addresses_));
    if (const auto nat = network.nat_of(host(device)))
      network.rebind_nat(*nat, prng_.chance(500'000) ? std::optional(fresh) : std::nullopt);
    else
      network.move_host(host(device), fresh);
  }

  void crash(size_t device) {
    say("crash:", device);
    if (prng_.chance(500'000))
      town_.world().crash(host(device));
    else
      town_.world().crash_at(host(device), static_cast<CrashPoint>(prng_.up_to(int64_t{2})));
    town_.world().after(prng_.up_to(Duration{20s}), [this, device] { town_.boot_device(device); });
  }

  void crash_node() {
    if (!prng_.chance(500'000)) return;
    if (options_.verbose) std::printf("%12.3f      node crashes\n", to_seconds(town_.world().now().time_since_epoch()));
    if (prng_.chance(500'000))
      town_.world().crash(town_.node_host());
    else
      town_.world().crash_at(town_.node_host(), static_cast<CrashPoint>(prng_.up_to(int64_t{2})));
    town_.world().after(prng_.up_to(Duration{20s}), [this] { town_.boot_node(); });
  }

  void sleep(size_t device) {
    say("sleeps:", device);
    town_.world().sleep(host(device));
    const Duration length = prng_.chance(100'000) ? Duration{3h} : prng_.up_to(Duration{90s});
    const bool told = prng_.chance(500'000);  // whether the host notices that it slept
    town_.world().after(length, [this, device, told] {
      town_.world().wake(host(device));
      if (told) town_.network_changed(device);
    });
  }

  void step_clock(size_t device) {
    if (prng_.chance(300'000))
      town_.node().wall().set_error(prng_.up_to(int64_t{2 * 86'400}) - 86'400);
    else
      town_.program(device).wall().set_error(prng_.up_to(int64_t{2'000'000'000}) - 1'500'000'000);
  }

  void change_link(size_t device) {
    say("new link:", device);
    const auto spec = emulate::parse_spec(random_link());
    INVARIANT(spec);
    town_.world().network().set_link(host(device), *spec);
  }

  void heal() {
    if (options_.verbose) std::printf("%12.3f      heals\n", to_seconds(town_.world().now().time_since_epoch()));
    town_.mallory().stop();
    town_.node().wall().set_error(0);
    const auto lan = emulate::parse_spec("lan");
    INVARIANT(lan);
    town_.boot_node();
    for (size_t device = 0; device < town_.device_count(); ++device) {
      town_.world().network().set_cut(host(device), false);
      town_.world().network().set_link(host(device), *lan);
      town_.world().wake(host(device));
      town_.boot_device(device);
    }
    run_with_sound_at_both_ends(kReattachMax);
    if (!boot_late_crashes()) run_with_sound_at_both_ends(kReattachMax);
    if (!alive()) return;
    for (size_t device = 0; device < town_.device_count(); ++device)
      if (!town_.program(device).client().is_attached())
        fail("liveness: host " + std::to_string(host(device)) + " is not attached although the network has healed");
  }

  // A call that goes on costs a hundred turns a second; in between, the sound cards are stuck.
  void run_with_sound_at_both_ends(Duration length) {
    const auto stuck = [this](bool is_stuck) {
      for (size_t device = 0; device < town_.device_count(); ++device) town_.program(device).set_sound_stuck(is_stuck);
    };
    town_.run_for(20s);
    stuck(true);
    town_.run_for(length - 40s);
    stuck(false);
    town_.run_for(20s);
  }

  // A crash may have waited for a turn that only came now. True when there was none.
  bool boot_late_crashes() {
    bool all_on = town_.world().is_on(town_.node_host());
    town_.boot_node();
    for (size_t device = 0; device < town_.device_count(); ++device) {
      all_on = all_on && town_.world().is_on(host(device));
      town_.boot_device(device);
    }
    return all_on;
  }

  // A call that both sides know is alive again; nobody sits alone in one.
  void check_calls_agree() {
    for (size_t device = 0; device < town_.device_count(); ++device) {
      if (!town_.conduct().is_connected(host(device))) continue;
      ++surviving_;
      const std::string peer = town_.conduct().peer_of(host(device));
      bool met = false;
      for (size_t other = 0; other < town_.device_count(); ++other)
        met |= town_.program(other).name() == peer && town_.conduct().is_connected(host(other)) &&
               town_.conduct().peer_of(host(other)) == town_.program(device).name();
      if (!met) fail("liveness: host " + std::to_string(host(device)) + " is alone in a call");
    }
  }

  void hang_up_everywhere() {
    for (size_t device = 0; device < town_.device_count(); ++device) {
      town_.habit(device) = Habit{.answers = true, .after = 1s};
      town_.hang_up(device);
    }
    town_.run_for(kGoodbyeMax);
    for (size_t device = 0; device < town_.device_count() && alive(); ++device)
      if (!town_.conduct().is_idle(host(device)))
        fail("liveness: host " + std::to_string(host(device)) + " hung up and is still in a call");
  }

  void check_everybody_can_call() {
    hang_up_everywhere();
    for (size_t caller = 0; caller < town_.device_count() && alive(); ++caller) {
      const size_t callee = (caller + 1) % town_.device_count();
      if (town_.program(caller).name() != town_.program(callee).name())
        check_call(caller, town_.program(callee).name());
    }
  }

  void check_call(size_t caller, const std::string& name) {
    const uint64_t heard_before = town_.speech().heard_by(host(caller));
    if (!town_.call(caller, name)) {
      fail("liveness: host " + std::to_string(host(caller)) + " cannot call");
      return;
    }
    ++calls_;
    const Time end = town_.world().now() + kConnectMax;
    while (alive() && !town_.conduct().is_connected(host(caller)) && town_.world().now() < end) town_.run_for(500ms);
    if (!alive()) return;
    if (!town_.conduct().is_connected(host(caller))) {
      fail("liveness: host " + std::to_string(host(caller)) + "'s call does not connect");
      return;
    }
    ++connected_;
    town_.run_for(5s);
    // Real codecs leave no trace in the register; then the figures of the call must do.
    const bool heard = options_.real ? town_.program(caller).client().call_stats(town_.world().now()).wire_rx_bps > 0
                                     : town_.speech().heard_by(host(caller)) > heard_before + 20;
    if (alive() && !heard) fail("liveness: host " + std::to_string(host(caller)) + " hears nothing");
    town_.hang_up(caller);
    town_.run_for(15s);
    for (size_t device = 0; device < town_.device_count() && alive(); ++device)
      if (!town_.conduct().is_idle(host(device)))
        fail("liveness: host " + std::to_string(host(device)) + " is left in a call that is over");
  }

  void check_nothing_is_left() {
    town_.run_for(wire::kLegIdleMax + 2min);
    if (alive() && town_.node().node().status().legs != 0) fail("bounds: the node keeps legs of calls that are over");
    if (alive() && town_.node().node().status().attached > town_.device_count())
      fail("bounds: the node has more clients attached than there are");
    // What a device keeps: a counter, the certificates of the people it knows, a counter for each of their devices.
    for (size_t device = 0; device < town_.device_count() && alive(); ++device)
      if (town_.world().disk(host(device)).bytes() > kDiskBytesMax) fail("bounds: a device keeps more than it needs");
    if (alive() && town_.world().disk(town_.node_host()).bytes() > kDiskBytesMax)
      fail("bounds: the node keeps more than it needs");
  }

  void fail(std::string what) { town_.findings().fail(town_.world().now(), std::move(what)); }

  RunResult result() {
    RunResult out{.ok = alive(), .finding = town_.findings().what()};
    out.at_seconds = to_seconds(town_.findings().at() - plan_.start);
    out.trace_hash = town_.trace().hash();
    out.calls_started = calls_;
    for (size_t device = 0; device < town_.device_count(); ++device) {
      out.frames_heard += town_.speech().heard_by(host(device));
      for (const client::Event& event : town_.events(device))
        out.calls_connected += event.kind == client::EventKind::connected;
    }
    out.seals = town_.seals().aead_count() + town_.seals().sframe_count();
    out.virtual_seconds = to_seconds(town_.world().now() - plan_.start);
    return out;
  }

  RunOptions options_;
  emulate::Prng prng_;
  TownPlan plan_;
  Town town_;
  unsigned addresses_ = 0;
  uint64_t calls_ = 0;
  uint64_t connected_ = 0;
  uint64_t surviving_ = 0;
};

}  // namespace

RunResult run_seed(const RunOptions& options) {
  return RandomRun(options).run();
}

}  // namespace farline::sim
