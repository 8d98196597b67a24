// The simulator can fail: every invariant is shown a bug that was built in on purpose.
#include <doctest/doctest.h>

#include "sim/random_run.h"
#include "sim/town.h"
#include "wire/packet.h"

namespace farline::sim {
namespace {

constexpr const char* kAnna = "Canary-Anna";
constexpr const char* kBela = "Canary-Bela";

// A core in front of another, to be spoilt.
class Wrapper : public Core {
 public:
  explicit Wrapper(Core& inner) : inner_(inner) {}
  void handle_datagram(Time now, const Address& from, Bytes datagram) override {
    inner_.handle_datagram(now, from, datagram);
  }
  void handle_timeout(Time now) override { inner_.handle_timeout(now); }
  bool poll_save(SaveRecord& out) override { return inner_.poll_save(out); }
  bool poll_transmit(Transmit& out) override { return inner_.poll_transmit(out); }
  std::optional<Time> next_timeout() const override { return inner_.next_timeout(); }

 protected:
  Core& inner_;
};

class LeaksName final : public Wrapper {
 public:
  using Wrapper::Wrapper;
  bool poll_transmit(Transmit& out) override {
    if (!inner_.poll_transmit(out)) return false;
    const std::string_view name(kAnna);
    if (wire::packet_type(out.datagram.bytes()) == wire::PacketType::handshake_initiation)
      std::ranges::copy(as_bytes(name), out.datagram.data.begin() + 20);
    return true;
  }
};

class Spins final : public Wrapper {
 public:
  using Wrapper::Wrapper;
  std::optional<Time> next_timeout() const override { return Time{}; }
};

class AnswersStrangers final : public Wrapper {
 public:
  using Wrapper::Wrapper;
  void handle_datagram(Time now, const Address& from, Bytes datagram) override {
    inner_.handle_datagram(now, from, datagram);
    answer_ = from;
    size_ = datagram.size() + 1;
  }
  bool poll_transmit(Transmit& out) override {
    if (!answer_) return inner_.poll_transmit(out);
    out.to = *std::exchange(answer_, std::nullopt);
    out.datagram.data.fill(0x20);
    out.datagram.size = static_cast<uint16_t>(std::min<size_t>(size_, 1200));
    return true;
  }

 private:
  std::optional<Address> answer_;
  size_t size_ = 0;
};

class SendsTwice final : public Wrapper {
 public:
  using Wrapper::Wrapper;
  bool poll_transmit(Transmit& out) override {
    if (copies_ > 0) {
      --copies_;
      out = last_;
      return true;
    }
    if (!inner_.poll_transmit(out)) return false;
    last_ = out;
    copies_ = 90;
    return true;
  }

 private:
  Transmit last_;
  int copies_ = 0;
};

TownPlan two_people() {
  TownPlan plan{.seed = 7};
  plan.devices = {{.person = kAnna}, {.person = kBela}};
  return plan;
}

// A call with a restart of the caller before it.
std::string finding_of(const TownPlan& plan) {
  Town town(plan);
  town.boot_all();
  town.run_for(10s);
  town.world().crash(town.host(0));
  town.boot_device(0);
  town.run_for(10s);
  town.call(0, kBela);
  town.run_for(20s);
  return town.findings().what();
}

template <typename Bad>
Plant plant_of() {
  return {.wrap = [](Core& core) { return std::make_unique<Bad>(core); }};
}

TEST_CASE("a healthy run has no finding, and was watched") {
  Town town(two_people());
  town.boot_all();
  town.run_for(10s);
  town.call(0, kBela);
  town.run_for(20s);
  CHECK(town.findings().what().empty());
  CHECK(town.seals().aead_count() > 10);
  CHECK(town.seals().sframe_count() > 20);
  CHECK(town.speech().heard_by(town.host(0)) > 100);
}

TEST_CASE("spoilt clients and nodes are found") {
  TownPlan leak = two_people();
  leak.plant_in_clients = plant_of<LeaksName>();
  CHECK(finding_of(leak) == "canary: a secret in clear");

  TownPlan spin = two_people();
  spin.plant_in_clients = plant_of<Spins>();
  CHECK(finding_of(spin).starts_with("spin:"));

  TownPlan amplify = two_people();
  amplify.plant_in_node = plant_of<AnswersStrangers>();
  CHECK(finding_of(amplify).starts_with("amplification:"));

  TownPlan flood = two_people();
  flood.plant_in_clients = plant_of<SendsTwice>();
  CHECK(finding_of(flood).starts_with("flood:"));

  TownPlan repeat = two_people();
  repeat.plant_in_clients.repeats_randomness = true;
  CHECK(finding_of(repeat) == "nonce: a (key, nonce) pair for two texts");
}

struct Watched {
  Findings findings;
  Trace trace;
  SealWatch seals;
  SpeechRegister speech{findings};
  Invariants invariants{{.findings = findings, .speech = speech, .seals = seals, .trace = trace}};
  Time now = Time{} + 1h;

