// A client core, attached and in a direct call with another, that anything may be sent to. The input is a script:
// genuine packets damaged, cut, repeated or made up (nobody needs a key for that, and none of it may end the call),
// records of a node gone bad (anything under its seal), commands of the person, sound, and time.
#include "client/client.h"
#include "client/records.h"
#include "sim/organisation.h"
#include "supernode/supernode.h"
#include "support/fake_asymmetric.h"
#include "support/mini_node.h"
#include "support/scripted_codec.h"

namespace farline {
namespace {

constexpr Address kNode = Address::v4(192, 0, 2, 1, 4500);
constexpr size_t kDatagramsKept = 64;
constexpr unsigned kStepsMax = 300;
constexpr unsigned kDeliveriesMax = 200;  // of one step: two clients and a node do not talk for longer

Address address_of(size_t client) {
  return Address::v4(203, 0, 113, static_cast<uint8_t>(client + 1), 5004);
}

class Attack {
 public:
  Attack()
      : organisation_(rng_, fake_, {1'800'000'000}), node_(1, fake_, organisation_.node_keys().static_keys.copy()) {
    for (const uint8_t i : {uint8_t{1}, uint8_t{2}}) {
      client::Identity identity = organisation_.make_device(i == 1 ? "Anna" : "Bela");
      const Address address = address_of(i - 1U);
      node_.add_member(address, identity.certificate, wire::device_id_of(identity.static_keys.public_key));
      clients_.push_back(std::make_unique<client::Client>(
          client::Config{.identity = std::move(identity), .node = {kNode, organisation_.node_key()}, .max_bps = 9600},
          client::Environment{rng_, fake_, codecs_}));
      clients_.back()->attach(now_, {1'800'000'000});
      settle();
    }
    INVARIANT(target().start_call(now_, "Bela", {}).has_value());
    settle();
    clients_[1]->answer(now_);
    settle();
    INVARIANT(target().call_state() == client::CallState::connected);
    speak(100);
    INVARIANT(target().call_stats(now_).is_direct);
  }

  void run(Reader& in) {
    for (unsigned i = 0; i < kStepsMax && in.remaining() > 0; ++i) step(in);
    if (only_strangers_) INVARIANT(target().is_attached() && target().call_state() == client::CallState::connected);
  }

 private:
  client::Client& target() { return *clients_[0]; }

  void step(Reader& in) {
    switch (in.u8() % 8) {
      case 0:
        advance(in.u8() * 500ms);
        break;
      case 1:
        speak(in.u8() % 64);
        break;
      case 2:
        damage(in);
        break;
      case 3:
        cut(in);
        break;
      case 4: {
        const size_t length = in.u16() % 2049;  // as long as a socket gives
        attack(in.bytes(std::min(length, in.remaining())));
        break;
      }
      case 5: {
        only_strangers_ = false;
        const size_t length = in.u8();
        node_.send_raw(now_, node_.members[0], in.bytes(std::min(length, in.remaining())));
        break;
      }
      case 6:
        command(in.u8());
        break;
      case 7:
        attack(std::array<uint8_t, 0>{});
        break;
    }
    settle();
  }

  // From the node's address or the other device's, which are easily forged, or from nowhere.
  void attack(Bytes datagram) {
    const Address from[] = {kNode, address_of(1), Address::v4(192, 0, 2, 66, 6'666)};
    const ByteVector exact = to_vector(datagram);
    target().handle_datagram(now_, from[exact.size() % std::size(from)], exact);
  }
  struct Kept {
    Address from;
    ByteVector bytes;
  };
  void damage(Reader& in) {
    Kept packet = kept_[in.u8() % kept_.size()];
    const size_t at = in.u16();
    const uint8_t mask = in.u8();  // 0: repeated as it was
    if (!packet.bytes.empty()) packet.bytes[at % packet.bytes.size()] ^= mask;
    target().handle_datagram(now_, packet.from, packet.bytes);
  }
  void cut(Reader& in) {
    Kept packet = kept_[in.u8() % kept_.size()];
    packet.bytes.resize(in.u8());
    target().handle_datagram(now_, packet.from, packet.bytes);
  }
  void command(uint8_t what) {
    only_strangers_ = false;
    switch (what % 8) {
      case 0:
        target().hang_up(now_);
        break;
      case 1:
        (void)target().start_call(now_, "bela", {.max_bps = 1600});
        break;
      case 2:
        target().answer(now_);
        break;
      case 3:
        (void)clients_[1]->start_call(now_, "Anna", {});
        break;
      case 4:
        clients_[1]->answer(now_);
        break;
      case 5:
        clients_[1]->hang_up(now_);
        break;
      case 6:
        target().network_changed(now_);
        break;
      case 7:
        target().set_blocked("Bela", what >= 0x80);
        break;
    }
  }
  void speak(unsigned units) {
    for (; units > 0; --units) {
      for (auto& each : clients_) {
        each->handle_pcm(now_, testing::counting_unit(units));
        std::array<int16_t, voice::kUnitSamples> pcm;
        each->take_pcm(pcm);
      }
      advance(20ms);
    }
  }
  void advance(Duration by) {
    const Time until = now_ + by;
    for (unsigned turns = 0;; ++turns) {
      INVARIANT(turns < 10'000);  // a deadline that stays in the past
      const auto a = clients_[0]->next_timeout(), b = clients_[1]->next_timeout();
      const auto next = client::earliest(a, b);
      if (!next || *next > until) break;
      now_ = std::max(now_, *next);
      for (auto& each : clients_)
        if (const auto due = each->next_timeout(); due && *due <= now_) each->handle_timeout(now_);
      settle();
    }
    now_ = until;
  }

  // Everything said arrives at once, until nobody has anything to say.
  void settle() {
    for (unsigned i = 0; drain() && i < kDeliveriesMax; ++i) {
      std::deque<Transmit> sent;
      std::swap(sent, node_.sent);
      for (const Transmit& out : sent) deliver(kNode, out);
    }
  }
  void deliver(const Address& from, const Transmit& out) {
    const size_t to = out.to == address_of(0) ? 0 : 1;
    const ByteVector exact = to_vector(out.datagram.bytes());
    if (to == 0) {
      if (kept_.size() >= kDatagramsKept) kept_.pop_front();
      kept_.push_back({from, exact});
    }
    if (to < clients_.size()) clients_[to]->handle_datagram(now_, from, exact);
  }
  bool drain() {
    for (size_t i = 0; i < clients_.size(); ++i) {
      for (SaveRecord record; clients_[i]->poll_save(record);) continue;
      for (Transmit out; clients_[i]->poll_transmit(out);) {
        INVARIANT(out.datagram.size <= wire::kDatagramBytesMax);
        if (out.to == kNode)
          node_.handle_datagram(now_, address_of(i), out.datagram.bytes());
        else if (out.to == address_of(1 - i))
          deliver(address_of(i), out);
      }
      for (client::Event event; clients_[i]->poll_event(event);) continue;
      (void)clients_[i]->call_stats(now_);
    }
    return !node_.sent.empty();
  }

  testing::SeededRng rng_{1};
  testing::FakeAsymmetric fake_;
  testing::ScriptedCodecs codecs_;
  sim::Organisation organisation_;
  testing::MiniNode node_;
  Time now_ = Time{} + 1h;
  std::vector<std::unique_ptr<client::Client>> clients_;
  std::deque<Kept> kept_;
  bool only_strangers_ = true;
};

}  // namespace
}  // namespace farline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  farline::Reader in({data, size});
  farline::Attack().run(in);
  return 0;
}