  void send(Bytes datagram) {
    Transmit out;
    out.to = Town::node_address();
    out.datagram.assign(datagram);
    invariants.turn_begins(now, 1, nullptr);
    invariants.transmitted(now, 1, out);
    invariants.turn_ends(now, 1);
  }
};

TEST_CASE("speech in clear is found, for every codec") {
  for (const size_t bits : std::array<size_t, 4>{28, 48, 64, 800}) {
    CAPTURE(bits);
    Watched w;
    w.invariants.set_media_cap(1, 0);
    w.speech.set_talk(w.now, 1, {kAnna, kBela});
    std::vector<uint8_t> frame(100);
    ByteVector packet{0x20, 0, 1, 7};
    for (int i = 0; i < 2; ++i) {
      w.speech.speak(1, bits, frame);
      if (bits == 28 && i == 1) {  // behind the first, without a gap
        packet.back() |= static_cast<uint8_t>(frame[0] >> 4);
        for (size_t j = 0; j < 3; ++j) packet.push_back(static_cast<uint8_t>(frame[j] << 4 | frame[j + 1] >> 4));
      } else {
        packet.insert(packet.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>((bits + 7) / 8));
      }
    }
    w.send(packet);
    CHECK(w.findings.what() == "canary: speech in clear");
  }
}

TEST_CASE("media above the cap is found") {
  Watched w;
  w.invariants.set_media_cap(1, 2'400);
  ByteVector packet(92, 0x20);  // with headers 120 bytes: 2,400 bit/s at one each 400 ms
  packet[3] = 0;                // the KID of media
  for (int i = 0; i < 500; ++i, w.now += 400ms) w.send(packet);
  CHECK(!w.findings.failed());
  for (int i = 0; i < 100; ++i, w.now += 380ms) w.send(packet);
  CHECK(w.findings.what() == "rate: media above the cap");
}

TEST_CASE("speech that is forged, repeated or meant for somebody else is found") {
  const auto finding = [](auto act) {
    Findings findings;
    SpeechRegister speech(findings);
    speech.set_talk(Time{}, 1, {kAnna, kBela});
    speech.set_talk(Time{}, 2, {kBela, kAnna});
    speech.set_talk(Time{}, 3, {"Canary-Chidi", kAnna});
    std::array<uint8_t, 6> frame{};
    speech.speak(1, 48, frame);
    act(speech, frame);
    return findings.what();
  };
  using Frame = std::array<uint8_t, 6>;
  CHECK(finding([](SpeechRegister& s, Frame& f) { s.hear(2, f, 48); }).empty());
  CHECK(finding([](SpeechRegister& s, Frame& f) { f[5] ^= 1, s.hear(2, f, 48); }).starts_with("authenticity:"));
  CHECK(finding([](SpeechRegister& s, Frame& f) { s.hear(2, f, 48), s.hear(2, f, 48); }).starts_with("once:"));
  CHECK(finding([](SpeechRegister& s, Frame& f) { s.hear(3, f, 48); }).starts_with("privacy:"));
}

TEST_CASE("events that nobody caused are found") {
  using client::Event;
  using client::EventKind;
  const auto finding = [](std::vector<Event> events) {
    Findings findings;
    Conduct conduct(findings);
    conduct.add_device(1, kAnna);
    conduct.add_device(2, kBela);
    conduct.starts_call(2, 1, kAnna);
    for (const Event& event : events) conduct.event(Time{}, 1, event);
    return findings.what();
  };
  const Event rings{.kind = EventKind::incoming, .call = 1, .peer = kBela};
  const Event rings_again{.kind = EventKind::incoming, .call = 2, .peer = kBela};
  const Event connects{.kind = EventKind::connected, .call = 1, .peer = kBela};
  const Event ends{.kind = EventKind::ended, .call = 1, .reason = client::EndReason::missed, .peer = kBela};
  CHECK(finding({rings, ends}).empty());
  CHECK(finding({rings, ends, rings_again}) == "authenticity: it rings and nobody called");
  CHECK(finding({rings, connects}) == "consent: connected and nobody answered here");
  CHECK(finding({rings, ends, ends}) == "events: a call ends that was not there");
  CHECK(finding({connects}) == "events: connected out of order");
}

TEST_CASE("a log line that tells who somebody is is found") {
  Findings findings;
  PrivateLog log(findings);
  log.forbid_text(kAnna);
  log.forbid_address(Town::node_address());
  log.write(Time{}, LogLevel::info, "attached", {{"count", 3}});
  CHECK(!findings.failed());
  log.write(Time{}, LogLevel::info, "attached", {{"from", 0xc0000201}});
  CHECK(findings.what() == "log: a number that tells who somebody is");
}

TEST_CASE("the same seed gives the same run") {
  CHECK(run_seed({.seed = 3}).trace_hash == run_seed({.seed = 3}).trace_hash);
  CHECK(run_seed({.seed = 3}).trace_hash != run_seed({.seed = 4}).trace_hash);
}

}  // namespace
}  // namespace farline::sim
